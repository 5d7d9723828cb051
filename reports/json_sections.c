/*
 * Judgements as objects with stable ids. Texts are the page's; programs go by id, level and number.
 */
#include "reports/json_sections.h"

#include <math.h>

#include "engine/lib/json.h"

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *interval(struct pb_ci ci)
{
	return json_pack("{s:o,s:o,s:o}", "est", number(ci.est), "lo", number(ci.lo), "hi", number(ci.hi));
}

/* The rule behind a 1-based place in the findings, or null. */
static void set_rule(json_t *j, const struct pb_facts *f, size_t finding)
{
	pb_json_set_str(j, "rule", finding ? f->in->findings->v[finding - 1]->rule : NULL);
	json_object_set_new(j, "finding", finding ? json_integer((json_int_t)finding) : json_null());
}

json_t *pb_json_answers(const struct pb_facts *f)
{
	json_t *all = json_object(), *j;

	for (size_t i = 0; all && i < PB_ANSWERS; i++) {
		const struct pb_answer *a = &f->answers.v[i];

		j = json_pack("{s:s}", "level", pb_tone_name(a->tone));
		if (!j)
			continue;
		pb_json_set_str(j, "word", a->word);
		pb_json_set_str(j, "text", a->text);
		set_rule(j, f, a->finding);
		json_object_set_new(all, a->id, j);
	}
	return all;
}

json_t *pb_json_checklist(const struct pb_facts *f)
{
	json_t *all = json_array(), *j;

	for (size_t i = 0; all && i < f->judged.n; i++) {
		const struct pb_judgement *v = &f->judged.v[i];

		j = json_pack("{s:s,s:s,s:s}", "id", v->id, "level", pb_level_name(v->level), "source",
			      v->source);
		if (!j)
			continue;
		pb_json_set_str(j, "area", v->area == PB_AREA_NONE ? NULL : pb_area_name(v->area));
		pb_json_set_str(j, "name", pb_messages_get(v->name));
		pb_json_set_str(j, "text", v->text);
		set_rule(j, f, v->finding);
		json_array_append_new(all, j);
	}
	return all;
}

static json_t *direction(const struct pb_restore *r, const struct pb_restore_rate *rate)
{
	json_t *times = json_array();

	if (!rate->step) {
		json_decref(times);
		return json_null();
	}
	for (int i = 0; times && i < PB_RESTORE_SIZES; i++)
		if (isfinite(r->size_bytes[i]))
			json_array_append_new(
				times,
				json_pack("{s:o,s:o}", "size_bytes", number(r->size_bytes[i]), "seconds",
					  interval(pb_restore_seconds(rate, r->size_bytes[i]))));
	return json_pack("{s:o,s:o,s:o}", "bytes_s", interval(rate->bytes_s), "depth",
			 number(rate->step->depth), "times", times);
}

json_t *pb_json_restore(const struct pb_facts *f)
{
	static const char *const basis[] = {"sequential", "large-random", "small"};
	const struct pb_restore *r = &f->restore;

	return json_pack("{s:s,s:b,s:b,s:o,s:o}", "basis", basis[r->basis], "mixed", r->mixed, "steady",
			 r->sustained, "restore", direction(r, &r->write), "backup", direction(r, &r->read));
}

json_t *pb_json_changes(const struct pb_facts *f)
{
	json_t *all = json_array(), *j;

	for (size_t i = 0; all && i < f->changes.n; i++) {
		const struct pb_change *c = &f->changes.v[i];

		j = json_pack("{s:s}", "state", pb_change_name(c->state));
		if (!j)
			continue;
		pb_json_set_str(j, "log", c->log);
		pb_json_set_str(j, "kind", c->kind);
		pb_json_set_str(j, "what", c->what);
		pb_json_set_str(j, "old", c->old);
		pb_json_set_str(j, "new", c->now);
		json_array_append_new(all, j);
	}
	return all;
}
