/*
 * Change points of a series: the energy distance of E-divisive on ranks, over seeded intervals, with a
 * permutation test. Pure: numbers in, numbers out. What a change means (better, worse, environment) is
 * shifts.c; how well it finds them: tests/bench/bench_changes.sh.
 */
#ifndef PB_HISTORY_EDIVISIVE_H
#define PB_HISTORY_EDIVISIVE_H

#include <stddef.h>

struct pb_edivisive_options {
	double alpha;          /* a change is one when its p is at most this */
	unsigned permutations; /* p is (as strong or stronger + 1) / (permutations + 1) */
	size_t min_segment;    /* points between two changes, at least 2 */
	unsigned long seed;    /* the same seed and series give the same changes */
};

/* What passbench history uses; docs/history.md says why. */
#define PB_EDIVISIVE_DEFAULT                                                                                 \
	{                                                                                                    \
		.alpha = 0.01, .permutations = 999, .min_segment = 5, .seed = 1                              \
	}

#define PB_EDIVISIVE_POINTS_MAX 100000

struct pb_break {
	size_t at; /* first index of the new level */
	double p;  /* chance that a series without changes has a split as strong anywhere */
};

/* Opaque: keeps what permutations told about a length for the next series of that length. Free with
 * pb_edivisive_free; NULL on no memory or on options that make no sense (alpha outside 0..1, no
 * permutations, min_segment below 2). */
struct pb_edivisive;
struct pb_edivisive *pb_edivisive_new(const struct pb_edivisive_options *o);
void pb_edivisive_free(struct pb_edivisive *e);

/*
 * Finds the changes in x[0..n), all finite, in ascending order. *found is owned by the caller (free), NULL
 * when there are none. 0, -ENOMEM, or -E2BIG above PB_EDIVISIVE_POINTS_MAX points.
 *
 * Sources: Matteson, James: A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data
 * (JASA 109, 2014): the statistic, with exponent 1, and the test. Kovacs, Buhlmann, Li, Munk: Seeded Binary
 * Segmentation (Biometrika 110, 2023): the intervals, so that a step up and back down do not hide each other.
 * Ranks within the interval instead of values: an outlier weighs no more than any other point, and what
 * chance does depends on the length alone.
 */
int pb_edivisive_find(struct pb_edivisive *e, const double *x, size_t n, struct pb_break **found,
		      size_t *n_found);

#endif
