/*
 * Data of the timeline chart: guest IOPS, host interrupts, thread and CPU
 * time on one axis, with the windows of the depths.
 */
#ifndef PB_REPORTS_TIMELINE_H
#define PB_REPORTS_TIMELINE_H

#include <stdbool.h>

#include "reports/facts.h"

/* The time axis of all charts over time. */
struct pb_span {
	int64_t t0_ns;       /* the start of the first measured window */
	double from_s, to_s; /* first and last instant shown, seconds from t0 */
};

/* From the first to the last of windows and guest samples, and a little more. */
int pb_timeline_span(struct pb_span *s, const struct pb_facts *f, struct pb_err *err);
/* Seconds from t0; NAN for PB_NA. */
double pb_timeline_seconds(const struct pb_span *s, int64_t t_ns);

/* Writes timeline-*.csv, windows.csv and timeline-vars.gp (numbers only) into outfd. *any: there is something
 * to draw. */
int pb_timeline_write(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err);

/* "vfio-msix[1](0000:00:03.0)" is "vfio-msix[1]" in a legend. */
void pb_timeline_vector_name(char *out, size_t size, const char *name);

#endif
