/*
 * Rules about I/Os that failed and about fio's end, for the validity family.
 */
#ifndef PB_ANALYZERS_FAILED_H
#define PB_ANALYZERS_FAILED_H

#include "analyzers/analyzer.h"

int pb_failed_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
int pb_failed_fio_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
/* Whether one of these rules speaks about a step with that reason, so that others need not. */
bool pb_failed_reason(const char *reason);

#endif
