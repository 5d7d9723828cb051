/*
 * The interrupt vectors of one interrupts.csv with their rates over a window and, where affinity.csv
 * has them, their masks.
 */
#ifndef PB_ANALYZERS_VECTORS_H
#define PB_ANALYZERS_VECTORS_H

#include "analyzers/analyzer.h"

struct pb_vector {
	const char *name;    /* borrowed from the table */
	int64_t irq;         /* PB_NA = unknown */
	double rate;         /* per second, NAN = unknown */
	int cpu;             /* where it is taken: most counts, else the effective mask; -1 = unknown */
	const char *allowed; /* smp_affinity_list, "" = unknown; borrowed */
	int managed;         /* 1, 0, -1 = unknown */
};

struct pb_vectors {
	struct pb_vector *v; /* n, in natural order of their names; owned */
	size_t n;
	double rate; /* sum, NAN = none known */
};

/* Vectors of `kind` ("vfio", "device") in t; both tables may be NULL. 0 or -ENOMEM. */
int pb_vectors_read(struct pb_vectors *vs, const struct pb_table *t, const struct pb_table *affinity,
		    const char *kind, int64_t t0_ns, int64_t t1_ns);
void pb_vectors_fini(struct pb_vectors *vs);

#endif
