/*
 * Writes CSV cells as RFC 4180 quotes them, with lines ending in LF as the
 * tools of this system expect. Reading is table.c.
 */
#include "engine/lib/csv.h"

#include <inttypes.h>
#include <string.h>

static void next_cell(struct pb_csv *c)
{
	if (c->row_open)
		putc(',', c->f);
	c->row_open = true;
}

static bool needs_quotes(const char *text)
{
	return strpbrk(text, ",\"\r\n") || text[0] == ' ' || text[0] == '\t';
}

void pb_csv_str(struct pb_csv *c, const char *text)
{
	next_cell(c);
	if (!text)
		return;
	if (!needs_quotes(text)) {
		fputs(text, c->f);
		return;
	}
	putc('"', c->f);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', c->f);
		putc(*text, c->f);
	}
	putc('"', c->f);
}

void pb_csv_i64(struct pb_csv *c, int64_t v)
{
	next_cell(c);
	if (v != PB_NA)
		fprintf(c->f, "%" PRId64, v);
}

void pb_csv_num(struct pb_csv *c, double v)
{
	next_cell(c);
	if (isfinite(v))
		fprintf(c->f, "%.9g", v == 0 ? 0.0 : v); /* no "-0" */
}

void pb_csv_end(struct pb_csv *c)
{
	putc('\n', c->f);
	c->row_open = false;
}
