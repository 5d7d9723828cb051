/*
 * The metrics page: the latest values of all collectors as OpenMetrics 1.0 or in Prometheus' text format
 * 0.0.4, which differ in how counters are introduced, in units and in the end mark.
 */
#ifndef PB_COLLECTORS_OPENMETRICS_H
#define PB_COLLECTORS_OPENMETRICS_H

#include "engine/collectors/latest.h"
#include "engine/lib/buf.h"

/* Appends the page. Takes the lock. Names that came from a guest are escaped. 0 or -ENOMEM. */
int pb_openmetrics_render(struct pb_latest *l, bool openmetrics, struct pb_buf *out);

#endif
