/*
 * CPU time that a host table (host/cpu.csv, host/threads.csv) counted during measured windows. Which windows
 * and what they mean is the caller's business.
 */
#ifndef PB_COMPARE_CPUTIME_H
#define PB_COMPARE_CPUTIME_H

#include <stddef.h>
#include <stdint.h>

#include "engine/lib/csv.h"

struct pb_window {
	int64_t t0_ns, t1_ns; /* host clock */
};

/*
 * spent_ns[i] = how much the cumulative columns (NULL-terminated list, summed) grew during window i, added
 * over all series that `key` tells apart. Counters are interpolated between the samples around each edge; a
 * series without samples on both sides of both edges does not count. NAN where no series does, or the table
 * lacks a column. 0 or -ENOMEM.
 */
int pb_cputime(const struct pb_table *t, const char *key, const char *const *columns,
	       const struct pb_window *w, size_t n, double *spent_ns);

#endif
