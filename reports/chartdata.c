/*
 * From run directory to chart data: the depth curve, interrupts by CPU, the latency distribution and the A/B
 * pairs are here, charts over time and those made from findings have files of their own.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"
#include "engine/lib/replace.h"
#include "reports/chartdata.h"
#include "reports/heat.h"
#include "reports/occupancy.h"
#include "reports/percentiles.h"
#include "reports/ratios.h"
#include "reports/series.h"
#include "reports/timeline.h"

/* More bars or colours than this cannot be told apart. */
#define IRQ_CPUS 32
#define IRQ_VECTORS 7
#define BINS ((size_t)PB_HIST_GROUP * PB_HIST_GROUPS) /* PB_HIST_BINS as a size */

static void csv_ci(struct pb_csv *c, struct pb_ci ci, double scale)
{
	pb_csv_num(c, ci.est * scale);
	pb_csv_num(c, ci.lo * scale);
	pb_csv_num(c, ci.hi * scale);
}

static int by_depth(const void *a, const void *b)
{
	const struct pb_step *x = *(const struct pb_step *const *)a, *y = *(const struct pb_step *const *)b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int write_curve(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err)
{
	const struct pb_step **order = calloc(f->steps.n + 1, sizeof(const struct pb_step *));
	size_t i, n = 0;
	struct pb_csv c = {0};
	FILE *out;

	if (!order)
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory for the depth curve");
	for (i = 0; i < f->steps.n; i++)
		if (f->steps.v[i].phase == 's' && isfinite(f->steps.v[i].depth) && f->steps.v[i].depth >= 1)
			order[n++] = &f->steps.v[i];
	qsort(order, n, sizeof(const struct pb_step *), by_depth);
	out = pb_replace_begin(outfd, "curve.csv", err);
	if (!out) {
		free(order);
		return -EIO;
	}
	c.f = out;
	fprintf(out,
		"depth,iops,iops_lo,iops_hi,p50_us,p50_lo_us,p50_hi_us,p99_us,p99_lo_us,p99_hi_us,valid\n");
	for (i = 0; i < n; i++) {
		pb_csv_num(&c, order[i]->depth);
		csv_ci(&c, order[i]->iops, 1);
		csv_ci(&c, order[i]->p50_ns, 1e-3);
		csv_ci(&c, order[i]->p99_ns, 1e-3);
		pb_csv_i64(&c, order[i]->valid);
		pb_csv_end(&c);
		*any = *any || isfinite(order[i]->iops.est);
	}
	free(order);
	return pb_replace_commit(outfd, out, "curve.csv", err);
}

/* One CPU's row: the heaviest vectors each, the rest together. */
static void write_irq_row(FILE *out, const struct pb_occupancy *p, size_t cpu)
{
	size_t i, shown = p->n_vector > IRQ_VECTORS ? IRQ_VECTORS : p->n_vector;
	double rest = 0;

	fprintf(out, "\"%ld\"", strtol(p->cpu[cpu], NULL, 10));
	for (i = 0; i < shown; i++)
		fprintf(out, ",%.6g", p->vector[i].on[cpu]);
	for (; i < p->n_vector; i++)
		rest += p->vector[i].on[cpu];
	if (p->n_vector > shown)
		fprintf(out, ",%.6g", rest);
	fputc('\n', out);
}

static double cpu_total(const struct pb_occupancy *p, size_t cpu)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < p->n_vector; i++)
		sum += p->vector[i].on[cpu];
	return sum;
}

/* All CPUs where there is room for them, otherwise those that took interrupts. */
static int write_irq_file(const struct pb_occupancy *p, int outfd, struct pb_err *err)
{
	FILE *out = pb_replace_begin(outfd, "irq.csv", err);
	size_t i, shown = 0;

	if (!out)
		return -EIO;
	fprintf(out, "cpu");
	for (i = 0; i < p->n_vector && i < IRQ_VECTORS; i++)
		fprintf(out, ",\"%s\"", p->vector[i].label);
	if (p->n_vector > IRQ_VECTORS)
		fprintf(out, ",\"%s\"", pb_messages_get(PB_MSG_OTHERS));
	fputc('\n', out);
	for (i = 0; i < p->n_cpu && shown < IRQ_CPUS; i++) {
		if (p->n_cpu > IRQ_CPUS && cpu_total(p, i) <= 0)
			continue;
		write_irq_row(out, p, i);
		shown++;
	}
	return pb_replace_commit(outfd, out, "irq.csv", err);
}

static int write_irq(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err)
{
	struct pb_occupancy p;
	int ret = pb_occupancy_read(&p, f, err);

	if (ret < 0)
		return ret;
	while (p.n_vector && p.vector[p.n_vector - 1].total <= 0)
		free(p.vector[--p.n_vector].on);
	*any = p.n_vector > 0;
	if (*any)
		ret = write_irq_file(&p, outfd, err);
	pb_occupancy_fini(&p);
	return ret;
}

/* Complementary distribution over all directions at one depth: share of I/Os slower than lat. */
static int write_ccdf(const struct pb_table *t, double depth, bool *any, int outfd, struct pb_err *err)
{
	int c_depth = pb_table_col(t, "depth"), c_count = pb_table_col(t, "count"),
	    c_bin = pb_table_col(t, "bin");
	double *bins = calloc(BINS, sizeof(*bins)), total = 0, left;
	int64_t bin;
	size_t i;
	FILE *out;

	if (!bins)
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory for the latency chart");
	for (i = 0; i < pb_table_rows(t); i++) {
		bin = pb_table_i64(t, i, c_bin);
		if (pb_table_num(t, i, c_depth) != depth || bin < 0 || bin >= (int64_t)BINS ||
		    !(pb_table_num(t, i, c_count) > 0))
			continue;
		bins[bin] += pb_table_num(t, i, c_count);
		total += pb_table_num(t, i, c_count);
	}
	out = pb_replace_begin(outfd, "latency.csv", err);
	if (!out) {
		free(bins);
		return -EIO;
	}
	fprintf(out, "lat_us,share_slower\n");
	for (i = 0, left = total; i < BINS && left > 0; i++) {
		if (!(bins[i] > 0))
			continue;
		fprintf(out, "%.6g,%.6g\n", (double)pb_hist_mid((unsigned)i) / 1e3, left / total);
		left -= bins[i];
	}
	free(bins);
	*any = total > 0;
	return pb_replace_commit(outfd, out, "latency.csv", err);
}

static int write_latency(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err)
{
	const struct pb_table *t = NULL;
	int ret;

	if (!f->best)
		return 0;
	ret = pb_tables_get_guest(f->tables, &t, f->best->guest, "latency.csv", err);
	return ret < 0 || !t ? ret : write_ccdf(t, f->best->depth, any, outfd, err);
}

/* What a change was to improve, in the unit of the chart. */
static struct pb_ci goal_of(const struct pb_step *s, const char *goal)
{
	struct pb_ci v = !strcmp(goal, "lat_p99")   ? s->p99_ns
			 : !strcmp(goal, "lat_p50") ? s->p50_ns
						    : s->iops;

	return (struct pb_ci){v.est, isfinite(v.lo) ? v.lo : v.est, isfinite(v.hi) ? v.hi : v.est};
}

static bool write_window(struct pb_csv *c, const struct pb_step *s, const char *goal, const char *label)
{
	struct pb_ci v = goal_of(s, goal);

	if ((s->phase != 'a' && s->phase != 'b') || s->block == PB_NA || !isfinite(v.est))
		return false;
	pb_csv_i64(c, s->block);
	pb_csv_i64(c, s->phase == 'b');
	csv_ci(c, v, 1);
	pb_csv_str(c, goal);
	pb_csv_str(c, label);
	pb_csv_end(c);
	return true;
}

/* One block per applied change, one row per window. */
static int write_tune(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err)
{
	static const char *const goals[] = {"iops", "lat_p50", "lat_p99"};
	char label[44]; /* what fits above a panel */
	const char *goal;
	struct pb_csv c = {0};
	size_t i, k;

	if (!f->tunes.n)
		return 0;
	c.f = pb_replace_begin(outfd, "tune.csv", err);
	if (!c.f)
		return -EIO;
	for (i = 0; i < f->tunes.n; i++) {
		goal = pb_json_str(f->tunes.v[i].doc, "goal", "");
		for (k = 0; k < 2 && strcmp(goals[k], goal) != 0; k++)
			;
		goal = strcmp(goals[k], goal) == 0 ? goals[k] : goals[0];
		pb_series_label(label, sizeof(label), f->tunes.v[i].dir);
		fprintf(c.f, "%spair,arm,value,value_lo,value_hi,goal,change\n", i ? "\n\n" : "");
		for (k = 0; k < f->tunes.v[i].steps.n; k++)
			*any = write_window(&c, &f->tunes.v[i].steps.v[k], goal, label) || *any;
	}
	return pb_replace_commit(outfd, c.f, "tune.csv", err);
}

/* Where each chart's data come from; the two of the depth curve share theirs. */
static const struct source {
	enum pb_chart chart;
	int (*write)(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err);
} sources[] = {
	{PB_CHART_CURVE_IOPS, write_curve},      {PB_CHART_IRQ, write_irq},
	{PB_CHART_LATENCY, write_latency},       {PB_CHART_TUNE, write_tune},
	{PB_CHART_TIMELINE, pb_timeline_write},  {PB_CHART_HEAT, pb_heat_write},
	{PB_CHART_PATHS, pb_ratios_write},       {PB_CHART_PERCENTILES, pb_percentiles_write},
	{PB_CHART_PREDICT, pb_ratios_predicted},
};

int pb_chartdata_write(struct pb_chartdata *c, const struct pb_facts *f, int outfd, struct pb_err *err)
{
	int ret = 0;

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]) && !ret; i++)
		ret = sources[i].write(&c->any[sources[i].chart], f, outfd, err);
	c->any[PB_CHART_CURVE_LATENCY] = c->any[PB_CHART_CURVE_IOPS];
	return ret;
}
