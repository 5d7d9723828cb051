/*
 * Rule neighbour-load: does this disk slow down when a neighbour works?
 */
#ifndef PB_ANALYZERS_NEIGHBOUR_LOAD_H
#define PB_ANALYZERS_NEIGHBOUR_LOAD_H

#include "analyzers/analyzer.h"

/*
 * Correlation of n pairs in which only differences within a group count: each group's own means are taken
 * off. NAN when one side does not vary.
 */
double pb_neighbour_correlation(const double *x, const double *y, const int *group, unsigned n);

int pb_rule_neighbour_load(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
