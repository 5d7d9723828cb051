/*
 * Whether the disk itself has seen the I/Os that the engine counted, for the validity family.
 */
#ifndef PB_ANALYZERS_DEVCOUNT_H
#define PB_ANALYZERS_DEVCOUNT_H

#include "analyzers/analyzer.h"

int pb_devcount_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
