/*
 * Data of the timeline chart: guest IOPS, host interrupts, thread and CPU
 * time on one axis, with the windows of the depths.
 */
#ifndef PB_REPORTS_TIMELINE_H
#define PB_REPORTS_TIMELINE_H

#include <stdbool.h>

#include "reports/facts.h"

/* Writes timeline-*.csv, windows.csv and timeline-vars.gp (numbers only) into outfd. *any: there is something
 * to draw. */
int pb_timeline_write(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err);

/* "vfio-msix[1](0000:00:03.0)" is "vfio-msix[1]" in a legend. */
void pb_timeline_vector_name(char *out, size_t size, const char *name);

#endif
