/*
 * Series of rates in order of time: batch means, where the transient ends,
 * and SNIA's steady state. Host side only; moments and quantiles are stats.h's.
 */
#ifndef PB_LIB_STATS_BATCH_H
#define PB_LIB_STATS_BATCH_H

#include <stdbool.h>

#include "engine/lib/stats.h"

#define PB_BATCHES_MIN 20 /* as few batches may remain when the batch length doubles (tuning.md A3) */

struct pb_batches {
	struct pb_ci mean; /* 95% interval; bounds NAN for fewer than 3 values */
	unsigned k;        /* batches used */
	double lag1;       /* between them; NAN when constant or too few */
};

/*
 * 95% interval of the mean of a correlated series: neighbours are joined into batches, whose length doubles
 * until their lag-1 autocorrelation is below 0.2 or fewer than PB_BATCHES_MIN would remain. What positive
 * correlation is left shrinks the sample size to k(1-r)/(1+r). x is not changed.
 */
struct pb_batches pb_stats_batch_means(const double *x, unsigned n);

/*
 * MSER (White 1997): how many values at the start belong to the transient: the cut that minimizes the
 * standard error of the mean of the rest. Cuts later than n/2 are not looked at; n/2 means: not over yet. n
 * for n < 4.
 */
unsigned pb_stats_mser(const double *x, unsigned n);

#define PB_STEADY_ROUNDS 5       /* window of SNIA PTS 2.0.2 */
#define PB_STEADY_RANGE 0.20     /* max - min, of the mean */
#define PB_STEADY_EXCURSION 0.10 /* rise or fall of the best-fit line across the window, of the mean */

struct pb_steady {
	double mean, range, excursion; /* range and excursion as shares of the mean; NAN before 5 rounds */
	bool steady;
};

/* Judges the last PB_STEADY_ROUNDS of n rounds. A round that is not a positive number is never steady. */
struct pb_steady pb_stats_steady(const double *round, unsigned n);

#endif
