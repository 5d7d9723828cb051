/*
 * Reads the depth curve out of steps.csv. Judges nothing: which depth to
 * take is depth.c's business, whether a step may be used is said in its row.
 */
#include "analyzers/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/run.h"
#include "engine/lib/json.h"

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
		.bw_bytes_s = NUM("bw_bytes_s"),
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
	return p->depth > 0 && pb_sweep_window(p->t0_ns, p->t1_ns);
}

bool pb_sweep_window(int64_t t0_ns, int64_t t1_ns)
{
	return t0_ns >= 0 && t1_ns > t0_ns && t1_ns < INT64_MAX / 2;
}

/* By depth, then by time, so that the order does not depend on qsort. */
static int by_depth(const void *va, const void *vb)
{
	const struct pb_point *a = va, *b = vb;

	if (a->depth != b->depth)
		return a->depth < b->depth ? -1 : 1;
	return (a->t0_ns > b->t0_ns) - (a->t0_ns < b->t0_ns);
}

static double weighted(double a, double wa, double b, double wb)
{
	return isnan(a) || isnan(b) ? NAN : (a * wa + b * wb) / (wa + wb);
}

/* Two windows of one depth as one: means by completions; the window is the later one, bounds are the wider.
 */
static void point_join(struct pb_point *p, const struct pb_point *q)
{
	double wp = (double)p->completed, wq = (double)q->completed;
	double half_p = (p->iops_hi - p->iops_lo) / 2, half_q = (q->iops_hi - q->iops_lo) / 2, half;

	if (wp <= 0 || wq <= 0)
		return;
	half = sqrt(half_p * half_p * wp * wp + half_q * half_q * wq * wq) / (wp + wq);
	p->iops = weighted(p->iops, wp, q->iops, wq);
	p->iops_lo = p->iops - half;
	p->iops_hi = p->iops + half;
	p->bw_bytes_s = weighted(p->bw_bytes_s, wp, q->bw_bytes_s, wq);
	p->mean_depth = weighted(p->mean_depth, wp, q->mean_depth, wq);
	p->lat_mean_ns = weighted(p->lat_mean_ns, wp, q->lat_mean_ns, wq);
	p->p50_ns = weighted(p->p50_ns, wp, q->p50_ns, wq);
	p->p99_ns = weighted(p->p99_ns, wp, q->p99_ns, wq);
	p->p999_ns = weighted(p->p999_ns, wp, q->p999_ns, wq);
	p->p50_hi_ns = fmax(p->p50_hi_ns, q->p50_hi_ns);
	p->p99_lo_ns = fmin(p->p99_lo_ns, q->p99_lo_ns);
	p->p99_hi_ns = fmax(p->p99_hi_ns, q->p99_hi_ns);
	p->t0_ns = q->t0_ns;
	p->t1_ns = q->t1_ns;
	p->completed += q->completed;
}

/* A search returns to depths: their valid windows become one point. Sorted by depth, then time. */
static void join_windows(struct pb_sweep *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++) {
		struct pb_point *last = n ? &s->p[n - 1] : NULL;

		if (last && last->depth == s->p[i].depth && last->valid && s->p[i].valid)
			point_join(last, &s->p[i]);
		else
			s->p[n++] = s->p[i];
	}
	s->n = n;
}

/* What the search concluded from all windows of a depth is better than what can be made of their rows. */
static void take_search(struct pb_sweep *s, const struct pb_run *run)
{
	const json_t *points = json_object_get(pb_run_section(run, "search"), "points"), *j;
	size_t k;

	for (unsigned i = 0; i < s->n; i++)
		json_array_foreach(points, k, j)
		{
			double iops = pb_json_num(j, "iops", NAN), lo = pb_json_num(j, "iops_lo", NAN),
			       hi = pb_json_num(j, "iops_hi", NAN);

			if (pb_json_i64(j, "depth", 0) != s->p[i].depth || !s->p[i].valid || !(iops > 0))
				continue;
			s->p[i].iops = iops;
			s->p[i].iops_lo = lo;
			s->p[i].iops_hi = hi;
		}
}

void pb_sweep_read(struct pb_sweep *s, struct pb_run *run)
{
	const struct pb_table *t = pb_run_table(run, "steps.csv");
	int phase = t ? pb_table_col(t, "phase") : -1;

	s->n = s->n_valid = 0;
	for (size_t row = 0; t && row < pb_table_rows(t) && s->n < PB_SWEEP_MAX; row++) {
		if (strcmp(pb_table_str(t, row, phase), "sweep") != 0 || !point_read(&s->p[s->n], t, row))
			continue;
		s->n++;
	}
	qsort(s->p, s->n, sizeof(s->p[0]), by_depth);
	join_windows(s);
	take_search(s, run);
	for (unsigned i = 0; i < s->n; i++)
		s->n_valid += s->p[i].valid;
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
