/*
 * Rule R-I2 of the irq family: where the vfio vectors should be taken, and how a move is written down.
 */
#ifndef PB_ANALYZERS_AFFINITY_H
#define PB_ANALYZERS_AFFINITY_H

#include "analyzers/analyzer.h"
#include "analyzers/vectors.h"

#define PB_IRQ_FAMILY "irq"

int pb_rule_affinity(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
/* One vector to one CPU: the commands, and the same for tune appended to list. */
void pb_affinity_say_move(struct pb_finding *f, json_t *list, const struct pb_vector *v, int cpu);

#endif
