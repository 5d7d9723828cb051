/*
 * The data files of the charts: small CSV files in report/charts/, next to the
 * gnuplot scripts that draw them.
 */
#ifndef PB_REPORTS_CHARTDATA_H
#define PB_REPORTS_CHARTDATA_H

#include <stdbool.h>

#include "reports/charts.h"

/* Which charts have something to draw. */
struct pb_chartdata {
	bool any[PB_CHART_COUNT];
};

/* Writes the files into outfd. A table the run lacks gives no chart, not an error. */
int pb_chartdata_write(struct pb_chartdata *c, const struct pb_facts *f, int outfd, struct pb_err *err);

#endif
