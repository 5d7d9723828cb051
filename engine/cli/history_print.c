/*
 * Tables and sentences of `passbench history`. All texts are plain already (past.h).
 */
#include "engine/cli/history_print.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/history/export.h"
#include "reports/format.h"

#define ARROW " \xe2\x86\x92 "

static const char *value_text(struct pb_text *t, double v, const char *unit)
{
	*t = pb_format_unit(v, unit);
	return t->s;
}

static size_t count_runs(const struct pb_past *p, size_t series)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_run; i++)
		n += p->run[i].series == series;
	return n;
}

static void print_run_line(const struct pb_past *p, size_t run)
{
	const struct pb_past_run *r = &p->run[run];
	char *changed = pb_export_changed(p, run);

	printf("  run %-4lld %s  %-12s %s\n", (long long)r->id, r->started_utc, r->label, r->dir);
	if (changed && changed[0])
		printf("           environment changed: %s\n", changed);
	free(changed);
}

void pb_history_print_list(const struct pb_past *p, size_t series)
{
	for (size_t s = 0; s < p->n_series; s++) {
		if (series != PB_HISTORY_EVERY && series != s)
			continue;
		printf("series '%s', %zu runs\n", p->series[s].name, count_runs(p, s));
		for (size_t i = 0; i < p->n_run; i++)
			if (p->run[i].series == s)
				print_run_line(p, i);
	}
}

static void print_facts(const json_t *facts)
{
	struct pb_strv names = {0};
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)facts, name, v) pb_strv_add(&names, name);
	pb_strv_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		printf("    %s: %s\n", names.v[i], json_string_value(json_object_get(facts, names.v[i])));
	pb_strv_fini(&names);
}

static void print_differences(const struct pb_strv *diff, const char *indent)
{
	for (size_t i = 0; i + 2 < diff->n; i += 3)
		printf("%s%s: %s" ARROW "%s\n", indent, diff->v[i], diff->v[i + 1], diff->v[i + 2]);
}

void pb_history_print_run(const struct pb_past *p, size_t run)
{
	const struct pb_past_run *r = &p->run[run];
	struct pb_strv diff = {0};
	struct pb_text t;

	printf("run %lld of series '%s'\n  started %s, added %s\n", (long long)r->id,
	       p->series[r->series].name, r->started_utc, r->added_utc);
	if (r->label[0])
		printf("  label %s\n", r->label);
	printf("  from %s, manifest %s\n", r->dir, r->manifest);
	if (run > 0 && p->run[run - 1].series == r->series &&
	    pb_past_differences(p, run - 1, run, &diff) == 0 && diff.n) {
		printf("  environment changed since run %lld:\n", (long long)p->run[run - 1].id);
		print_differences(&diff, "    ");
	}
	pb_strv_fini(&diff);
	puts("  numbers:");
	for (size_t i = 0; i < p->n_value; i++)
		if (p->value[i].run == run)
			printf("    %-22s %s\n", p->metric[p->value[i].metric].name,
			       value_text(&t, p->value[i].value, p->metric[p->value[i].metric].unit));
	puts("  what every run of the series shares:");
	print_facts(p->series[r->series].identity);
	puts("  environment:");
	print_facts(p->environment[r->environment].facts);
}

static void print_change(const struct pb_history_result *r, const struct pb_shift *c, const char *indent)
{
	const struct pb_past_run *first = &r->past->run[r->pts.run[c->at]];
	const char *unit = r->past->metric[r->metric].unit;
	struct pb_text before, after;

	printf("%s%s: %s from run %lld (%s%s%s): %s" ARROW "%s", indent, r->past->metric[r->metric].name,
	       c->kind == PB_SHIFT_SPREAD ? "other spread" : pb_shift_name(c->kind), (long long)first->id,
	       first->started_utc, first->label[0] ? ", " : "", first->label,
	       value_text(&before, c->before, unit), value_text(&after, c->after, unit));
	if (isfinite(c->ratio.lo))
		printf(", ratio %.3f (%.3f..%.3f)", c->ratio.est, c->ratio.lo, c->ratio.hi);
	printf(", p %.3f\n", c->p);
	if (c->environment.n)
		printf("%s  the environment changed there, which may be the cause:\n", indent);
	print_differences(&c->environment, "        ");
}

void pb_history_print_changes(const struct pb_history_result *r)
{
	for (size_t i = 0; i < r->changes.n; i++)
		print_change(r, &r->changes.v[i], "  ");
}

void pb_history_print_metric(const struct pb_history_result *r)
{
	const struct pb_past *p = r->past;
	size_t next = 0;
	struct pb_text t;

	printf("%s in series '%s', %s is better\n", p->metric[r->metric].name, p->series[r->series].name,
	       p->metric[r->metric].higher_is_better ? "higher" : "lower");
	for (size_t i = 0; i < r->pts.n; i++) {
		const struct pb_past_run *run = &p->run[r->pts.run[i]];
		struct pb_strv diff = {0};

		if (next < r->changes.n && r->changes.v[next].at == i)
			print_change(r, &r->changes.v[next++], "  -- ");
		else if (i && pb_past_differences(p, r->pts.run[i - 1], r->pts.run[i], &diff) == 0 &&
			 diff.n) {
			puts("  -- environment changed:");
			print_differences(&diff, "        ");
		}
		pb_strv_fini(&diff);
		printf("  run %-4lld %s  %-12s %s\n", (long long)run->id, run->started_utc, run->label,
		       value_text(&t, r->pts.x[i], p->metric[r->metric].unit));
	}
}

json_t *pb_history_json_list(const struct pb_past *p, size_t series)
{
	json_t *list = json_array();

	for (size_t s = 0; s < p->n_series; s++) {
		json_t *runs;

		if (series != PB_HISTORY_EVERY && series != s)
			continue;
		runs = json_array();
		for (size_t i = 0; i < p->n_run; i++)
			if (p->run[i].series == s)
				json_array_append_new(runs, json_pack("{s:I,s:s,s:s,s:s}", "run",
								      (json_int_t)p->run[i].id, "started_utc",
								      p->run[i].started_utc, "label",
								      p->run[i].label, "dir", p->run[i].dir));
		json_array_append_new(list, json_pack("{s:s,s:o}", "name", p->series[s].name, "runs", runs));
	}
	return json_pack("{s:o}", "series", list);
}

static json_t *differences_json(const struct pb_strv *diff)
{
	json_t *list = json_array();

	for (size_t i = 0; i + 2 < diff->n; i += 3)
		json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "name", diff->v[i], "before",
						      diff->v[i + 1], "after", diff->v[i + 2]));
	return list;
}

json_t *pb_history_json_run(const struct pb_past *p, size_t run)
{
	json_t *j = pb_export_run(p, run);
	struct pb_strv diff = {0};

	if (run > 0 && p->run[run - 1].series == p->run[run].series)
		pb_past_differences(p, run - 1, run, &diff);
	json_object_set_new(j, "series", json_string(p->series[p->run[run].series].name));
	json_object_set(j, "identity", p->series[p->run[run].series].identity);
	json_object_set_new(j, "environment_changes", differences_json(&diff));
	pb_strv_fini(&diff);
	return j;
}

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *change_json(const struct pb_history_result *r, const struct pb_shift *c)
{
	const struct pb_past_run *before = &r->past->run[r->pts.run[c->at - 1]];
	const struct pb_past_run *first = &r->past->run[r->pts.run[c->at]];

	return json_pack("{s:I,s:I,s:I,s:s,s:s,s:s,s:o,s:o,s:{s:o,s:o,s:o},s:f,s:o}", "index",
			 (json_int_t)c->at, "run_before", (json_int_t)before->id, "run",
			 (json_int_t)first->id, "started_utc", first->started_utc, "label", first->label,
			 "kind", pb_shift_name(c->kind), "before", number(c->before), "after",
			 number(c->after), "ratio", "est", number(c->ratio.est), "lo", number(c->ratio.lo),
			 "hi", number(c->ratio.hi), "p", c->p, "environment_changes",
			 differences_json(&c->environment));
}

json_t *pb_history_json_metric(const struct pb_history_result *r)
{
	const struct pb_past_metric *m = &r->past->metric[r->metric];
	json_t *points = json_array(), *changes = json_array();

	for (size_t i = 0; i < r->pts.n; i++)
		json_array_append_new(points, json_pack("{s:I,s:o}", "run",
							(json_int_t)r->past->run[r->pts.run[i]].id, "value",
							number(r->pts.x[i])));
	for (size_t i = 0; i < r->changes.n; i++)
		json_array_append_new(changes, change_json(r, &r->changes.v[i]));
	return json_pack("{s:s,s:s,s:s,s:s,s:o,s:o}", "series", r->past->series[r->series].name, "metric",
			 m->name, "unit", m->unit, "better", m->higher_is_better ? "higher" : "lower",
			 "points", points, "changes", changes);
}

int pb_history_put_json(json_t *j, struct pb_err *err)
{
	if (!j)
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory for the result");
	json_dumpf(j, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(j);
	return 0;
}
