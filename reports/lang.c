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
/* Formats that differ by a colon or less. */
#define NEAR 2
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

static bool takes_phrases(const struct pb_sentence *s)
{
	size_t i = 0;

	while (i < s->n && !s->arg[i].is_phrase)
		i++;
	return i < s->n;
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

/* A format that a text can have been printed with, and how much of it is the format's own. */
struct candidate {
	const struct pb_po_entry *entry;
	struct pb_sentence sentence;
	size_t own;
};

/* The two formats with most bytes of their own, the beginning counted more, that text can have been printed
 * with. */
static void find_candidates(struct candidate *best, struct candidate *second, const char *text)
{
	struct candidate c;

	for (size_t i = 0; i < now.po.n; i++) {
		c.entry = &now.po.v[i];
		if (!c.entry->is_format)
			continue;
		c.own = pb_sentence_own(c.entry->id) + (c.entry->id[0] == '%' ? 0 : BEGIN_WEIGHT);
		if (c.own <= second->own || !pb_sentence_match(&c.sentence, c.entry->id, text))
			continue;
		*second = c.own > best->own ? *best : c;
		*best = c.own > best->own ? c : *best;
	}
}

/* "unavailable: %s: %s" fits wherever "unavailable: %s" does: the one whose arguments are known is meant. */
static const struct pb_po_entry *recognize(struct pb_sentence *s, const char *text)
{
	struct candidate best = {0}, second = {0};
	bool known;

	find_candidates(&best, &second, text);
	if (!best.entry)
		return NULL;
	known = leads_to_phrase(&best.sentence);
	if (!known && second.entry && takes_phrases(&best.sentence) && best.own - second.own <= NEAR &&
	    leads_to_phrase(&second.sentence)) {
		best = second;
		known = true;
	}
	*s = best.sentence;
	return known || pb_sentence_letters(best.entry->id) >= LETTERS_MIN ? best.entry : NULL;
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
	now.nesting++;
	e = recognize(&s, english);
	if (e)
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
