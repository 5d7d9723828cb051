/*
 * history list and show, and the walk over series and metrics that other verbs share.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/cli/history_verbs.h"
#include "engine/history/location.h"

int pb_history_parse(struct pb_history_request *q, int argc, char **argv, const char *operands,
		     const struct pb_option *opts, int min, int max, bool make, struct pb_err *err)
{
	int rc = pb_options_parse(q->cli, argc, argv, operands, opts, min, max, &q->rest, &q->n, err);

	if (rc != 0)
		return rc;
	if (!q->db)
		return pb_location_default(q->path, sizeof(q->path), make, err);
	if ((size_t)snprintf(q->path, sizeof(q->path), "%s", q->db) >= sizeof(q->path))
		return pb_fail(err, PB_USAGE, ENAMETOOLONG, "--db: the path is too long");
	return 0;
}

int pb_history_find_series(const struct pb_history_request *q, const struct pb_past *p, size_t *series,
			   struct pb_err *err)
{
	*series = q->series ? pb_past_find_series(p, q->series) : PB_HISTORY_EVERY;
	if (q->series && *series == SIZE_MAX)
		return pb_fail(err, PB_USAGE, ENOENT,
			       "%s has no series '%s'; passbench history list names them", q->path,
			       q->series);
	return 0;
}

int pb_history_find_metric(const struct pb_history_request *q, const struct pb_past *p, size_t *metric,
			   struct pb_err *err)
{
	*metric = q->metric ? pb_past_find_metric(p, q->metric) : PB_HISTORY_EVERY;
	if (q->metric && *metric == SIZE_MAX)
		return pb_fail(err, PB_USAGE, ENOENT,
			       "%s has no metric '%s'; passbench history show RUN names them", q->path,
			       q->metric);
	return 0;
}

int pb_history_look_at(struct pb_history_result *r, const struct pb_past *p, struct pb_edivisive *e,
		       size_t series, size_t metric, struct pb_err *err)
{
	int rc;

	*r = (struct pb_history_result){.past = p, .series = series, .metric = metric};
	if (pb_past_points(p, series, metric, &r->pts) < 0)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	rc = pb_shifts_find(&r->changes, e, p, &r->pts, p->metric[metric].higher_is_better, err);
	if (rc < 0)
		pb_past_points_fini(&r->pts);
	return rc;
}

void pb_history_forget(struct pb_history_result *r)
{
	pb_past_points_fini(&r->pts);
	pb_shifts_fini(&r->changes);
}

int pb_history_for_each(struct pb_history_request *q, const struct pb_past *p,
			void (*each)(struct pb_history_request *, const struct pb_history_result *, void *),
			void *arg, struct pb_err *err)
{
	const struct pb_edivisive_options o = PB_EDIVISIVE_DEFAULT;
	struct pb_edivisive *e = pb_edivisive_new(&o);
	struct pb_ui_work work;
	size_t series, metric = PB_HISTORY_EVERY, done = 0;
	int rc = pb_history_find_series(q, p, &series, err);

	if (rc == 0)
		rc = pb_history_find_metric(q, p, &metric, err);
	if (rc == 0 && !e)
		rc = pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	pb_ui_work_begin(&work, &q->cli->ui, 0);
	for (size_t s = 0; s < p->n_series && rc == 0; s++) {
		for (size_t m = 0; m < p->n_metric && rc == 0; m++, done++) {
			struct pb_history_result r;

			if ((series != PB_HISTORY_EVERY && series != s) ||
			    (metric != PB_HISTORY_EVERY && metric != m))
				continue;
			pb_ui_work_show(&work, (double)done, (double)(p->n_series * p->n_metric),
					"looking at %s", p->metric[m].name);
			rc = pb_history_look_at(&r, p, e, s, m, err);
			if (rc < 0)
				break;
			if (r.pts.n)
				each(q, &r, arg);
			pb_history_forget(&r);
		}
	}
	pb_ui_work_end(&work);
	pb_edivisive_free(e);
	return rc;
}

int pb_history_list(struct pb_history_request *q, int argc, char **argv, struct pb_err *err)
{
	const struct pb_option opts[] = {PB_HISTORY_DB, PB_HISTORY_SERIES("only this series"), {0}};
	struct pb_past p = {.n_run = 0};
	size_t series;
	int rc = pb_history_parse(q, argc, argv, "", opts, 0, 0, false, err);

	if (rc != 0)
		return rc;
	rc = pb_past_load(&p, q->path, err);
	if (rc == 0)
		rc = pb_history_find_series(q, &p, &series, err);
	if (rc == 0 && q->cli->json)
		rc = pb_history_put_json(pb_history_json_list(&p, series), err);
	else if (rc == 0)
		pb_history_print_list(&p, series);
	pb_past_fini(&p);
	return rc;
}

static void show_metric(struct pb_history_request *q, const struct pb_history_result *r, void *arg)
{
	pb_ui_clear(&q->cli->ui);
	if (q->cli->json)
		json_array_append_new(arg, pb_history_json_metric(r));
	else
		pb_history_print_metric(r);
}

static int show_run(struct pb_history_request *q, const struct pb_past *p, const char *text,
		    struct pb_err *err)
{
	char *end;
	long long id = strtoll(text, &end, 10);

	for (size_t i = 0; i < p->n_run && !*end && *text; i++) {
		if (p->run[i].id != id)
			continue;
		if (q->cli->json)
			return pb_history_put_json(pb_history_json_run(p, i), err);
		pb_history_print_run(p, i);
		return 0;
	}
	return pb_fail(err, PB_USAGE, ENOENT, "%s has no run '%s'; passbench history list has the numbers",
		       q->path, text);
}

int pb_history_show(struct pb_history_request *q, int argc, char **argv, struct pb_err *err)
{
	const struct pb_option opts[] = {PB_HISTORY_DB,
					 PB_HISTORY_METRIC("this number over all runs, instead of one run"),
					 PB_HISTORY_SERIES("only this series"),
					 {0}};
	struct pb_past p = {.n_run = 0};
	int rc = pb_history_parse(q, argc, argv, "RUN | --metric M", opts, 0, 1, false, err);

	if (rc != 0)
		return rc;
	if (!q->n == !q->metric)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "history show: say either the number of a run or --metric M");
	rc = pb_past_load(&p, q->path, err);
	if (rc == 0 && q->n) {
		rc = show_run(q, &p, q->rest[0], err);
	} else if (rc == 0) {
		json_t *all = json_array();

		rc = pb_history_for_each(q, &p, show_metric, all, err);
		if (rc == 0 && q->cli->json)
			rc = pb_history_put_json(json_incref(all), err);
		json_decref(all);
	}
	pb_past_fini(&p);
	return rc;
}
