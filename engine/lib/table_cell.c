/*
 * Looks cells of a table up (csv.h): as numbers, as text, as codes to compare,
 * and rows by their time. Reading the file is table.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/table_columns.h"

static const double pow10_table[PB_DECIMALS_MAX + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
							1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

bool pb_cell_parse(const char *s, size_t len, int64_t *value, int *decimals)
{
	bool negative = len && s[0] == '-', dot = false;
	size_t i = negative, first = negative;
	int64_t v = 0;

	if (i == len || (s[i] == '0' && i + 1 < len && s[i + 1] != '.'))
		return false;
	*decimals = 0;
	for (; i < len; i++) {
		if (s[i] == '.' && !dot && i > first && i + 1 < len) {
			dot = true;
			continue;
		}
		if (s[i] < '0' || s[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, s[i] - '0', &v))
			return false;
		*decimals += dot;
	}
	if (negative && v == 0)
		return false;
	*value = negative ? -v : v;
	return *decimals <= PB_DECIMALS_MAX;
}

int pb_cell_print(char *buf, size_t size, enum pb_cell_kind kind, int64_t cell)
{
	int decimals = (int)(cell & 15);
	int64_t m = cell >> 4, scale = 1, abs_m = m < 0 ? -m : m;

	if (kind == PB_CELL_INT)
		return snprintf(buf, size, "%" PRId64, cell);
	if (decimals == 0)
		return snprintf(buf, size, "%" PRId64, m);
	for (int i = 0; i < decimals; i++)
		scale *= 10;
	return snprintf(buf, size, "%s%" PRId64 ".%0*" PRId64, m < 0 ? "-" : "", abs_m / scale, decimals,
			abs_m % scale);
}

size_t pb_table_rows(const struct pb_table *t)
{
	return t->rows;
}

size_t pb_table_cols(const struct pb_table *t)
{
	return t->n_cols;
}

const char *pb_table_name(const struct pb_table *t, size_t col)
{
	return t->cols[col].name;
}

int pb_table_col(const struct pb_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_cols; i++) {
		if (strcmp(t->cols[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

/* The column of a valid cell, or NULL. */
static const struct pb_column *cell_column(const struct pb_table *t, size_t row, int col)
{
	return col >= 0 && (size_t)col < t->n_cols && row < t->rows ? &t->cols[col] : NULL;
}

/* A number as text: what strtod takes, except blanks, hex, inf and nan. */
static double text_number(const char *s)
{
	char *end;
	double v;

	if (!*s || s[strspn(s, "0123456789+-.eE")])
		return NAN;
	v = strtod(s, &end);
	return *end || !isfinite(v) ? NAN : v;
}

double pb_table_num(const struct pb_table *t, size_t row, int col)
{
	const struct pb_column *c = cell_column(t, row, col);

	if (!c)
		return NAN;
	if (c->kind == PB_CELL_STR)
		return text_number(pb_intern_text(t->text, c->id[row]));
	if (c->num[row] == PB_NA)
		return NAN;
	if (c->kind == PB_CELL_INT)
		return (double)c->num[row];
	return (double)(c->num[row] >> 4) / pow10_table[c->num[row] & 15];
}

static int64_t text_integer(const char *s)
{
	long long v;
	char *end;

	if (!*s || s[strspn(s, "0123456789+-")])
		return PB_NA;
	errno = 0;
	v = strtoll(s, &end, 10);
	return errno || *end ? PB_NA : v;
}

int64_t pb_table_i64(const struct pb_table *t, size_t row, int col)
{
	const struct pb_column *c = cell_column(t, row, col);

	if (!c)
		return PB_NA;
	if (c->kind == PB_CELL_STR)
		return text_integer(pb_intern_text(t->text, c->id[row]));
	if (c->kind == PB_CELL_INT || c->num[row] == PB_NA)
		return c->num[row];
	return c->num[row] & 15 ? PB_NA : c->num[row] >> 4;
}

const char *pb_table_str(const struct pb_table *t, size_t row, int col)
{
	const struct pb_column *c = cell_column(t, row, col);
	char text[48];
	int64_t id;
	int len;

	if (!c)
		return "";
	if (c->kind == PB_CELL_STR)
		return pb_intern_text(t->text, c->id[row]);
	if (c->num[row] == PB_NA)
		return "";
	len = pb_cell_print(text, sizeof(text), c->kind, c->num[row]);
	id = pb_intern_add(t->text, text, (size_t)len);
	return id < 0 ? "" : pb_intern_text(t->text, (uint32_t)id);
}

int64_t pb_table_code(const struct pb_table *t, size_t row, int col)
{
	const struct pb_column *c = cell_column(t, row, col);

	if (!c)
		return PB_NA;
	if (c->kind != PB_CELL_STR)
		return c->num[row];
	return c->id[row] ? (int64_t)c->id[row] : PB_NA;
}

bool pb_table_code_of(const struct pb_table *t, int col, const char *text, int64_t *code)
{
	const struct pb_column *c = col >= 0 && (size_t)col < t->n_cols ? &t->cols[col] : NULL;
	size_t len = strlen(text);
	int decimals = 0;
	int64_t v;

	if (!c || len == 0) {
		*code = PB_NA;
		return len == 0;
	}
	if (c->kind == PB_CELL_STR) {
		v = pb_intern_find(t->text, text, len);
		if (v > 0)
			*code = v;
		return v > 0;
	}
	if (!pb_cell_parse(text, len, &v, &decimals))
		return false;
	if (c->kind == PB_CELL_INT ? decimals > 0 : !pb_cell_fits_decimal(v))
		return false;
	*code = c->kind == PB_CELL_INT ? v : pb_cell_decimal(v, decimals);
	return true;
}

bool pb_table_filled(const struct pb_table *t, int col)
{
	return col >= 0 && (size_t)col < t->n_cols && t->cols[col].filled;
}

bool pb_table_sorted(const struct pb_table *t)
{
	return t->sorted;
}

size_t pb_table_first_at(const struct pb_table *t, int64_t at)
{
	size_t lo = 0, hi = t->rows;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->cols[0].num[mid] < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}
