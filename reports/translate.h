/*
 * What a run directory says in English, in the language of the report (lang.h): done once on what was read,
 * before any format sees it. Nothing happens in English. Names, numbers, keys and whatever a program looks at
 * stay.
 */
#ifndef PB_REPORTS_TRANSLATE_H
#define PB_REPORTS_TRANSLATE_H

#include "engine/lib/findings.h"

/* Title, what, risk, confidence, evidence, commands and missing of every finding. */
void pb_translate_findings(struct pb_findings *fs);
/* Warnings, why a counter is not available, the search's reason, the profile's title. */
void pb_translate_manifest(json_t *manifest);
/* Title, reason, labels and effects of an applied change; NULL is fine. */
void pb_translate_tune(json_t *tune);

#endif
