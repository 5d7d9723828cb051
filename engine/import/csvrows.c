/*
 * Feeds libcsv, collects the cells of a row, counts lines. A cell may hold line ends when it is quoted.
 * After a line that libcsv refuses, reading goes on behind the next line end.
 */
#include "engine/import/csvrows.h"

#include <csv.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)64 << 10)
/* esxtop with thousands of worlds: 200,000 columns of up to 300 bytes in the header are 60 MB */
#define ROW_MAX ((size_t)64 << 20)
#define CELLS_MAX ((size_t)1 << 20)
/* A quote that is never closed must not take the rest of the file for one cell. */
#define CELL_MAX ((size_t)1 << 20)

struct reader {
	struct pb_csvrows *c;
	struct pb_input *in;
	struct pb_err *err;
	struct csv_parser p;
	bool ready;
	struct pb_buf data;
	size_t *start, n, cap;
	size_t line, newlines; /* line of the row's beginning; line ends inside its cells */
	size_t fed;            /* line ends in all that was parsed or skipped */
	bool after_cr;         /* the last row ended with CR: a LF now belongs to it */
	const char *why;       /* what makes the present row unusable; NULL = nothing */
	int rc;
};

const char *pb_csvrow_cell(const struct pb_csvrow *row, size_t i)
{
	return i < row->n && row->start[i] != PB_CSVROW_SKIPPED ? row->data + row->start[i] : "";
}

static int fail_memory(struct reader *r)
{
	return pb_fail(r->err, PB_MISSING, ENOMEM, "cannot read %s: out of memory", pb_input_path(r->in));
}

static bool wanted(const struct reader *r)
{
	return !r->c->keep || (r->n < r->c->n_keep && r->c->keep[r->n]);
}

static size_t count_newlines(const char *s, size_t len)
{
	size_t n = 0;

	for (const char *at = s; (at = memchr(at, '\n', (size_t)(s + len - at))); at++)
		n++;
	return n;
}

static int grow(struct reader *r)
{
	size_t cap = r->cap ? 2 * r->cap : 256;
	size_t *start = reallocarray(r->start, cap, sizeof(*start));

	if (!start)
		return fail_memory(r);
	r->start = start;
	r->cap = cap;
	return 0;
}

static void on_cell(void *cell, size_t len, void *user)
{
	struct reader *r = user;

	if (r->rc)
		return;
	r->newlines += count_newlines(cell, len);
	if (r->n == CELLS_MAX || r->data.len + len > ROW_MAX) {
		r->why = "more than a row of 64 MiB or a million cells";
		return;
	}
	if (len && memchr(cell, '\0', len))
		r->why = "a zero byte";
	if (r->n == r->cap && (r->rc = grow(r)))
		return;
	r->start[r->n] = PB_CSVROW_SKIPPED;
	if (wanted(r)) {
		r->start[r->n] = r->data.len;
		if (pb_buf_add(&r->data, cell, len) || pb_buf_add(&r->data, "", 1))
			r->rc = fail_memory(r);
	}
	r->n++;
}

static void on_row(int terminator, void *user)
{
	struct reader *r = user;
	struct pb_csvrow row = {.line = r->line, .n = r->n, .start = r->start, .data = r->data.data};
	bool blank =
		r->n == 0 || (r->n == 1 && r->start[0] != PB_CSVROW_SKIPPED && !pb_csvrow_cell(&row, 0)[0]);

	if (r->rc)
		return;
	/* CR LF comes as two row ends. */
	if (!(terminator == CSV_LF && r->after_cr && r->n == 0))
		r->line += 1 + r->newlines;
	r->after_cr = terminator == CSV_CR;
	r->newlines = 0;
	if (r->why)
		r->rc = r->c->bad(r->c->arg, row.line, r->why, r->err);
	else if (!blank)
		r->rc = r->c->row(r->c->arg, &row, r->err);
	r->why = NULL;
	r->n = 0;
	pb_buf_clear(&r->data);
}

/* Blanks at the ends of cells are data. */
static int no_space(unsigned char c)
{
	(void)c;
	return 0;
}

static int start_parser(struct reader *r)
{
	if (r->ready)
		csv_free(&r->p);
	r->ready = csv_init(&r->p, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) == 0;
	if (!r->ready)
		return fail_memory(r);
	csv_set_delim(&r->p, (unsigned char)r->c->delimiter);
	csv_set_space_func(&r->p, no_space);
	return 0;
}

/* The present line is not CSV: tells, forgets its cells and begins anew; *resync: its rest is to be skipped.
 */
static int refuse_line(struct reader *r, const char *why, bool *resync)
{
	int rc = r->c->bad(r->c->arg, r->line, why, r->err);

	if (rc)
		return rc;
	r->line = r->fed + 1;
	r->newlines = 0;
	r->n = 0;
	r->why = NULL;
	r->after_cr = false;
	pb_buf_clear(&r->data);
	*resync = true;
	return start_parser(r);
}

/* Parses one chunk. *resync: skip to the next line end first. */
static int parse(struct reader *r, const char *s, size_t n, bool *resync)
{
	int rc = 0;

	while (n && rc == 0) {
		if (*resync) {
			const char *end = memchr(s, '\n', n);
			size_t skip = end ? (size_t)(end - s) + 1 : n;

			*resync = !end;
			r->fed += end ? 1 : 0;
			r->line = r->fed + 1;
			s += skip;
			n -= skip;
			continue;
		}
		size_t done = csv_parse(&r->p, s, n, on_cell, on_row, r);

		if (r->rc)
			return r->rc;
		r->fed += count_newlines(s, done);
		if (done == n && csv_get_buffer_size(&r->p) <= CELL_MAX)
			return 0;
		if (done < n && csv_error(&r->p) != CSV_EPARSE)
			return fail_memory(r);
		rc = refuse_line(r, done < n ? "a quote where none may stand" : "a cell of more than 1 MiB",
				 resync);
		s += done;
		n -= done;
	}
	return rc;
}

static int finish(struct reader *r, bool resync)
{
	int rc;

	if (resync)
		return 0;
	rc = csv_fini(&r->p, on_cell, on_row, r);
	if (r->rc)
		return r->rc;
	return rc ? r->c->bad(r->c->arg, r->line, "the file ends inside a quoted cell", r->err) : 0;
}

int pb_csvrows_read(struct pb_csvrows *c, struct pb_input *in, struct pb_err *err)
{
	struct reader r = {.c = c, .in = in, .err = err, .line = 1};
	char *chunk = malloc(CHUNK);
	bool resync = false;
	ssize_t n = 0;
	int rc = chunk ? start_parser(&r) : fail_memory(&r);

	while (rc == 0 && (n = pb_input_read(in, chunk, CHUNK, err)) > 0)
		rc = parse(&r, chunk, (size_t)n, &resync);
	if (rc == 0)
		rc = n < 0 ? (int)n : finish(&r, resync);
	if (r.ready)
		csv_free(&r.p);
	free(chunk);
	free(r.start);
	pb_buf_fini(&r.data);
	return rc;
}
