/*
 * Reads the depth curve out of steps.csv. Judges nothing: which depth to
 * take is depth.c's business, whether a step may be used is said in its row.
 */
#include "analyzers/sweep.h"

#include <stdlib.h>
#include <string.h>

static bool point_read(struct pb_point *p, const struct pb_table *t, size_t row)
{
#define NUM(name) pb_table_num(t, row, pb_table_col(t, name))
#define I64(name) pb_table_i64(t, row, pb_table_col(t, name))
	*p = (struct pb_point){
		.t0_ns = I64("t_ns"),
		.t1_ns = I64("t_end_ns"),
		.depth = I64("depth"),
		.completed = I64("completed"),
		.failed = I64("failed"),
		.mean_depth = NUM("mean_depth"),
		.iops = NUM("iops"),
		.iops_lo = NUM("iops_lo"),
		.iops_hi = NUM("iops_hi"),
		.lat_mean_ns = NUM("lat_mean_ns"),
		.p50_ns = NUM("lat_p50_ns"),
		.p50_hi_ns = NUM("lat_p50_hi_ns"),
		.p99_ns = NUM("lat_p99_ns"),
		.p99_lo_ns = NUM("lat_p99_lo_ns"),
		.p99_hi_ns = NUM("lat_p99_hi_ns"),
		.p999_ns = NUM("lat_p999_ns"),
		.valid = I64("valid") == 1,
		.reason = pb_table_str(t, row, pb_table_col(t, "reason")),
	};
#undef NUM
#undef I64
	return p->depth > 0 && p->t0_ns != PB_NA && p->t1_ns > p->t0_ns;
}

/* By depth, then by time, so that the order does not depend on qsort. */
static int by_depth(const void *va, const void *vb)
{
	const struct pb_point *a = va, *b = vb;

	if (a->depth != b->depth)
		return a->depth < b->depth ? -1 : 1;
	return (a->t0_ns > b->t0_ns) - (a->t0_ns < b->t0_ns);
}

void pb_sweep_read(struct pb_sweep *s, struct pb_run *run)
{
	const struct pb_table *t = pb_run_table(run, "steps.csv");
	int phase = t ? pb_table_col(t, "phase") : -1;

	s->n = s->n_valid = 0;
	for (size_t row = 0; t && row < pb_table_rows(t) && s->n < PB_SWEEP_MAX; row++) {
		if (strcmp(pb_table_str(t, row, phase), "sweep") != 0 || !point_read(&s->p[s->n], t, row))
			continue;
		s->n_valid += s->p[s->n].valid;
		s->n++;
	}
	qsort(s->p, s->n, sizeof(s->p[0]), by_depth);
}

const struct pb_point *pb_sweep_top(const struct pb_sweep *s)
{
	const struct pb_point *top = NULL;

	for (unsigned i = 0; i < s->n; i++)
		if (s->p[i].valid && s->p[i].iops > 0 && (!top || s->p[i].iops > top->iops))
			top = &s->p[i];
	return top;
}

void pb_sweep_valid(struct pb_sweep *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++)
		if (s->p[i].valid && s->p[i].iops > 0)
			s->p[n++] = s->p[i];
	s->n = s->n_valid = n;
}
