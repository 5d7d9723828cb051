/*
 * An earlier run's prediction, held against what a later run measured. `analyze DIR --against EARLIER`
 * computes it from EARLIER alone and writes DIR/predicted.json; from then on DIR says by itself how it came
 * out.
 */
#ifndef PB_ANALYZERS_PREDICT_LATER_H
#define PB_ANALYZERS_PREDICT_LATER_H

#include "analyzers/analyzer.h"

/*
 * Writes predicted.json into run's directory: what the run in dir `earlier` predicts for depths and numbers
 * of vCPUs that run measured and it did not. PB_USAGE when the two are not of one disk, profile and path,
 * when the earlier one is not earlier, or when it predicts nothing that was measured: nothing is written
 * then.
 */
int pb_predict_later_write(struct pb_run *run, const char *earlier, struct pb_err *err);

int pb_rule_predict_later(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
