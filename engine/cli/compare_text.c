/*
 * A comparison on a terminal: the verdict, what to know beside it, the environment, a table with what changed
 * on top.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/compare_forms.h"
#include "reports/escape.h"

#define COLUMNS 7

static const char *const heads[COLUMNS] = {"metric", "base", "new", "change (95%)", "q", "could see", ""};

/* What a terminal shows of UTF-8 without wide characters: a column for each code point. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

struct row {
	struct pb_compare_cells cells;
	char *name; /* owned; cleaned */
	const char *word;
};

static const char *cell(const struct row *r, unsigned column)
{
	switch (column) {
	case 0:
		return r->name;
	case 1:
		return r->cells.base;
	case 2:
		return r->cells.new_value;
	case 3:
		return r->cells.change;
	case 4:
		return r->cells.q;
	case 5:
		return r->cells.seen;
	default:
		return r->word;
	}
}

static void pad(struct pb_buf *b, const char *text, size_t to, bool right)
{
	size_t w = width(text), gap = to > w ? to - w : 0;

	if (right)
		pb_buf_printf(b, "%*s", (int)gap, "");
	pb_buf_str(b, text);
	if (!right)
		pb_buf_printf(b, "%*s", (int)gap, "");
}

/* Numbers flush right; the word at the end has nothing to align with. */
static void put_row(struct pb_buf *b, const char *const text[COLUMNS], const size_t widths[COLUMNS])
{
	for (unsigned k = 0; k + 1 < COLUMNS; k++) {
		pad(b, text[k], widths[k], k != 0 && k != 3);
		pb_buf_str(b, "  ");
	}
	pb_buf_printf(b, "%s\n", text[COLUMNS - 1]);
}

static int fill(struct row *r, const struct pb_comparison *c, const struct pb_compared *m)
{
	struct pb_buf name = {0};

	pb_compare_cells(&r->cells, m);
	r->word = pb_compared_word(c, m);
	pb_escape_add(&name, PB_ESCAPE_NONE, m->name);
	r->name = name.data;
	return name.failed || !name.data ? -ENOMEM : 0;
}

static int table(struct pb_buf *b, const struct pb_comparison *c)
{
	struct row *rows = calloc(c->n + 1, sizeof(*rows));
	size_t widths[COLUMNS], n = 0;
	int rc = rows ? 0 : -ENOMEM;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < c->n && rc == 0; i++)
			if (pb_compared_changed(&c->v[i]) == (pass == 0))
				rc = fill(&rows[n++], c, &c->v[i]);
	for (unsigned k = 0; k < COLUMNS && rc == 0; k++) {
		widths[k] = width(heads[k]);
		for (size_t i = 0; i < n; i++)
			widths[k] =
				width(cell(&rows[i], k)) > widths[k] ? width(cell(&rows[i], k)) : widths[k];
	}
	if (rc == 0 && n) {
		pb_buf_str(b, "\n");
		put_row(b, heads, widths);
	}
	for (size_t i = 0; i < n && rc == 0; i++) {
		const char *text[COLUMNS];

		for (unsigned k = 0; k < COLUMNS; k++)
			text[k] = cell(&rows[i], k);
		put_row(b, text, widths);
	}
	for (size_t i = 0; i < n; i++)
		free(rows[i].name);
	free(rows);
	return rc;
}

/* A reason that most of the table shares is said once. */
static void reasons(struct pb_buf *b, const struct pb_comparison *c)
{
	for (size_t i = 0; i < c->n; i++) {
		bool said = !c->v[i].why[0] || c->v[i].change != PB_CHANGE_UNKNOWN;

		for (size_t k = 0; k < i && !said; k++)
			said = !strcmp(c->v[k].why, c->v[i].why);
		if (!said)
			pb_escape_fmt(b, PB_ESCAPE_NONE, "not compared: %1: %2\n", c->v[i].name, c->v[i].why);
	}
}

int pb_compare_text(struct pb_buf *b, const struct pb_comparison *c)
{
	int rc;

	pb_escape_fmt(b, PB_ESCAPE_NONE, "%1\n", c->sentence.data);
	for (size_t i = 0; i < c->notes.n; i++)
		pb_escape_fmt(b, PB_ESCAPE_NONE, "note: %1\n", c->notes.v[i]);
	for (size_t i = 0; i < c->differences.n; i++)
		pb_escape_fmt(b, PB_ESCAPE_NONE, "%1: %2: %3 -> %4\n",
			      c->differences.v[i].subject ? "setup" : "environment", c->differences.v[i].name,
			      c->differences.v[i].base, c->differences.v[i].new_value);
	rc = table(b, c);
	if (rc == 0)
		reasons(b, c);
	return rc == 0 && b->failed ? -ENOMEM : rc;
}
