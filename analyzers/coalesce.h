/*
 * Rules R-I8 and R-I9 of the irq family: the disk's interrupt coalescing (NVMe feature 08h), where it would
 * help and where it hurts.
 */
#ifndef PB_ANALYZERS_COALESCE_H
#define PB_ANALYZERS_COALESCE_H

#include "analyzers/analyzer.h"

int pb_coalesce_on_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
int pb_coalesce_off_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
