/*
 * A comparison for programs. Numbers are raw (ns, 1/s, shares), null where unknown.
 */
#include <math.h>

#include "engine/cli/compare_forms.h"
#include "engine/lib/json.h"

#define COMPARE_SCHEMA 1

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

/* Text that jansson refuses (no UTF-8) becomes null. */
static void set_text(json_t *j, const char *key, const char *text)
{
	if (pb_json_set_str(j, key, text) != 0)
		json_object_set_new(j, key, json_null());
}

static json_t *values(const double *v, unsigned n, double median)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, number(v[i]));
	return json_pack("{s:i,s:o,s:o}", "n", (int)n, "median", number(median), "values", list);
}

static json_t *metric(const struct pb_comparison *c, const struct pb_compared *m)
{
	json_t *j = json_pack("{s:s,s:b,s:o,s:o,s:{s:o,s:o,s:o},s:o,s:o,s:o,s:i,s:s,s:b}", "unit", m->unit,
			      "higher_is_better", (int)m->higher_is_better, "base",
			      values(m->base, m->n_base, m->base_median), "new",
			      values(m->new_values, m->n_new, m->new_median), "ratio", "est",
			      number(m->ratio.est), "lo", number(m->ratio.lo), "hi", number(m->ratio.hi), "p",
			      number(m->p), "q", number(m->q), "detectable", number(m->detectable), "company",
			      (int)m->company, "change", pb_compared_word(c, m), "lost", (int)m->lost);

	if (!j)
		return NULL;
	set_text(j, "name", m->name);
	set_text(j, "why", m->why[0] ? m->why : NULL);
	return j;
}

static json_t *differences(const struct pb_differences *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->n; i++) {
		json_t *j = json_pack("{s:b}", "setup", (int)d->v[i].subject);

		set_text(j, "name", d->v[i].name);
		set_text(j, "base", d->v[i].base);
		set_text(j, "new", d->v[i].new_value);
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *runs(const struct pb_arm *arm)
{
	json_t *list = json_array();

	for (size_t i = 0; i < arm->n; i++) {
		json_t *j = json_object();

		set_text(j, "dir", arm->v[i].dir);
		set_text(j, "started_utc", arm->v[i].started_utc);
		set_text(j, "profile", arm->v[i].profile);
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *texts(const struct pb_strv *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->n; i++) {
		json_t *s = json_string(v->v[i]);

		json_array_append_new(list, s ? s : json_null());
	}
	return list;
}

json_t *pb_compare_json(const struct pb_comparison *c, const struct pb_arm *base,
			const struct pb_arm *new_arm)
{
	json_t *metrics = json_array(), *j;

	for (size_t i = 0; i < c->n; i++)
		json_array_append_new(metrics, metric(c, &c->v[i]));
	j = json_pack("{s:i,s:s,s:i,s:f,s:f,s:o,s:o,s:o,s:o,s:o,s:o}", "schema", COMPARE_SCHEMA, "verdict",
		      pb_verdict_name(c->verdict), "exit_status", (int)pb_comparison_status(c), "alpha",
		      c->alpha, "min_effect", c->min_effect, "metrics", metrics, "environment",
		      differences(&c->differences), "notes", texts(&c->notes), "base", runs(base), "new",
		      runs(new_arm), "in_turns",
		      c->turns.known ? json_boolean(!c->turns.separated) : json_null());
	if (j)
		set_text(j, "text", c->sentence.data);
	return j;
}
