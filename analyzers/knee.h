/*
 * Second opinions on the knee of a depth curve. Reported, never obeyed: the
 * plateau rule in depth.c decides.
 */
#ifndef PB_ANALYZERS_KNEE_H
#define PB_ANALYZERS_KNEE_H

#include "analyzers/sweep.h"

/* Little's law: Xmax times the mean latency at depth 1. NAN when depth 1 or its latency was not measured. */
double pb_knee_little(const struct pb_sweep *s, double xmax);
/*
 * Kneedle (Satopaa et al. 2011), S = 1, on the linear depth axis over the measured points. NAN with
 * fewer than 8 depths, fewer than two past the knee, or no knee. The sweep is sorted by depth.
 */
double pb_knee_kneedle(const struct pb_sweep *s);
/* Where the universal scalability law has its largest throughput. NAN with too few depths, without a falling
 * end, or beyond the measured depths. */
double pb_knee_usl(const struct pb_sweep *s);
/* The measured depth with the largest power, throughput over latency, which is IOPS squared over the depth: a
 * choice for latency first. 0 without a point. */
double pb_knee_power(const struct pb_sweep *s);

#endif
