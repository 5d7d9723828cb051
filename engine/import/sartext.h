/*
 * sysstat's two notations in lines: sadf -d (cells apart by ';') and what sar prints.
 */
#ifndef PB_IMPORT_SARTEXT_H
#define PB_IMPORT_SARTEXT_H

#include "engine/import/importer.h"

bool pb_sartext_is_sadf(const char *head);
bool pb_sartext_is_sar(const char *head);
int pb_sartext_read(struct pb_importing *im, struct pb_input *in, bool sadf, struct pb_err *err);

#endif
