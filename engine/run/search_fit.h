/*
 * Compares depths that were measured one after another on a machine that
 * changes meanwhile: a depth's share and the machine's course are told apart.
 */
#ifndef PB_RUN_SEARCH_FIT_H
#define PB_RUN_SEARCH_FIT_H

#include "engine/run/search.h"

/* Notes a valid window that ended at t_s; iops as its rates say. The window is left out when the interval is
 * not known or there are PB_SEARCH_WINDOWS already. */
void pb_search_window(struct pb_search *s, unsigned depth, double t_s, const struct pb_ci *iops);

/*
 * Replaces the points' IOPS by what every depth gives under the run's average conditions, and their bounds
 * by those of the comparison with the plateau (2 standard errors). Does nothing before a depth has been
 * measured twice: only then does the machine's course show. -ENOMEM leaves the points alone.
 *
 * Mixed linear model of log IOPS: a fixed effect of each depth, a random walk and white noise between
 * windows, the known variance inside each; variances by restricted maximum likelihood (Patterson & Thompson
 * 1971).
 */
int pb_search_fit(struct pb_search *s);

#endif
