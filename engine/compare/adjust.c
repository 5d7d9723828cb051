/*
 * Benjamini-Hochberg, step-up: q of the k-th smallest p of m is the least p m / j over j >= k.
 */
#include "engine/compare/adjust.h"

#include <errno.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>

int pb_adjust_bh(const double *p, size_t n, double *q)
{
	size_t *order = calloc(n + 1, sizeof(*order)), m = 0;
	double *known = calloc(n + 1, sizeof(*known)), least = 1;

	if (!order || !known) {
		free(order);
		free(known);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		m += !isnan(p[i]);
		known[i] = isnan(p[i]) ? 2 : p[i]; /* behind all others */
	}
	gsl_sort_index(order, known, 1, n);
	for (size_t k = n; k > 0; k--) {
		size_t i = order[k - 1];

		if (isnan(p[i])) {
			q[i] = NAN;
			continue;
		}
		least = fmin(least, p[i] * (double)m / (double)k);
		q[i] = least;
	}
	free(order);
	free(known);
	return 0;
}
