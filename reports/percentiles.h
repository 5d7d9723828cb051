/*
 * Data of the chart of latency percentiles over time.
 */
#ifndef PB_REPORTS_PERCENTILES_H
#define PB_REPORTS_PERCENTILES_H

#include <stdbool.h>

#include "reports/facts.h"

/* Whether the guest recorded percentiles by interval; otherwise there are only those of the windows. */
bool pb_percentiles_by_interval(const struct pb_facts *f);
/* Writes percentiles.csv, one block per percentile, a gap as NaN. *any: there is one to draw. */
int pb_percentiles_write(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err);

#endif
