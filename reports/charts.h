/*
 * The charts of a report: data files, gnuplot scripts and SVGs in
 * report/charts/, and the SVGs as text to be put into a page.
 */
#ifndef PB_REPORTS_CHARTS_H
#define PB_REPORTS_CHARTS_H

#include "reports/facts.h"

enum pb_chart {
	PB_CHART_CURVE_IOPS,
	PB_CHART_CURVE_LATENCY,
	PB_CHART_TIMELINE,
	PB_CHART_IRQ,
	PB_CHART_LATENCY,
	PB_CHART_TUNE,
	PB_CHART_LSTOPO,
	PB_CHART_COUNT
};

struct pb_charts {
	struct pb_buf svg[PB_CHART_COUNT]; /* ready to stand in a page; empty when it could not be drawn */
	char *why[PB_CHART_COUNT];         /* why it could not; NULL when it was drawn */
};

/*
 * Writes report/charts/ anew (the old one stays until the new one is complete) and reads the SVGs
 * back. gnuplot or lstopo missing is a reason in `why`, not an error.
 */
int pb_charts_draw(struct pb_charts *c, const struct pb_facts *f, struct pb_err *err);
void pb_charts_fini(struct pb_charts *c);
const char *pb_charts_script(enum pb_chart chart); /* "curve.gp"; NULL for what gnuplot does not draw */

#endif
