/*
 * JSON of findings into CSV. Judges nothing; an interval that is not there is as narrow as its estimate.
 */
#include "reports/ratios.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "engine/lib/json.h"
#include "engine/lib/replace.h"
#include "reports/pathrows.h"
#include "reports/predicted.h"
#include "reports/series.h"

static const char *const metrics[] = {"iops", "lat_p50", "lat_p99", "cpu_us_per_io"};

#define METRICS (sizeof(metrics) / sizeof(metrics[0]))
/* More rows cannot be read; the page's table has them all. */
#define ROWS_MAX 60
#define CUT 4

/* What the axis has to show. */
struct extent {
	double est_lo, est_hi, lo, hi;
};

static void write_ratio(struct pb_csv *c, const json_t *cell, struct extent *e)
{
	double ratio = pb_json_num(cell, "ratio", NAN);
	double lo = pb_json_num(cell, "lo", NAN), hi = pb_json_num(cell, "hi", NAN);
	bool known = ratio > 0 && isfinite(ratio);

	lo = lo > 0 && isfinite(lo) ? lo : ratio;
	hi = hi > 0 && isfinite(hi) ? hi : ratio;
	pb_csv_num(c, known ? ratio : NAN);
	pb_csv_num(c, known ? lo : NAN);
	pb_csv_num(c, known ? hi : NAN);
	if (!known)
		return;
	e->est_lo = fmin(e->est_lo, ratio);
	e->est_hi = fmax(e->est_hi, ratio);
	e->lo = fmin(e->lo, lo);
	e->hi = fmax(e->hi, hi);
}

static void write_header(struct pb_csv *c)
{
	static const char *const part[] = {"", "_lo", "_hi"};
	char name[64];

	pb_csv_str(c, "row");
	pb_csv_str(c, "depth");
	pb_csv_str(c, "path");
	for (size_t i = 0; i < METRICS * 3; i++) {
		snprintf(name, sizeof(name), "%s%s", metrics[i / 3], part[i % 3]);
		pb_csv_str(c, name);
	}
	pb_csv_end(c);
}

/* Depth by depth, so that what is to be compared stands together. Returns the number of rows. */
static size_t write_rows(FILE *out, const json_t *arms, struct extent *e)
{
	size_t depths = json_array_size(json_object_get(json_array_get(arms, 0), "depths")), d, i, m, n = 0;
	struct pb_csv c = {.f = out};
	char label[64];

	write_header(&c);
	for (d = 0; d < depths; d++) {
		for (i = 1; i < json_array_size(arms); i++) {
			const json_t *arm = json_array_get(arms, i);
			const json_t *row = json_array_get(json_object_get(arm, "depths"), d);

			if (!row || n == ROWS_MAX)
				continue;
			pb_series_label(label, sizeof(label), pb_json_str(arm, "name", "?"));
			pb_csv_i64(&c, (int64_t)n++);
			pb_csv_i64(&c, pb_json_i64(row, "depth", PB_NA));
			pb_csv_str(&c, label);
			for (m = 0; m < METRICS; m++)
				write_ratio(&c, json_object_get(row, metrics[m]), e);
			pb_csv_end(&c);
		}
	}
	return n;
}

/* An interval much wider than all estimates would squeeze them into one line, so it is cut off. */
static int write_vars(const struct extent *e, size_t rows, int outfd, struct pb_err *err)
{
	FILE *out = pb_replace_begin(outfd, "paths-vars.gp", err);

	if (!out)
		return -EIO;
	fprintf(out, "n_rows = %zu\nratio_min = %.6g\nratio_max = %.6g\n", rows,
		fmin(fmax(e->lo, e->est_lo / CUT), 1), fmax(fmin(e->hi, e->est_hi * CUT), 1));
	return pb_replace_commit(outfd, out, "paths-vars.gp", err);
}

int pb_ratios_write(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err)
{
	const json_t *arms = pb_pathrows_arms(f->in->findings);
	struct extent e = {INFINITY, 0, INFINITY, 0};
	size_t n;
	FILE *out;
	int ret;

	if (json_array_size(arms) < 2)
		return 0;
	out = pb_replace_begin(outfd, "paths.csv", err);
	if (!out)
		return -EIO;
	n = write_rows(out, arms, &e);
	*any = e.hi > 0;
	ret = pb_replace_commit(outfd, out, "paths.csv", err);
	return ret < 0 || !*any ? ret : write_vars(&e, n, outfd, err);
}

static double at(const json_t *list, size_t i)
{
	const json_t *n = json_array_get(list, i);

	return json_is_number(n) ? json_number_value(n) : NAN;
}

static bool write_prediction(FILE *out, const json_t *row, const char *key)
{
	const json_t *ci = json_object_get(row, key);
	double depth = pb_json_num(row, "depth", NAN), est = at(ci, 0), lo = at(ci, 1), hi = at(ci, 2);

	if (!(depth >= 1) || !isfinite(est))
		return false;
	fprintf(out, "%.6g,%.6g,%.6g,%.6g\n", depth, est, isfinite(lo) ? lo : est, isfinite(hi) ? hi : est);
	return true;
}

int pb_ratios_predicted(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err)
{
	const json_t *params, *check, *curve;
	FILE *out;
	size_t i = 0;

	while ((params = pb_predicted_of(f, i++)) && pb_predicted_caption(params) != PB_MSG_CAP_PREDICT)
		;
	check = json_object_get(params, "check");
	curve = json_object_get(params, "curve");
	if (!pb_predicted_rows(params))
		return 0;
	out = pb_replace_begin(outfd, "predict.csv", err);
	if (!out)
		return -EIO;
	fprintf(out, "depth,iops,iops_lo,iops_hi\n");
	for (i = 0; i < json_array_size(check); i++)
		*any = write_prediction(out, json_array_get(check, i), "predicted") || *any;
	for (i = 0; i < json_array_size(curve); i++)
		*any = write_prediction(out, json_array_get(curve, i), "iops") || *any;
	return pb_replace_commit(outfd, out, "predict.csv", err);
}
