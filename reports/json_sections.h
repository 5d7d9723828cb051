/*
 * Private to json*.c: answers, risks, time to restore and changes of the host as JSON (docs/report.md).
 */
#ifndef PB_REPORTS_JSON_SECTIONS_H
#define PB_REPORTS_JSON_SECTIONS_H

#include <jansson.h>

#include "reports/facts.h"

/* New references, NULL on no memory. */
json_t *pb_json_answers(const struct pb_facts *f);
json_t *pb_json_checklist(const struct pb_facts *f);
json_t *pb_json_restore(const struct pb_facts *f);
json_t *pb_json_changes(const struct pb_facts *f);

#endif
