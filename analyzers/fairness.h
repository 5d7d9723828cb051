/*
 * Rule neighbour-fair: how evenly runs measured at once were served.
 */
#ifndef PB_ANALYZERS_FAIRNESS_H
#define PB_ANALYZERS_FAIRNESS_H

#include "analyzers/analyzer.h"

/* Jain's index of shares, (sum s)^2 / (n sum s^2): 1/n to 1 (R. Jain, D. Chiu, W. Hawe, DEC-TR-301, 1984).
 * NAN without shares or with one that is negative. */
double pb_fairness_jain(const double *share, unsigned n);

int pb_rule_fairness(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
