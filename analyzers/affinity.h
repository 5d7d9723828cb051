/*
 * Rule R-I2 of the irq family: where the vfio vectors should be taken.
 */
#ifndef PB_ANALYZERS_AFFINITY_H
#define PB_ANALYZERS_AFFINITY_H

#include "analyzers/analyzer.h"

#define PB_IRQ_FAMILY "irq"

int pb_rule_affinity(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
