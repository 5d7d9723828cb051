/*
 * The JSON report for programs: the conclusions of the page and the findings,
 * nothing that is not on the page. Numbers are raw (ns, 1/s), null where unknown.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"
#include "reports/facts.h"
#include "reports/json_sections.h"
#include "reports/lang.h"

#define FILE_NAME "report/report.json"
#define REPORT_SCHEMA 1

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *interval(struct pb_ci ci)
{
	return json_pack("{s:o,s:o,s:o}", "est", number(ci.est), "lo", number(ci.lo), "hi", number(ci.hi));
}

static json_t *step(const struct pb_step *s)
{
	const char *phase = s->phase == 's' ? "sweep" : s->phase == 'a' ? "a" : s->phase == 'b' ? "b" : "?";
	json_t *j = json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "depth", number(s->depth),
			      "mean_depth", number(s->mean_depth), "iops", interval(s->iops), "bw_bytes_s",
			      number(s->bw_bytes_s), "lat_mean_ns", number(s->lat_mean_ns), "lat_p50_ns",
			      interval(s->p50_ns), "lat_p99_ns", interval(s->p99_ns), "lat_p999_ns",
			      number(s->p999_ns), "failed", number(s->failed), "valid", s->valid);

	if (!j)
		return NULL;
	pb_json_set_str(j, "phase", phase);
	pb_json_set_str(j, "reason", s->reason);
	json_object_set_new(j, "t_ns", json_integer(s->t0_ns));
	json_object_set_new(j, "t_end_ns", json_integer(s->t1_ns));
	return j;
}

static json_t *steps(const struct pb_steps *list)
{
	json_t *j = json_array();
	size_t i;

	for (i = 0; j && i < list->n; i++)
		json_array_append_new(j, step(&list->v[i]));
	return j;
}

static json_t *checks(const struct pb_facts *f)
{
	static const char *const name[] = {"ok", "note", "bad"};
	json_t *j = json_array(), *c;
	size_t i;

	for (i = 0; j && i < f->n_check; i++) {
		c = json_pack("{s:s}", "level", name[f->check[i].level]);
		if (c)
			pb_json_set_str(c, "text", f->check[i].text);
		json_array_append_new(j, c);
	}
	return j;
}

static json_t *tunes(const struct pb_tunes *list)
{
	json_t *j = json_array();
	size_t i;

	for (i = 0; j && i < list->n; i++)
		if (list->v[i].doc)
			json_array_append(j, list->v[i].doc);
	return j;
}

static json_t *strings(const struct pb_strv *list)
{
	json_t *j = json_array();
	size_t i;

	for (i = 0; j && i < list->n; i++)
		json_array_append_new(j, json_string(list->v[i]));
	return j;
}

static json_t *headline(const struct pb_facts *f)
{
	json_t *j = json_object();

	if (!j)
		return NULL;
	pb_json_set_str(j, "text", f->headline);
	pb_json_set_str(j, "answer", f->answer);
	pb_json_set_str(j, "why", f->why);
	json_object_set_new(j, "step", f->best ? step(f->best) : json_null());
	return j;
}

/* Sets key to a new reference; a failed one is missing in the end and counted there. */
static void set(json_t *j, const char *key, json_t *value)
{
	json_object_set_new(j, key, value);
}

static json_t *document(const struct pb_facts *f)
{
	json_t *j = json_object(), *findings = pb_findings_to_json(f->in->findings), *warnings;

	warnings = json_object_get(f->manifest, "warnings");
	set(j, "schema", json_integer(REPORT_SCHEMA));
	set(j, "headline", headline(f));
	set(j, "checks", checks(f));
	set(j, "answers", pb_json_answers(f));
	set(j, "checklist", pb_json_checklist(f));
	set(j, "restore", pb_json_restore(f));
	set(j, "changes", pb_json_changes(f));
	set(j, "steps", steps(&f->steps));
	set(j, "findings", json_incref(json_object_get(findings, "findings")));
	set(j, "tunes", tunes(&f->tunes));
	set(j, "missing", strings(&f->missing));
	set(j, "warnings", warnings ? json_incref(warnings) : json_array());
	set(j, "disk", json_incref(json_object_get(f->manifest, "disk")));
	json_decref(findings);
	return j;
}

static int write_json(const struct pb_report_input *in, struct pb_err *err)
{
	struct pb_facts f;
	json_t *j;
	char *text = NULL;
	int ret = pb_facts_init(&f, in, err);

	if (ret < 0)
		return ret;
	j = document(&f);
	if (j)
		text = json_dumps(j, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(12));
	if (text)
		ret = pb_rundir_put(in->dir, pb_lang_file(FILE_NAME).s, text, strlen(text), err);
	else
		ret = pb_fail(err, PB_MISSING, ENOMEM, "no memory for " FILE_NAME);
	free(text);
	json_decref(j);
	pb_facts_fini(&f);
	return ret;
}

const struct pb_report pb_report_json = {
	.name = "json",
	.help = "headline, answers, checklist, steps and findings, for programs",
	.file = FILE_NAME,
	.write = write_json,
};
