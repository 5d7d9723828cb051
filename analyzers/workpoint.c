/*
 * Picks a point of the depth curve for rules that need one, and reads its latency histogram. Judges nothing.
 */
#include "analyzers/workpoint.h"

#include <stdlib.h>
#include <string.h>

#include "analyzers/run.h"
#include "engine/lib/hist.h"
#include "engine/lib/json.h"
#include "engine/lib/stats.h"

bool pb_workpoint_top(struct pb_point *p, struct pb_run *run)
{
	const struct pb_point *top;
	struct pb_sweep s;

	pb_sweep_read(&s, run);
	top = pb_sweep_top(&s);
	if (top)
		*p = *top;
	return top != NULL;
}

bool pb_workpoint_low(struct pb_point *p, struct pb_run *run)
{
	struct pb_sweep s;

	pb_sweep_read(&s, run);
	pb_sweep_valid(&s);
	if (s.n)
		*p = s.p[0]; /* sorted by depth */
	return s.n > 0;
}

static int64_t recommended(const struct pb_findings *out)
{
	for (size_t i = 0; i < out->n; i++)
		if (strcmp(out->v[i]->rule, "R-Q1") == 0 || strcmp(out->v[i]->rule, "R-Q2") == 0)
			return pb_json_i64(out->v[i]->params, "depth", 0);
	return 0;
}

bool pb_workpoint_used(struct pb_point *p, struct pb_run *run, const struct pb_findings *out)
{
	int64_t depth = recommended(out);
	struct pb_sweep s;

	pb_sweep_read(&s, run);
	pb_sweep_valid(&s);
	if (s.n == 0)
		return false;
	*p = s.p[s.n - 1];
	for (unsigned i = 0; i < s.n; i++)
		if (s.p[i].depth == depth)
			*p = s.p[i];
	return true;
}

double pb_workpoint_quantile(const struct pb_point *p, struct pb_run *run, const char *dir, double q)
{
	char name[300];
	const struct pb_table *t =
		pb_run_table(run, pb_run_guest_file(run, name, sizeof(name), "latency.csv"));
	uint64_t *bins = t ? calloc((size_t)PB_HIST_BINS, sizeof(*bins)) : NULL;
	int time = t ? pb_table_col(t, "t_ns") : -1, bin = t ? pb_table_col(t, "bin") : -1;
	int count = t ? pb_table_col(t, "count") : -1, dirs = t ? pb_table_col(t, "dir") : -1;
	double v = NAN;

	for (size_t row = 0; bins && row < pb_table_rows(t); row++) {
		int64_t b = pb_table_i64(t, row, bin), n = pb_table_i64(t, row, count);

		if (pb_table_i64(t, row, time) != p->t0_ns || b < 0 || b >= (int64_t)PB_HIST_BINS || n <= 0)
			continue;
		if (!dir || strcmp(pb_table_str(t, row, dirs), dir) == 0)
			bins[b] += (uint64_t)n;
	}
	if (bins)
		v = pb_stats_hist_quantile(bins, q).est;
	free(bins);
	return v;
}
