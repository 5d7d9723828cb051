/*
 * Rules R-I4 (Intel) and R-I5 (AMD) of the irq family: the hardware could post interrupts, and does not.
 */
#ifndef PB_ANALYZERS_POSTED_H
#define PB_ANALYZERS_POSTED_H

#include "analyzers/analyzer.h"

int pb_posted_intel_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
int pb_posted_amd_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
