/*
 * From the comparison's JSON to rows of text.
 */
#include "reports/pathrows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/json.h"

static struct pb_text micros(double us)
{
	return pb_format_unit(us, "us");
}

const json_t *pb_pathrows_arms(const struct pb_findings *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		if (!strcmp(pb_json_str(fs->v[i]->params, "kind", ""), "paths"))
			return json_object_get(fs->v[i]->params, "arms");
	return NULL;
}

static struct pb_text ratio_text(const json_t *cell)
{
	double est = pb_json_num(cell, "ratio", NAN), lo = pb_json_num(cell, "lo", NAN),
	       hi = pb_json_num(cell, "hi", NAN);
	struct pb_text t = {.s = ""};

	if (isfinite(lo) && isfinite(hi))
		snprintf(t.s, sizeof(t.s), "\xc3\x97%.2f [%.2f\xe2\x80\xa6%.2f]", est, lo, hi);
	else if (isfinite(est))
		snprintf(t.s, sizeof(t.s), "\xc3\x97%.2f", est);
	return t;
}

/* The arm's row at its d-th depth. */
static struct pb_pathrow make_row(const json_t *arm, size_t d)
{
	static const struct {
		const char *key;
		struct pb_text (*format)(double v);
	} metric[PB_PATHROW_CELLS] = {{"iops", pb_format_count},
				      {"lat_p50", pb_format_ns},
				      {"lat_p99", pb_format_ns},
				      {"cpu_us_per_io", micros}};
	const json_t *cells = json_array_get(json_object_get(arm, "depths"), d);
	struct pb_pathrow row = {.name = pb_json_str(arm, "name", "?"),
				 .failed = pb_json_str(arm, "failed", NULL),
				 .visits = pb_json_i64(arm, "visits", 0),
				 .depth = pb_json_i64(cells, "depth", 0)};

	for (int i = 0; i < PB_PATHROW_CELLS; i++) {
		const json_t *cell = json_object_get(cells, metric[i].key);

		row.median[i] = metric[i].format(pb_json_num(cell, "median", NAN));
		row.ratio[i] = ratio_text(cell);
	}
	return row;
}

static size_t n_depths(const json_t *arms)
{
	return json_array_size(json_object_get(json_array_get(arms, 0), "depths"));
}

bool pb_pathrows_of(const json_t *arms, const char *attach, struct pb_pathrow *row)
{
	size_t depths = n_depths(arms), kind = strcspn(attach, ",");

	for (size_t i = 1; depths > 0 && i < json_array_size(arms); i++) {
		const json_t *arm = json_array_get(arms, i);
		const char *other = pb_json_str(arm, "attach", "");

		if (strcspn(other, ",") != kind || strncmp(other, attach, kind) != 0)
			continue;
		*row = make_row(arm, depths - 1);
		if (!row->failed)
			return row->ratio[0].s[0];
	}
	return false;
}

void pb_pathrows_each(const json_t *arms, void (*each)(void *arg, const struct pb_pathrow *row), void *arg)
{
	for (size_t d = 0; d < n_depths(arms); d++) {
		for (size_t i = 0; i < json_array_size(arms); i++) {
			struct pb_pathrow row = make_row(json_array_get(arms, i), d);

			each(arg, &row);
		}
	}
}
