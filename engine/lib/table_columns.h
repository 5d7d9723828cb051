/*
 * Private to table*.c: how a table read from CSV is kept. A column holds integers while all its cells are,
 * decimal numbers (12.5 is 125 with one decimal) while that gives every cell's text back unchanged, and
 * numbers of interned texts otherwise.
 */
#ifndef PB_LIB_TABLE_COLUMNS_H
#define PB_LIB_TABLE_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/lib/csv.h"
#include "engine/lib/intern.h"

/* A decimal cell: mantissa * 16 + decimals. The mantissa is an exact double, so value = mantissa /
 * 10^decimals rounds once. */
#define PB_MANTISSA_MAX ((int64_t)1 << 53)
#define PB_DECIMALS_MAX 15

enum pb_cell_kind { PB_CELL_INT, PB_CELL_DEC, PB_CELL_STR };

struct pb_column {
	const char *name;
	enum pb_cell_kind kind;
	bool filled;  /* some cell is not empty */
	int64_t *num; /* PB_CELL_INT, PB_CELL_DEC: PB_NA = empty */
	uint32_t *id; /* PB_CELL_STR: interned text, 0 = empty */
};

struct pb_table {
	struct pb_column *cols;
	size_t n_cols, cols_cap, rows, rows_cap;
	struct pb_intern *text;
	bool sorted; /* the first column is integers that never fall */
};

static inline bool pb_cell_fits_decimal(int64_t mantissa)
{
	return mantissa > -PB_MANTISSA_MAX && mantissa < PB_MANTISSA_MAX;
}

static inline int64_t pb_cell_decimal(int64_t mantissa, int decimals)
{
	return mantissa * 16 + decimals;
}

/* Splits canonical number text ([-]digits[.digits], no leading zeros, no -0) into value and decimals. */
bool pb_cell_parse(const char *s, size_t len, int64_t *value, int *decimals);
/* The text a numeric cell was read from; as snprintf. */
int pb_cell_print(char *buf, size_t size, enum pb_cell_kind kind, int64_t cell);

#endif
