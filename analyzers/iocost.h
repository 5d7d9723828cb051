/*
 * What one I/O costs at each measured depth, as the parameters of the finding "attribution"
 * (docs/findings.md). Numbers only: nothing is judged or recommended.
 */
#ifndef PB_ANALYZERS_IOCOST_H
#define PB_ANALYZERS_IOCOST_H

#include "analyzers/analyzer.h"
#include "analyzers/irqctx.h"

struct pb_point;

/*
 * {kind: "io-cost", steps: [{depth, ios_s, ...}], missing: {column: why}}: one object for each valid depth,
 * null where the run cannot tell. c (borrowed) knows which vectors are the disk's. New reference or NULL.
 */
json_t *pb_iocost(struct pb_run *run, const struct pb_irqctx *c);
/* Growth per second, over a step's window, of a column of host/threads.csv for the roles that start with
 * prefix. */
double pb_iocost_threads(const struct pb_table *t, const char *column, const char *prefix,
			 const struct pb_point *p);
/* CPU time in interrupt and softirq handlers, in ns a second, summed over all host CPUs. */
double pb_iocost_irq_time(struct pb_run *run, const struct pb_point *p);
/* Bytes on the disk's link, both directions, per byte of payload, from host/link_estimate.csv. NAN: not
 * known. */
double pb_iocost_link(struct pb_run *run, const struct pb_point *p);

#endif
