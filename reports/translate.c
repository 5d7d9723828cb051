/*
 * Goes through findings, manifest and applied changes and replaces the texts that are for people.
 */
#include "reports/translate.h"

#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"
#include "reports/lang.h"
#include "reports/messages.h"

/* No memory: the English text stays. */
static void say(char **field)
{
	const char *said = pb_lang_say(*field);
	char *copy = said == *field ? NULL : strdup(said);

	if (!copy)
		return;
	free(*field);
	*field = copy;
}

static void say_all(struct pb_strv *s)
{
	for (size_t i = 0; i < s->n; i++)
		say(&s->v[i]);
}

static void say_member(json_t *o, const char *key)
{
	const char *text = pb_json_str(o, key, NULL), *said = text ? pb_lang_say(text) : NULL;

	if (said != text)
		pb_json_set_str(o, key, said);
}

/* "none" is also the name of a scheduler and of a cache mode, so that as a risk it has its own text. */
static void say_risk(char **risk)
{
	if (!strcmp(*risk, "none"))
		pb_finding_set(risk, "%s", pb_messages_get(PB_MSG_RISK_NONE));
	else
		say(risk);
}

static void translate_finding(struct pb_finding *f)
{
	say(&f->title);
	say(&f->what);
	say_risk(&f->risk);
	say(&f->confidence);
	say_all(&f->apply);
	say_all(&f->undo);
	say_all(&f->verify);
	say_all(&f->missing);
	for (size_t i = 0; i < f->n_evidence; i++) {
		say(&f->evidence[i].text);
		say(&f->evidence[i].unit);
	}
}

void pb_translate_findings(struct pb_findings *fs)
{
	const char *why;
	json_t *text;

	for (size_t i = 0; i < fs->n && pb_lang() != pb_langs; i++) {
		translate_finding(fs->v[i]);
		/* what one I/O costs: why a column is empty */
		json_object_foreach(json_object_get(fs->v[i]->params, "missing"), why, text)
			json_string_set(text, pb_lang_say(json_string_value(text)));
	}
}

/* Programs compare with "ok", so that one stays. */
static void translate_status(json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(pb_json_str(json_array_get(list, i), "status", "ok"), "ok") != 0)
			say_member(json_array_get(list, i), "status");
}

void pb_translate_manifest(json_t *manifest)
{
	json_t *warnings = json_object_get(manifest, "warnings"), *w;

	if (pb_lang() == pb_langs)
		return;
	for (size_t i = 0; i < json_array_size(warnings); i++) {
		w = json_array_get(warnings, i);
		if (json_is_string(w))
			json_array_set_new(warnings, i, json_string(pb_lang_say(json_string_value(w))));
	}
	translate_status(json_object_get(manifest, "collectors"));
	translate_status(json_object_get(json_object_get(manifest, "guest"), "sources"));
	say_member(json_object_get(manifest, "search"), "reason");
	say_member(json_object_get(manifest, "profile"), "title");
	say_member(json_object_get(manifest, "integrity"), "error");
}

void pb_translate_tune(json_t *tune)
{
	json_t *effect = json_object_get(tune, "effect");

	if (!tune || pb_lang() == pb_langs)
		return;
	say_member(tune, "title");
	say_member(tune, "reason");
	say_member(json_object_get(tune, "a"), "label");
	say_member(json_object_get(tune, "b"), "label");
	for (size_t i = 0; i < json_array_size(effect); i++)
		say_member(json_array_get(effect, i), "what");
}
