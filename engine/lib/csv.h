/*
 * CSV as the run directory has it: RFC 4180, one header row, first column
 * t_ns (host CLOCK_MONOTONIC_RAW, except in files that say otherwise), units
 * in the names, an empty cell where a value is not available (never 0).
 * Reading is libcsv's; values are kept per column.
 */
#ifndef PB_LIB_CSV_H
#define PB_LIB_CSV_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/lib/err.h"

/* "Not available" for 64-bit integer cells. */
#define PB_NA INT64_MIN

/* Writing: cells of one row in order, then pb_csv_end. Errors are latched by stdio: check ferror/fclose. */
struct pb_csv {
	FILE *f;
	bool row_open;
};

void pb_csv_str(struct pb_csv *c, const char *text); /* quoted when needed; NULL = empty cell */
/* Text from elsewhere in a file that people open in a spreadsheet: with a ' in front when it would be a
 * formula there (it begins with = + - @ or a control character). */
void pb_csv_foreign(struct pb_csv *c, const char *text);
void pb_csv_i64(struct pb_csv *c, int64_t v); /* PB_NA = empty cell */
void pb_csv_num(struct pb_csv *c,
		double v); /* NAN = empty cell; shortest text that reads back equal to 9 digits */
void pb_csv_end(struct pb_csv *c);

/* Reading. Opaque; owned by the caller; pb_table_free(NULL) is fine. */
struct pb_table;

/*
 * Reads file `path` below dirfd. Refuses (status PB_USAGE) a file without
 * header, with duplicate column names, with rows of differing length
 * or longer than 1 GiB. -ENOENT without a message when the file does not exist.
 */
int pb_table_read(struct pb_table **t, int dirfd, const char *path, struct pb_err *err);
void pb_table_free(struct pb_table *t);
size_t pb_table_rows(const struct pb_table *t);
size_t pb_table_cols(const struct pb_table *t);
const char *pb_table_name(const struct pb_table *t, size_t col);
int pb_table_col(const struct pb_table *t, const char *name); /* index or -1 */
/* NAN when the cell is empty or not a number, or col is -1. */
double pb_table_num(const struct pb_table *t, size_t row, int col);
/* PB_NA when the cell is empty or not an integer, or col is -1. */
int64_t pb_table_i64(const struct pb_table *t, size_t row, int col);
/* "" when the cell is empty or col is -1. Borrowed. */
const char *pb_table_str(const struct pb_table *t, size_t row, int col);

/*
 * For loops over many rows: cells of one column have equal codes exactly when their texts are equal. PB_NA
 * when the cell is empty or col is -1.
 */
int64_t pb_table_code(const struct pb_table *t, size_t row, int col);
/* The code that a cell with this text would have; false when no cell of the column has that text. */
bool pb_table_code_of(const struct pb_table *t, int col, const char *text, int64_t *code);
/* Whether any cell of the column is not empty. */
bool pb_table_filled(const struct pb_table *t, int col);
/* Whether the first column is integers that never fall, as t_ns is in a run directory. */
bool pb_table_sorted(const struct pb_table *t);
/* Of a sorted table: the first row whose first cell is `at` or more; the number of rows when there is none.
 */
size_t pb_table_first_at(const struct pb_table *t, int64_t at);

#endif
