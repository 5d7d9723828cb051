/*
 * Rule thumb-jitter: how far the slowest I/Os are from the usual ones, and whether they come at intervals.
 */
#ifndef PB_ANALYZERS_JITTER_H
#define PB_ANALYZERS_JITTER_H

#include "analyzers/analyzer.h"

#define PB_THUMB_FAMILY "thumb"

int pb_jitter_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

/*
 * Looks for a period in n equidistant values: the lag of the first peak of the autocorrelation that stands
 * above *bound, after a trough below zero; 0 = none. *bound is the 95% bound of white noise for the largest
 * of all lags looked at (a quarter of n); r_peak the correlation there. Needs n >= 32, else 0 with *bound
 * NAN.
 */
unsigned pb_jitter_period(const double *x, unsigned n, double *bound, double *r_peak);

#endif
