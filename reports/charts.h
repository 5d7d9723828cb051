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
	PB_CHART_HEAT,
	PB_CHART_LATENCY,
	PB_CHART_PERCENTILES,
	PB_CHART_PATHS,
	PB_CHART_TUNE,
	PB_CHART_PREDICT,
	PB_CHART_LSTOPO,
	PB_CHART_COUNT
};

struct pb_charts {
	struct pb_buf svg[PB_CHART_COUNT]; /* ready to stand in a page; empty when it could not be drawn */
	char *why[PB_CHART_COUNT];         /* why it could not; NULL when it was drawn */
};

/*
 * Writes a new set of charts beside the one that is there (chartdir.h) and reads the SVGs back. gnuplot or
 * lstopo missing is a reason in `why`, not an error.
 */
int pb_charts_draw(struct pb_charts *c, const struct pb_facts *f, struct pb_err *err);
void pb_charts_fini(struct pb_charts *c);
/* What to type in report/charts to draw that chart again. */
void pb_charts_command(char *out, size_t size, enum pb_chart chart);
/* What the chart shows, in a few words: its name for who cannot see it. */
const char *pb_charts_title(enum pb_chart chart);

#endif
