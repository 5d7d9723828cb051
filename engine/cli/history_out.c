/*
 * history plot and export: what leaves the database as files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/cli/history_verbs.h"
#include "engine/history/export.h"
#include "engine/lib/replace.h"
#include "reports/historychart.h"

/* The one series that has the metric. */
static int only_series(struct pb_history_request *q, const struct pb_past *p, size_t metric, size_t *series,
		       struct pb_err *err)
{
	int rc = pb_history_find_series(q, p, series, err);

	for (size_t i = 0; i < p->n_value && rc == 0 && !q->series; i++) {
		size_t s = p->run[p->value[i].run].series;

		if (p->value[i].metric != metric || s == *series)
			continue;
		if (*series != PB_HISTORY_EVERY)
			return pb_fail(err, PB_USAGE, EINVAL,
				       "more than one series has %s ('%s', '%s'): say which with --series",
				       q->metric, p->series[*series].name, p->series[s].name);
		*series = s;
	}
	if (rc == 0 && *series == PB_HISTORY_EVERY)
		return pb_fail(err, PB_USAGE, ENODATA, "no run has %s", q->metric);
	return rc;
}

static int draw(const struct pb_history_request *q, const struct pb_history_result *r, struct pb_err *err)
{
	struct pb_historychart_point *v = calloc(r->pts.n + 1, sizeof(*v));
	const struct pb_past *p = r->past;
	struct pb_historychart c = {.series = p->series[r->series].name,
				    .metric = p->metric[r->metric].name,
				    .unit = p->metric[r->metric].unit,
				    .v = v,
				    .n = r->pts.n};
	char **changed = calloc(r->pts.n + 1, sizeof(*changed));
	size_t next = 0;
	int rc = v && changed ? 0 : pb_fail(err, PB_MISSING, ENOMEM, "out of memory");

	for (size_t i = 0; i < r->pts.n && rc == 0; i++) {
		const struct pb_past_run *run = &p->run[r->pts.run[i]];
		size_t to;

		changed[i] = pb_export_changed(p, r->pts.run[i]);
		v[i] = (struct pb_historychart_point){.started_utc = run->started_utc,
						      .label = run->label,
						      .changed = changed[i] ? changed[i] : "",
						      .value = r->pts.x[i]};
		v[i].change = next < r->changes.n && r->changes.v[next].at == i;
		next += v[i].change;
		to = next < r->changes.n ? r->changes.v[next].at : r->pts.n;
		v[i].level = i && !v[i].change ? v[i - 1].level
					       : pb_stats_median(r->pts.x + i, (unsigned)(to - i));
	}
	if (rc == 0)
		rc = pb_historychart_draw(q->out, &c, err);
	for (size_t i = 0; changed && i < r->pts.n; i++)
		free(changed[i]);
	free(changed);
	free(v);
	return rc;
}

int pb_history_plot(struct pb_history_request *q, int argc, char **argv, struct pb_err *err)
{
	const struct pb_edivisive_options o = PB_EDIVISIVE_DEFAULT;
	const struct pb_option opts[] = {
		PB_HISTORY_DB,
		PB_HISTORY_METRIC("which number"),
		PB_HISTORY_SERIES("of this series"),
		{.name = "out",
		 .arg = "FILE.svg",
		 .help = "(-o) the drawing; its data and script stand beside it",
		 .text = &q->out},
		{0},
	};
	struct pb_history_result r;
	struct pb_edivisive *e = NULL;
	struct pb_past p = {.n_run = 0};
	size_t series, metric;
	int rc = pb_history_parse(q, argc, argv, "--metric M -o FILE.svg", opts, 0, 0, false, err);

	if (rc != 0)
		return rc;
	if (!q->metric || !q->out)
		return pb_fail(err, PB_USAGE, EINVAL, "history plot: say --metric M and -o FILE.svg");
	rc = pb_past_load(&p, q->path, err);
	if (rc == 0)
		rc = pb_history_find_metric(q, &p, &metric, err);
	if (rc == 0)
		rc = only_series(q, &p, metric, &series, err);
	if (rc == 0 && !(e = pb_edivisive_new(&o)))
		rc = pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	if (rc == 0)
		rc = pb_history_look_at(&r, &p, e, series, metric, err);
	if (rc == 0) {
		rc = draw(q, &r, err);
		pb_history_forget(&r);
	}
	if (rc == 0)
		printf("%s\n", q->out);
	pb_edivisive_free(e);
	pb_past_fini(&p);
	return rc;
}

static int write_export(const struct pb_history_request *q, const struct pb_past *p, size_t series, FILE *f,
			struct pb_err *err)
{
	json_t *j;
	int bad;

	if (!q->cli->json)
		return pb_export_csv(p, series, f) < 0 ? pb_fail(err, PB_MISSING, ENOMEM, "out of memory")
						       : 0;
	j = pb_export_json(p, series);
	bad = !j || json_dumpf(j, f, JSON_INDENT(1) | JSON_SORT_KEYS) < 0 || fputc('\n', f) == EOF;
	json_decref(j);
	return bad && !ferror(f) ? pb_fail(err, PB_MISSING, ENOMEM, "no memory for the export") : 0;
}

int pb_history_export(struct pb_history_request *q, int argc, char **argv, struct pb_err *err)
{
	const struct pb_option opts[] = {
		PB_HISTORY_DB,
		PB_HISTORY_SERIES("only this series"),
		{.name = "out", .arg = "FILE", .help = "(-o) instead of standard output", .text = &q->out},
		{0},
	};
	struct pb_past p = {.n_run = 0};
	FILE *f = stdout;
	size_t series;
	int rc = pb_history_parse(q, argc, argv, "", opts, 0, 0, false, err);

	if (rc != 0)
		return rc;
	rc = pb_past_load(&p, q->path, err);
	if (rc == 0)
		rc = pb_history_find_series(q, &p, &series, err);
	if (rc == 0 && q->out && !(f = pb_replace_begin(AT_FDCWD, q->out, err)))
		rc = -EIO;
	if (rc == 0) {
		rc = write_export(q, &p, series, f, err);
		if (q->out && rc < 0)
			pb_replace_cancel(AT_FDCWD, f, q->out);
		else if (q->out)
			rc = pb_replace_commit(AT_FDCWD, f, q->out, err);
	}
	pb_past_fini(&p);
	return rc;
}
