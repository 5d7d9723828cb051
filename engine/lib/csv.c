/*
 * Writes CSV cells as RFC 4180 quotes them, with lines ending in LF as the
 * tools of this system expect. Reading is table.c.
 */
#include "engine/lib/csv.h"

#include <string.h>

/* A stream belongs to one thread, so its lock is not taken for every cell. */
static void next_cell(struct pb_csv *c)
{
	if (c->row_open)
		putc_unlocked(',', c->f);
	c->row_open = true;
}

static bool is_formula(const char *text)
{
	return text[0] && strchr("=+-@\t\r\n", text[0]);
}

static bool needs_quotes(const char *text)
{
	return strpbrk(text, ",\"\r\n") || text[0] == ' ' || text[0] == '\t';
}

static void add_text(struct pb_csv *c, const char *before, const char *text)
{
	next_cell(c);
	if (!text)
		return;
	if (!needs_quotes(text)) {
		fputs_unlocked(before, c->f);
		fputs_unlocked(text, c->f);
		return;
	}
	putc('"', c->f);
	fputs_unlocked(before, c->f);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', c->f);
		putc(*text, c->f);
	}
	putc('"', c->f);
}

void pb_csv_str(struct pb_csv *c, const char *text)
{
	add_text(c, "", text);
}

void pb_csv_foreign(struct pb_csv *c, const char *text)
{
	add_text(c, text && is_formula(text) ? "'" : "", text);
}

void pb_csv_i64(struct pb_csv *c, int64_t v)
{
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char text[24], *p = text + sizeof(text);

	next_cell(c);
	if (v == PB_NA)
		return;
	do {
		*--p = (char)('0' + u % 10);
		u /= 10;
	} while (u);
	if (v < 0)
		*--p = '-';
	fwrite_unlocked(p, 1, (size_t)(text + sizeof(text) - p), c->f);
}

void pb_csv_num(struct pb_csv *c, double v)
{
	next_cell(c);
	if (isfinite(v))
		fprintf(c->f, "%.9g", v == 0 ? 0.0 : v); /* no "-0" */
}

void pb_csv_end(struct pb_csv *c)
{
	putc_unlocked('\n', c->f);
	c->row_open = false;
}
