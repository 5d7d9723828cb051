/*
 * The thermal half of R-D4: disk or processors throttled by their temperature during the run.
 */
#ifndef PB_ANALYZERS_THERMAL_H
#define PB_ANALYZERS_THERMAL_H

#include "analyzers/analyzer.h"

int pb_thermal_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
