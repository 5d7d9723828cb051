/*
 * The chart of a metric over time. Knows no database: the caller brings the points.
 */
#ifndef PB_REPORTS_HISTORYCHART_H
#define PB_REPORTS_HISTORYCHART_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/lib/err.h"

struct pb_historychart_point {
	const char *started_utc, *label;
	const char *changed; /* what changed of the environment since the point before; "" for nothing */
	double value, level; /* level: median of the segment between two changes */
	bool change;         /* a new level begins here */
};

struct pb_historychart {
	const char *series, *metric, *unit; /* unit "ns", "us", "bytes/s" or another, shown as it is */
	const struct pb_historychart_point *v;
	size_t n;
};

/*
 * Writes FILE.svg and beside it FILE.csv (the points) and FILE.gp (draws it again: gnuplot FILE.gp); svg is
 * the first's path and ends in .svg. All three appear when gnuplot has succeeded, otherwise what was there
 * stays. Texts may come from anywhere. 0 or -errno.
 */
int pb_historychart_draw(const char *svg, const struct pb_historychart *c, struct pb_err *err);

#endif
