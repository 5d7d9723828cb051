/*
 * How a column of a CSV is called as a metric: names and base units as OpenMetrics and Prometheus want them.
 */
#ifndef PB_COLLECTORS_METRICNAME_H
#define PB_COLLECTORS_METRICNAME_H

#include <stdbool.h>

struct pb_metric_name {
	char family[192]; /* "passbench_cpu_user_seconds"; a counter's samples add "_total" */
	const char *unit; /* "seconds", "" = none */
	double mul, div;  /* value in base units = cell * mul / div */
};

/* column NULL: the collector's own count, for columns that differ only in their CPU. */
void pb_metric_name(const char *collector, const char *column, struct pb_metric_name *m);

#endif
