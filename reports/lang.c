/*
 * The language of the report that is being written, and what it says. `now` and its texts are the one state
 * of the reports that is not passed along: as with gettext, every sentence of every format asks for it.
 */
#include "reports/lang.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/buf.h"
#include "engine/lib/datadir.h"
#include "engine/lib/intern.h"
#include "reports/po.h"
#include "reports/sentence.h"

/* A phrase in a phrase in a sentence: deeper ones are a guest's text that looks like ours. */
#define NESTING_MAX 3
/* A sentence is known by its beginning more than by what stands between two names. */
#define BEGIN_WEIGHT 4
/* A format with fewer letters of its own fits anything: it counts only when it leads to a phrase that is
 * known. */
#define LETTERS_MIN 3

#define PB_LANG(id, tag, digits) {#id, tag, digits},
const struct pb_lang pb_langs[] = {
#include "reports/lang.def"
	{0}};
#undef PB_LANG

static struct {
	const struct pb_lang *lang; /* NULL = the first one, English */
	struct pb_po po;
	struct pb_intern *said; /* sentences put together, kept as long as the language */
	unsigned nesting;
} now;

static void forget(void)
{
	pb_po_fini(&now.po);
	pb_intern_free(now.said);
	now.said = NULL;
	now.lang = NULL;
}

static int load(const char *name, struct pb_err *err)
{
	char folder[1024], path[1100];
	int ret = pb_datadir(folder, sizeof(folder), "reports", err);

	if (ret < 0)
		return ret;
	snprintf(path, sizeof(path), "%s/%s.po", folder, name);
	ret = pb_po_read(&now.po, path, err);
	if (ret < 0)
		return ret;
	now.said = pb_intern_new();
	return now.said ? 0 : pb_fail(err, PB_MISSING, ENOMEM, "no memory for %s", path);
}

int pb_lang_use(const char *name, struct pb_err *err)
{
	const struct pb_lang *l = pb_langs;
	char known[64] = "";
	int ret;

	forget();
	while (name && l->name && strcmp(l->name, name) != 0) {
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", *known ? ", " : "",
			 l->name);
		l++;
	}
	if (!l->name)
		return pb_fail(err, PB_USAGE, EINVAL, "no language '%.20s'; known: %s", name, known);
	if (l == pb_langs)
		return 0;
	ret = load(l->name, err);
	if (ret < 0)
		forget();
	else
		now.lang = l;
	return ret;
}

const struct pb_lang *pb_lang(void)
{
	return now.lang ? now.lang : pb_langs;
}

const char *pb_lang_message(const char *english)
{
	const struct pb_po_entry *e = now.lang ? pb_po_find(&now.po, english) : NULL;

	return e ? e->str : english;
}

/* The format with most bytes of its own, its beginning counted more, that the text can have been printed
 * with. */
static const struct pb_po_entry *recognize(struct pb_sentence *best, const char *text)
{
	const struct pb_po_entry *found = NULL;
	size_t own = 0, n;
	struct pb_sentence s;

	for (size_t i = 0; i < now.po.n; i++) {
		if (!now.po.v[i].is_format)
			continue;
		n = pb_sentence_own(now.po.v[i].id) + (now.po.v[i].id[0] == '%' ? 0 : BEGIN_WEIGHT);
		if (n <= own || !pb_sentence_match(&s, now.po.v[i].id, text))
			continue;
		own = n;
		found = &now.po.v[i];
		*best = s;
	}
	return found;
}

static bool leads_to_phrase(const struct pb_sentence *s)
{
	bool known = false;
	char *text;

	for (size_t i = 0; i < s->n && !known; i++) {
		text = s->arg[i].is_phrase ? strndup(s->arg[i].text, s->arg[i].len) : NULL;
		known = text && pb_lang_say(text) != text;
		free(text);
	}
	return known;
}

const char *pb_lang_say(const char *english)
{
	const struct pb_po_entry *e = now.lang ? pb_po_find(&now.po, english) : NULL;
	struct pb_buf text = {0};
	struct pb_sentence s;
	int64_t id = -1;

	if (e && !e->is_format)
		return e->str;
	if (!now.lang || !*english || now.nesting >= NESTING_MAX)
		return english;
	e = recognize(&s, english);
	if (!e)
		return english;
	now.nesting++;
	if (pb_sentence_letters(e->id) >= LETTERS_MIN || leads_to_phrase(&s))
		pb_sentence_fill(&text, e->str, &s, pb_lang_say);
	now.nesting--;
	if (!text.failed && text.len)
		id = pb_intern_add(now.said, text.data, text.len);
	pb_buf_fini(&text);
	return id > 0 ? pb_intern_text(now.said, (uint32_t)id) : english;
}

struct pb_lang_file pb_lang_file(const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t stem = dot ? (size_t)(dot - name) : strlen(name);
	struct pb_lang_file f;

	if (now.lang)
		snprintf(f.s, sizeof(f.s), "%.*s.%s%s", (int)stem, name, now.lang->name, name + stem);
	else
		snprintf(f.s, sizeof(f.s), "%s", name);
	return f;
}
