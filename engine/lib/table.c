/*
 * Reads CSV into columns (table_columns.h), compactly: a million rows are a normal run.
 * Looking cells up is table_cell.c. Does not interpret values or units.
 */
#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/intern.h"
#include "engine/lib/table_columns.h"

#define FILE_MAX ((off_t)1 << 30)
#define COLS_MAX 16384
#define CHUNK ((size_t)256 << 10)
#define CELL_GROWTH ((size_t)1 << 20)

static bool to_decimals(struct pb_column *c, size_t rows)
{
	for (size_t i = 0; i < rows; i++) {
		if (c->num[i] != PB_NA && !pb_cell_fits_decimal(c->num[i]))
			return false;
	}
	for (size_t i = 0; i < rows; i++) {
		if (c->num[i] != PB_NA)
			c->num[i] = pb_cell_decimal(c->num[i], 0);
	}
	c->kind = PB_CELL_DEC;
	return true;
}

static int to_strings(struct pb_table *t, struct pb_column *c, size_t rows)
{
	uint32_t *id = malloc((t->rows_cap ? t->rows_cap : 1) * sizeof(*id));
	char text[48];

	if (!id)
		return -ENOMEM;
	for (size_t i = 0; i < rows; i++) {
		int len = c->num[i] == PB_NA ? 0 : pb_cell_print(text, sizeof(text), c->kind, c->num[i]);
		int64_t n = pb_intern_add(t->text, text, (size_t)len);

		if (n < 0) {
			free(id);
			return (int)n;
		}
		id[i] = (uint32_t)n;
	}
	free(c->num);
	c->num = NULL;
	c->id = id;
	c->kind = PB_CELL_STR;
	return 0;
}

/* Stores one cell of the last row, widening the column when the cell does not fit it. */
static int put_cell(struct pb_table *t, struct pb_column *c, const char *s, size_t len)
{
	int64_t v = PB_NA;
	int decimals = 0, rc;

	c->filled |= len > 0;
	if (c->kind == PB_CELL_STR) {
		v = pb_intern_add(t->text, s, len);
		if (v < 0)
			return (int)v;
		c->id[t->rows] = (uint32_t)v;
		return 0;
	}
	if (len == 0) {
		c->num[t->rows] = PB_NA;
		return 0;
	}
	if (pb_cell_parse(s, len, &v, &decimals)) {
		if (c->kind == PB_CELL_INT && decimals == 0) {
			c->num[t->rows] = v;
			return 0;
		}
		if (pb_cell_fits_decimal(v) && (c->kind == PB_CELL_DEC || to_decimals(c, t->rows))) {
			c->num[t->rows] = pb_cell_decimal(v, decimals);
			return 0;
		}
	}
	rc = to_strings(t, c, t->rows);
	return rc ? rc : put_cell(t, c, s, len);
}

static int grow_rows(struct pb_table *t)
{
	size_t cap = t->rows_cap ? t->rows_cap * 2 : 64;

	for (size_t i = 0; i < t->n_cols; i++) {
		struct pb_column *c = &t->cols[i];
		bool text = c->kind == PB_CELL_STR;
		int64_t *num = text ? NULL : reallocarray(c->num, cap, sizeof(*num));
		uint32_t *id = text ? reallocarray(c->id, cap, sizeof(*id)) : NULL;

		if (!num && !id)
			return -ENOMEM;
		c->num = num;
		c->id = id;
	}
	t->rows_cap = cap;
	return 0;
}

/* What libcsv's callbacks need. The first failure is kept; the rest of the file is then skipped. */
struct reader {
	struct pb_table *t;
	const char *path;
	struct pb_err *err;
	size_t col;
	bool header_done;
	int rc;
};

static int fail_memory(struct reader *rd)
{
	return pb_fail(rd->err, PB_MISSING, ENOMEM, "cannot read %s: out of memory", rd->path);
}

static int put_name(struct reader *rd, const char *name, size_t len)
{
	struct pb_table *t = rd->t;
	int64_t id;

	if (len == 0)
		return pb_fail(rd->err, PB_USAGE, EINVAL, "%s: column %zu has no name in the header",
			       rd->path, t->n_cols + 1);
	if (t->n_cols == COLS_MAX)
		return pb_fail(rd->err, PB_USAGE, EINVAL, "%s: more than %d columns", rd->path, COLS_MAX);
	id = pb_intern_add(t->text, name, len);
	if (id < 0)
		return fail_memory(rd);
	/* Only names are interned so far, numbered from 1 in order: an old number is a repeated name. */
	if ((size_t)id != t->n_cols + 1)
		return pb_fail(rd->err, PB_USAGE, EINVAL, "%s: two columns are named %s", rd->path,
			       pb_intern_text(t->text, (uint32_t)id));
	if (t->n_cols == t->cols_cap) {
		size_t cap = t->cols_cap ? t->cols_cap * 2 : 16;
		struct pb_column *cols = reallocarray(t->cols, cap, sizeof(*cols));

		if (!cols)
			return fail_memory(rd);
		t->cols = cols;
		t->cols_cap = cap;
	}
	t->cols[t->n_cols++] = (struct pb_column){.name = pb_intern_text(t->text, (uint32_t)id)};
	return 0;
}

static void on_cell(void *data, size_t len, void *user)
{
	struct reader *rd = user;
	struct pb_table *t = rd->t;

	if (rd->rc)
		return;
	if (len && memchr(data, '\0', len)) {
		rd->rc = pb_fail(rd->err, PB_USAGE, EINVAL, "%s: row %zu holds a zero byte", rd->path,
				 t->rows + 1);
	} else if (!rd->header_done) {
		rd->rc = put_name(rd, data, len);
	} else if (rd->col < t->n_cols) {
		if ((t->rows == t->rows_cap && grow_rows(t)) || put_cell(t, &t->cols[rd->col], data, len))
			rd->rc = fail_memory(rd);
	}
	rd->col++;
}

static void on_row(int terminator, void *user)
{
	struct reader *rd = user;
	struct pb_table *t = rd->t;

	(void)terminator;
	if (rd->rc)
		return;
	if (rd->header_done && rd->col != t->n_cols)
		rd->rc = pb_fail(rd->err, PB_USAGE, EINVAL,
				 "%s: row %zu has %zu cells where the header names %zu", rd->path,
				 t->rows + 1, rd->col, t->n_cols);
	else if (rd->header_done)
		t->rows++;
	rd->header_done = true;
	rd->col = 0;
}

/* libcsv would drop blanks at the ends of cells: here they are data. */
static int no_space(unsigned char c)
{
	(void)c;
	return 0;
}

static int parse_fd(struct reader *rd, struct csv_parser *p, int fd, char *chunk)
{
	off_t total = 0;
	ssize_t n;

	while ((n = read(fd, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pb_fail(rd->err, PB_USAGE, errno, "cannot read %s: %m", rd->path);
		total += n;
		if (total > FILE_MAX)
			return pb_fail(rd->err, PB_USAGE, EFBIG, "%s: larger than 1 GiB", rd->path);
		if (csv_parse(p, chunk, (size_t)n, on_cell, on_row, rd) != (size_t)n && !rd->rc)
			return pb_fail(rd->err, PB_USAGE, EINVAL, "%s: row %zu is not valid CSV: %s",
				       rd->path, rd->t->rows + 1, csv_strerror(csv_error(p)));
		if (rd->rc)
			return rd->rc;
	}
	if (csv_fini(p, on_cell, on_row, rd) != 0 && !rd->rc)
		return pb_fail(rd->err, PB_USAGE, EINVAL, "%s: ends inside a quoted cell", rd->path);
	if (!rd->rc && rd->t->n_cols == 0)
		return pb_fail(rd->err, PB_USAGE, EINVAL, "%s: empty, not even a header row", rd->path);
	return rd->rc;
}

static bool is_sorted(const struct pb_table *t)
{
	const int64_t *num = t->cols[0].num;

	if (t->cols[0].kind != PB_CELL_INT)
		return false;
	for (size_t row = 0; row < t->rows; row++) {
		if (num[row] == PB_NA || (row && num[row] < num[row - 1]))
			return false;
	}
	return true;
}

static int read_fd(struct pb_table *t, int fd, const char *path, struct pb_err *err)
{
	struct reader rd = {.t = t, .path = path, .err = err};
	struct csv_parser p;
	struct stat st;
	char *chunk;
	int rc;

	if (fstat(fd, &st) != 0)
		return pb_fail(err, PB_USAGE, errno, "cannot read %s: %m", path);
	if (!S_ISREG(st.st_mode))
		return pb_fail(err, PB_USAGE, EINVAL, "cannot read %s: not a regular file", path);
	if (st.st_size > FILE_MAX)
		return pb_fail(err, PB_USAGE, EFBIG, "%s: larger than 1 GiB", path);
	t->text = pb_intern_new();
	chunk = malloc(CHUNK);
	if (!t->text || !chunk || csv_init(&p, CSV_STRICT | CSV_STRICT_FINI) != 0) {
		free(chunk);
		return fail_memory(&rd);
	}
	csv_set_space_func(&p, no_space);
	/* libcsv grows its cell buffer by this much: 128 bytes make a long cell quadratic. */
	csv_set_blk_size(&p, CELL_GROWTH);
	rc = parse_fd(&rd, &p, fd, chunk);
	t->sorted = rc == 0 && is_sorted(t);
	csv_free(&p);
	free(chunk);
	return rc;
}

int pb_table_read(struct pb_table **t, int dirfd, const char *path, struct pb_err *err)
{
	/* O_NONBLOCK: a FIFO planted under the name must not hang us. */
	int rc, fd = openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct pb_table *new;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0)
		return pb_fail(err, PB_USAGE, errno, "cannot read %s: %m", path);
	new = calloc(1, sizeof(*new));
	if (new)
		rc = read_fd(new, fd, path, err);
	else
		rc = pb_fail(err, PB_MISSING, ENOMEM, "cannot read %s: out of memory", path);
	close(fd);
	if (rc)
		pb_table_free(new);
	else
		*t = new;
	return rc;
}

void pb_table_free(struct pb_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_cols; i++) {
		free(t->cols[i].id);
		free(t->cols[i].num);
	}
	free(t->cols);
	pb_intern_free(t->text);
	free(t);
}
