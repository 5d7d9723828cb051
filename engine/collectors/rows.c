/*
 * Chunks of rows in memory. Text cells are interned in the chunk through a
 * small direct-mapped cache, so that a vector's name is kept about once per chunk. Writes no
 * file by itself.
 */
#include "engine/collectors/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/buf.h"

#define SLOTS 256u

enum cell_kind { CELL_EMPTY, CELL_I64, CELL_MILLI, CELL_TEXT };

struct pb_rows {
	size_t ncols, stride; /* stride: ncols and t_ns */
	size_t n;             /* complete rows */
	size_t next;          /* next cell of the open row, 1..stride */
	bool open, failed;
	int64_t *v;          /* cap rows of stride cells; cell 0 is t_ns */
	unsigned char *kind; /* of each cell */
	size_t cap;
	struct pb_buf text;   /* NUL-terminated strings, one after the other */
	uint32_t slot[SLOTS]; /* 1 + offset into text of a recent string, 0 = free */
};

struct pb_rows *pb_rows_new(size_t ncols)
{
	struct pb_rows *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->ncols = ncols;
	r->stride = ncols + 1;
	return r;
}

void pb_rows_free(struct pb_rows *r)
{
	if (!r)
		return;
	free(r->v);
	free(r->kind);
	pb_buf_fini(&r->text);
	free(r);
}

void pb_rows_clear(struct pb_rows *r)
{
	r->n = 0;
	r->open = false;
	r->failed = false;
	pb_buf_clear(&r->text);
	memset(r->slot, 0, sizeof(r->slot));
}

size_t pb_rows_count(const struct pb_rows *r)
{
	return r->n;
}

size_t pb_rows_bytes(const struct pb_rows *r)
{
	return sizeof(*r) + r->cap * r->stride * (sizeof(*r->v) + sizeof(*r->kind)) + r->text.cap;
}

bool pb_rows_failed(const struct pb_rows *r)
{
	return r->failed;
}

static int grow(struct pb_rows *r)
{
	size_t cap = r->cap ? 2 * r->cap : 64;
	int64_t *v = realloc(r->v, cap * r->stride * sizeof(*v));
	unsigned char *kind;

	if (!v)
		return -1;
	r->v = v;
	kind = realloc(r->kind, cap * r->stride);
	if (!kind)
		return -1;
	r->kind = kind;
	r->cap = cap;
	return 0;
}

void pb_rows_begin(struct pb_rows *r, int64_t t_ns)
{
	size_t base;

	if (r->open)
		pb_rows_end(r);
	if (r->n == r->cap && grow(r)) {
		r->failed = true;
		return;
	}
	base = r->n * r->stride;
	memset(r->kind + base, CELL_EMPTY, r->stride);
	r->v[base] = t_ns;
	r->next = 1;
	r->open = true;
}

static void put(struct pb_rows *r, int64_t v, enum cell_kind kind)
{
	size_t at = r->n * r->stride + r->next;

	if (!r->open || r->next >= r->stride)
		return;
	r->v[at] = v;
	r->kind[at] = (unsigned char)kind;
	r->next++;
}

void pb_rows_i64(struct pb_rows *r, int64_t v)
{
	put(r, v, v == PB_NA ? CELL_EMPTY : CELL_I64);
}

void pb_rows_milli(struct pb_rows *r, int64_t v)
{
	put(r, v, v == PB_NA ? CELL_EMPTY : CELL_MILLI);
}

/* Offset of an interned copy, or -1 on no memory. */
static int64_t intern(struct pb_rows *r, const char *text)
{
	uint32_t h = 2166136261u; /* FNV-1a */
	size_t off = r->text.len;
	uint32_t *slot;

	for (const char *p = text; *p; p++)
		h = (h ^ (unsigned char)*p) * 16777619u;
	slot = &r->slot[(h ^ (h >> 16)) % SLOTS];
	if (*slot && !strcmp(r->text.data + (*slot - 1), text))
		return *slot - 1;
	if (off > UINT32_MAX / 2 || pb_buf_add(&r->text, text, strlen(text) + 1))
		return -1;
	*slot = (uint32_t)off + 1;
	return (int64_t)off;
}

void pb_rows_str(struct pb_rows *r, const char *text)
{
	int64_t off = text && r->open ? intern(r, text) : -1;

	if (off < 0)
		put(r, PB_NA, CELL_EMPTY);
	else
		put(r, off, CELL_TEXT);
}

void pb_rows_end(struct pb_rows *r)
{
	if (r->open)
		r->n++;
	r->open = false;
}

int64_t pb_rows_t(const struct pb_rows *r, size_t row)
{
	return row < r->n ? r->v[row * r->stride] : PB_NA;
}

int64_t pb_rows_get(const struct pb_rows *r, size_t row, size_t col)
{
	size_t at = row * r->stride + 1 + col;

	if (row >= r->n || col >= r->ncols)
		return PB_NA;
	return r->kind[at] == CELL_I64 || r->kind[at] == CELL_MILLI ? r->v[at] : PB_NA;
}

double pb_rows_num(const struct pb_rows *r, size_t row, size_t col)
{
	size_t at = row * r->stride + 1 + col;

	if (row >= r->n || col >= r->ncols || (r->kind[at] != CELL_I64 && r->kind[at] != CELL_MILLI))
		return NAN;
	return r->kind[at] == CELL_MILLI ? (double)r->v[at] / 1000.0 : (double)r->v[at];
}

const char *pb_rows_text(const struct pb_rows *r, size_t row, size_t col)
{
	size_t at = row * r->stride + 1 + col;

	if (row >= r->n || col >= r->ncols || r->kind[at] != CELL_TEXT)
		return NULL;
	return r->text.data + r->v[at];
}

static void write_cell(const struct pb_rows *r, size_t at, struct pb_csv *csv)
{
	switch ((enum cell_kind)r->kind[at]) {
	case CELL_I64:
		pb_csv_i64(csv, r->v[at]);
		break;
	case CELL_MILLI:
		pb_csv_num(csv, (double)r->v[at] / 1000.0);
		break;
	case CELL_TEXT:
		pb_csv_str(csv, r->text.data + r->v[at]);
		break;
	case CELL_EMPTY:
		pb_csv_i64(csv, PB_NA);
		break;
	}
}

void pb_rows_write(const struct pb_rows *r, struct pb_csv *csv)
{
	for (size_t i = 0; i < r->n; i++) {
		pb_csv_i64(csv, r->v[i * r->stride]);
		for (size_t c = 1; c < r->stride; c++)
			write_cell(r, i * r->stride + c, csv);
		pb_csv_end(csv);
	}
}
