/*
 * Data of the charts made from findings: the comparison of paths, and prediction against measurement.
 */
#ifndef PB_REPORTS_RATIOS_H
#define PB_REPORTS_RATIOS_H

#include <stdbool.h>

#include "reports/facts.h"

/*
 * Writes paths.csv: one row per depth and path after the first, with its ratios to the first for IOPS, p50,
 * p99 and host CPU per I/O; and paths-vars.gp (numbers only). *any: there is a ratio.
 */
int pb_ratios_write(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err);
/* Writes predict.csv: what the model predicts at each depth, with its interval. *any: there is a prediction.
 */
int pb_ratios_predicted(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err);

#endif
