/*
 * Rows in memory: what collectors fill and the sampler's writer turns into
 * CSV. One struct pb_rows is a chunk of one collector's rows; it is used by one thread at a time.
 */
#ifndef PB_COLLECTORS_ROWS_H
#define PB_COLLECTORS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/collectors/collector.h"
#include "engine/lib/csv.h"

/* An empty chunk with ncols cells after t_ns, or NULL on no memory. */
struct pb_rows *pb_rows_new(size_t ncols);
void pb_rows_free(struct pb_rows *r);
void pb_rows_clear(struct pb_rows *r); /* no rows, memory kept */

size_t pb_rows_count(const struct pb_rows *r); /* complete rows */
size_t pb_rows_bytes(const struct pb_rows *r); /* memory held */
bool pb_rows_failed(const struct pb_rows *r);  /* out of memory: rows were left out */
int64_t pb_rows_t(const struct pb_rows *r, size_t row);
/* PB_NA when the cell is empty or text. A pb_rows_milli cell gives thousandths. */
int64_t pb_rows_get(const struct pb_rows *r, size_t row, size_t col);
/* Any number as it will be printed; NAN when the cell is empty or text. */
double pb_rows_num(const struct pb_rows *r, size_t row, size_t col);
/* NULL when the cell is empty or a number. Borrowed. */
const char *pb_rows_text(const struct pb_rows *r, size_t row, size_t col);

/* Writes every complete row; errors stay in the stream (ferror). */
void pb_rows_write(const struct pb_rows *r, struct pb_csv *csv);

#endif
