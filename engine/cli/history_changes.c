/*
 * history changes: change points of all metrics, and a gate for CI.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/history_verbs.h"

/* "5%" or "5": percent. */
static int parse_effect(const char *text, double *effect, struct pb_err *err)
{
	char *end;

	*effect = strtod(text, &end);
	if (end == text || (strcmp(end, "") != 0 && strcmp(end, "%") != 0) ||
	    !(*effect >= 0 && *effect < 100))
		return pb_fail(err, PB_USAGE, EINVAL, "--min-effect %s: say a percentage such as 5%%", text);
	*effect /= 100;
	return 0;
}

static int parse_gate(const char *text, size_t *runs, struct pb_err *err)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 1 || n > PB_EDIVISIVE_POINTS_MAX)
		return pb_fail(err, PB_USAGE, EINVAL, "--gate %s: say a number of runs", text);
	*runs = (size_t)n;
	return 0;
}

struct judging {
	json_t *all;
	size_t gate; /* changes in so many last runs count; 0 = none do */
	double min_effect;
	size_t series, unchanged, too_short, worse, excused;
};

static bool is_large(const struct pb_shift *c, double min_effect)
{
	return !isfinite(c->ratio.est) || fabs(c->ratio.est - 1) >= min_effect;
}

/* Drops what is smaller than asked for, and counts what the gate is about. */
static struct pb_shifts judge(const struct pb_history_result *r, struct judging *j)
{
	struct pb_shifts some = {.v = r->changes.v};

	for (size_t i = 0; i < r->changes.n; i++) {
		struct pb_shift c = r->changes.v[i];

		if (!is_large(&c, j->min_effect))
			continue;
		/* Moved to the front, so that r still owns every one. */
		r->changes.v[i] = r->changes.v[some.n];
		r->changes.v[some.n++] = c;
		if (c.kind != PB_SHIFT_WORSE || c.at + j->gate < r->pts.n)
			continue;
		j->worse += c.environment.n == 0;
		j->excused += c.environment.n != 0;
	}
	return some;
}

static void print_judged(struct pb_history_request *q, const struct pb_history_result *r, void *arg)
{
	const struct pb_edivisive_options o = PB_EDIVISIVE_DEFAULT;
	struct pb_history_result shown = *r;
	struct judging *j = arg;

	shown.changes = judge(r, j);
	if (q->cli->json) {
		json_array_append_new(j->all, pb_history_json_metric(&shown));
		return;
	}
	pb_ui_clear(&q->cli->ui);
	if (j->series != r->series && shown.changes.n)
		printf("series '%s'\n", r->past->series[r->series].name);
	if (shown.changes.n)
		j->series = r->series;
	pb_history_print_changes(&shown);
	j->too_short += r->pts.n < 2 * o.min_segment;
	j->unchanged += shown.changes.n == 0 && r->pts.n >= 2 * o.min_segment;
}

static void print_summary(const struct judging *j)
{
	const struct pb_edivisive_options o = PB_EDIVISIVE_DEFAULT;

	if (j->unchanged)
		printf("no change%s in %zu metrics\n", j->min_effect > 0 ? " of that size" : "",
		       j->unchanged);
	if (j->too_short)
		printf("%zu metrics have fewer than %zu runs, too few to tell\n", j->too_short,
		       2 * o.min_segment);
	if (j->excused)
		printf("%zu changes for the worse came with a change of the environment: they do not fail "
		       "the gate\n",
		       j->excused);
	if (j->gate)
		printf("gate: %zu changes for the worse in the last %zu runs\n", j->worse, j->gate);
}

int pb_history_changes(struct pb_history_request *q, int argc, char **argv, struct pb_err *err)
{
	const struct pb_option opts[] = {
		PB_HISTORY_DB,
		PB_HISTORY_METRIC("only this number"),
		PB_HISTORY_SERIES("only this series"),
		{.name = "min-effect",
		 .arg = "P%",
		 .help = "only changes of at least that much",
		 .text = &q->min_effect},
		{.name = "gate",
		 .arg = "N",
		 .help = "status 1 when a change for the worse began in the last N runs",
		 .text = &q->gate},
		{0},
	};
	struct pb_past p = {.n_run = 0};
	struct judging j = {.series = SIZE_MAX};
	int rc = pb_history_parse(q, argc, argv, "", opts, 0, 0, false, err);

	if (rc == 0 && q->min_effect)
		rc = parse_effect(q->min_effect, &j.min_effect, err);
	if (rc == 0 && q->gate)
		rc = parse_gate(q->gate, &j.gate, err);
	if (rc != 0)
		return rc;
	j.all = json_array();
	rc = pb_past_load(&p, q->path, err);
	if (rc == 0)
		rc = pb_history_for_each(q, &p, print_judged, &j, err);
	if (rc == 0 && q->cli->json)
		rc = pb_history_put_json(json_incref(j.all), err);
	else if (rc == 0)
		print_summary(&j);
	json_decref(j.all);
	pb_past_fini(&p);
	return rc == 0 && j.gate && j.worse ? PB_REGRESSION : rc;
}
