/*
 * How far the median ratio of two samples may be off, from resampling them. The test is engine/lib/stats.h's.
 */
#ifndef PB_COMPARE_BOOTSTRAP_H
#define PB_COMPARE_BOOTSTRAP_H

#include "engine/lib/stats.h"

/*
 * Hodges-Lehmann estimate of b/a (the median of all ratios of pairs, on a log scale) with a 95% bootstrap
 * interval: each arm resampled, percentiles widened for small samples (Hesterberg, The American Statistician
 * 69, 2015: expanded percentile interval). The seed is fixed: the same samples give the same interval. All
 * values must be > 0. NAN when a sample is empty or memory is; bounds NAN for fewer than two values.
 */
struct pb_ci pb_bootstrap_ratio(const double *a, unsigned na, const double *b, unsigned nb);

#endif
