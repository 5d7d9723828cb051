/*
 * Rules of the irq family about the CPUs that take the disk's interrupts: storms, all vectors on one CPU,
 * somebody else's work on it.
 */
#ifndef PB_ANALYZERS_IRQLOAD_H
#define PB_ANALYZERS_IRQLOAD_H

#include "analyzers/analyzer.h"

int pb_irqload_storm_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
int pb_irqload_one_cpu_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
int pb_irqload_neighbour_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
