/*
 * Interrupt vectors of a run: rates from interrupts.csv, masks from
 * affinity.csv. Vectors are known by name: numbers change when a guest
 * re-requests them, so the number given is only the last one seen.
 */
#include "analyzers/vectors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/rates.h"

/* The last row of that name, or -1. */
static ssize_t last_row(const struct pb_table *t, const char *name)
{
	int col = t ? pb_table_col(t, "name") : -1;

	for (size_t row = col < 0 ? 0 : pb_table_rows(t); row-- > 0;)
		if (strcmp(pb_table_str(t, row, col), name) == 0)
			return (ssize_t)row;
	return -1;
}

static void read_masks(struct pb_vector *v, const struct pb_table *t)
{
	ssize_t row = last_row(t, v->name);
	const char *effective;
	int64_t managed;

	if (row < 0)
		return;
	v->allowed = pb_table_str(t, (size_t)row, pb_table_col(t, "smp_affinity_list"));
	managed = pb_table_i64(t, (size_t)row, pb_table_col(t, "managed"));
	v->managed = managed == PB_NA ? -1 : managed == 1;
	effective = pb_table_str(t, (size_t)row, pb_table_col(t, "effective_affinity_list"));
	if (v->cpu < 0 && *effective >= '0' && *effective <= '9')
		v->cpu = (int)strtol(effective, NULL, 10);
}

int pb_vectors_read(struct pb_vectors *vs, const struct pb_table *t, const struct pb_table *affinity,
		    const char *kind, int64_t t0_ns, int64_t t1_ns)
{
	const struct pb_match match[] = {{"kind", kind}, {NULL, NULL}};
	struct pb_strv names = {0};

	*vs = (struct pb_vectors){.rate = NAN};
	if (!t || pb_distinct(t, "name", match, &names) < 0 || names.n == 0) {
		pb_strv_fini(&names);
		return 0;
	}
	vs->v = calloc(names.n, sizeof(*vs->v));
	for (size_t i = 0; vs->v && i < names.n; i++) {
		struct pb_vector *v = &vs->v[vs->n++];
		ssize_t row = last_row(t, names.v[i]);

		*v = (struct pb_vector){.allowed = "", .managed = -1};
		v->name = pb_table_str(t, (size_t)row, pb_table_col(t, "name"));
		v->irq = pb_table_i64(t, (size_t)row, pb_table_col(t, "irq"));
		v->rate = pb_vector_rate(t, v->name, t0_ns, t1_ns, &v->cpu);
		read_masks(v, affinity);
		if (!isnan(v->rate))
			vs->rate = isnan(vs->rate) ? v->rate : vs->rate + v->rate;
	}
	pb_strv_fini(&names);
	return vs->v ? 0 : -ENOMEM;
}

void pb_vectors_fini(struct pb_vectors *vs)
{
	free(vs->v);
	*vs = (struct pb_vectors){.rate = NAN};
}
