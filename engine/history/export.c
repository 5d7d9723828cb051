/*
 * Writes what past.c read.
 */
#include "engine/history/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h"

char *pb_export_changed(const struct pb_past *p, size_t run)
{
	struct pb_strv diff = {0};
	struct pb_buf names = {0};

	pb_buf_str(&names, "");
	if (run > 0 && p->run[run - 1].series == p->run[run].series &&
	    pb_past_differences(p, run - 1, run, &diff) < 0)
		names.failed = true;
	for (size_t i = 0; i < diff.n; i += 3)
		pb_buf_printf(&names, "%s%s", i ? "; " : "", diff.v[i]);
	pb_strv_fini(&diff);
	if (names.failed)
		pb_buf_fini(&names);
	return names.data;
}

static void write_row(const struct pb_past *p, const struct pb_past_value *v, const char *changed,
		      struct pb_csv *c)
{
	const struct pb_past_metric *m = &p->metric[v->metric];
	const struct pb_past_run *r = &p->run[v->run];

	pb_csv_foreign(c, p->series[r->series].name);
	pb_csv_i64(c, r->id);
	pb_csv_foreign(c, r->started_utc);
	pb_csv_foreign(c, r->label);
	pb_csv_foreign(c, r->manifest);
	pb_csv_foreign(c, changed);
	pb_csv_foreign(c, m->name);
	pb_csv_foreign(c, m->unit);
	pb_csv_str(c, m->higher_is_better ? "higher" : "lower");
	pb_csv_num(c, v->value);
	pb_csv_end(c);
}

int pb_export_csv(const struct pb_past *p, size_t series, FILE *f)
{
	static const char *const header[] = {
		"series", "run",  "started_utc", "label", "manifest", "environment_changed",
		"metric", "unit", "better",      "value"};
	char **changed = calloc(p->n_run + 1, sizeof(*changed));
	struct pb_csv c = {.f = f};
	int rc = changed ? 0 : -ENOMEM;

	for (size_t i = 0; i < p->n_run && rc == 0; i++) {
		changed[i] = pb_export_changed(p, i);
		rc = changed[i] ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < sizeof(header) / sizeof(header[0]) && rc == 0; i++)
		pb_csv_str(&c, header[i]);
	if (rc == 0)
		pb_csv_end(&c);
	for (size_t s = 0; s < p->n_series && rc == 0; s++) {
		if (series != PB_EXPORT_ALL && series != s)
			continue;
		for (size_t i = 0; i < p->n_value; i++)
			if (p->run[p->value[i].run].series == s)
				write_row(p, &p->value[i], changed[p->value[i].run], &c);
	}
	for (size_t i = 0; changed && i < p->n_run; i++)
		free(changed[i]);
	free(changed);
	return rc;
}

static json_t *run_head(const struct pb_past *p, const struct pb_past_run *r)
{
	return json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:O,s:{}}", "run", (json_int_t)r->id, "manifest",
			 r->manifest, "started_utc", r->started_utc, "added_utc", r->added_utc, "label",
			 r->label, "dir", r->dir, "environment", p->environment[r->environment].facts,
			 "values");
}

json_t *pb_export_run(const struct pb_past *p, size_t run)
{
	json_t *j = run_head(p, &p->run[run]), *values = json_object_get(j, "values");

	for (size_t i = 0; i < p->n_value; i++)
		if (p->value[i].run == run)
			json_object_set_new(values, p->metric[p->value[i].metric].name,
					    json_real(p->value[i].value));
	return j;
}

static json_t *metrics_of(const struct pb_past *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->n_metric; i++)
		json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "name", p->metric[i].name, "unit",
						      p->metric[i].unit, "better",
						      p->metric[i].higher_is_better ? "higher" : "lower"));
	return list;
}

json_t *pb_export_json(const struct pb_past *p, size_t series)
{
	json_t *list = json_array(), **run = calloc(p->n_run + 1, sizeof(json_t *));
	json_t *all = run ? json_pack("{s:i,s:o,s:O}", "schema", PB_EXPORT_SCHEMA, "metrics", metrics_of(p),
				      "series", list)
			  : NULL;

	for (size_t s = 0; s < p->n_series && all; s++) {
		json_t *runs = json_array();

		if (series == PB_EXPORT_ALL || series == s)
			json_array_append_new(list,
					      json_pack("{s:s,s:O,s:O}", "name", p->series[s].name,
							"identity", p->series[s].identity, "runs", runs));
		for (size_t i = 0; i < p->n_run; i++) {
			if (p->run[i].series != s)
				continue;
			run[i] = run_head(p, &p->run[i]);
			json_array_append_new(runs, run[i]);
			run[i] = json_object_get(run[i], "values");
		}
		/* The values belong to objects that the series now own. */
		for (size_t i = 0; i < p->n_value; i++)
			if (p->run[p->value[i].run].series == s)
				json_object_set_new(run[p->value[i].run], p->metric[p->value[i].metric].name,
						    json_real(p->value[i].value));
		json_decref(runs);
	}
	free(run);
	json_decref(list);
	return all;
}
