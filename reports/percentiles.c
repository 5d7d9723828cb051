/*
 * From the guest's quantiles.csv, or from steps.csv where a run has none, to three lines. Each row is drawn
 * from its beginning to its end, so that the length of an interval is seen.
 */
#include "reports/percentiles.h"

#include <errno.h>
#include <math.h>

#include "engine/lib/replace.h"
#include "reports/series.h"
#include "reports/timeline.h"

#define POINTS 1500

static const struct quantile {
	const char *name, *column;
} quantiles[] = {{"p50", "p50_ns"}, {"p99", "p99_ns"}, {"p99.9", "p999_ns"}};

#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

static const struct pb_table *guest_table(const struct pb_facts *f, struct pb_err *err, int *ret)
{
	const struct pb_table *t = NULL;

	*ret = pb_tables_get_guest(f->tables, &t, f->steps.n ? f->steps.v[0].guest : "", "quantiles.csv",
				   err);
	return *ret < 0 || !t || !pb_table_rows(t) ? NULL : t;
}

bool pb_percentiles_by_interval(const struct pb_facts *f)
{
	int ret;

	return guest_table(f, NULL, &ret) != NULL;
}

/* From t0 to t1 at v; a gap before it unless the last one ended where this one begins. */
static int add_span(struct pb_series_set *set, const char *name, double t0, double t1, double v, double *last)
{
	int ret = 0;

	if (!(fabs(t0 - *last) < 1e-3))
		ret = pb_series_point(set, name, t0, NAN);
	if (!ret)
		ret = pb_series_point(set, name, t0, v);
	if (!ret)
		ret = pb_series_point(set, name, t1, v);
	*last = t1;
	return ret;
}

static int read_table(struct pb_series_set *set, const struct pb_table *t, const struct pb_span *span)
{
	int c_span = pb_table_col(t, "span_ns"), ret = 0;
	double t1;

	for (size_t q = 0; q < QUANTILES; q++) {
		int c = pb_table_col(t, quantiles[q].column);

		for (size_t i = 0; i < pb_table_rows(t) && !ret; i++) {
			t1 = pb_timeline_seconds(span, pb_table_i64(t, i, 0));
			ret = pb_series_point(set, quantiles[q].name, t1 - pb_table_num(t, i, c_span) / 2e9,
					      pb_table_num(t, i, c) / 1e3);
		}
	}
	return ret;
}

static int read_steps(struct pb_series_set *set, const struct pb_steps *s, const struct pb_span *span)
{
	double last;
	int ret = 0;

	for (size_t q = 0; q < QUANTILES; q++) {
		last = NAN;
		for (size_t i = 0; i < s->n && !ret; i++) {
			double v = q == 0   ? s->v[i].p50_ns.est
				   : q == 1 ? s->v[i].p99_ns.est
					    : s->v[i].p999_ns;

			ret = add_span(set, quantiles[q].name, pb_timeline_seconds(span, s->v[i].t0_ns),
				       pb_timeline_seconds(span, s->v[i].t1_ns), v / 1e3, &last);
		}
	}
	return ret;
}

static bool any_value(const struct pb_series_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		for (size_t k = 0; k < set->v[i].n; k++)
			if (isfinite(set->v[i].p[k].v))
				return true;
	return false;
}

static int write_set(struct pb_series_set *set, int outfd, struct pb_err *err)
{
	FILE *out = pb_replace_begin(outfd, "percentiles.csv", err);

	if (!out)
		return -EIO;
	for (size_t i = 0; i < set->n; i++)
		pb_series_thin(&set->v[i], POINTS);
	pb_series_write(set, out);
	return pb_replace_commit(outfd, out, "percentiles.csv", err);
}

int pb_percentiles_write(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err)
{
	struct pb_series_set set;
	struct pb_span span = {0};
	int ret;
	const struct pb_table *t = guest_table(f, err, &ret);

	if (!ret)
		ret = pb_timeline_span(&span, f, err);
	if (ret < 0)
		return ret;
	pb_series_init(&set, span.from_s, span.to_s);
	ret = t ? read_table(&set, t, &span) : read_steps(&set, &f->steps, &span);
	if (ret < 0)
		pb_fail(err, PB_MISSING, -ret, "no memory for the percentiles over time");
	*any = any_value(&set);
	if (!ret && *any)
		ret = write_set(&set, outfd, err);
	pb_series_fini(&set);
	return ret;
}
