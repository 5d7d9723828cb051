/*
 * CSV of other tools, row by row: libcsv parses, cells of one row are kept at a time, and every row knows
 * the line of the file it began in. What a cell means is the caller's.
 */
#ifndef PB_IMPORT_CSVROWS_H
#define PB_IMPORT_CSVROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/import/input.h"

struct pb_csvrow {
	size_t line; /* of its first cell, from 1 */
	size_t n;    /* cells, also those that were not kept */
	/* Private: where kept cells begin in data; PB_CSVROW_SKIPPED for the others. */
	const size_t *start;
	const char *data;
};

#define PB_CSVROW_SKIPPED ((size_t)-1)

/* Text of a cell, NUL-terminated; "" when the row has no such cell or it was not kept. Borrowed. */
const char *pb_csvrow_cell(const struct pb_csvrow *row, size_t i);

struct pb_csvrows {
	char delimiter;
	void *arg;
	/* A row with at least one cell; it may set keep for the rows to come.
	 * 0, or -errno with err filled, which ends the reading.
	 */
	int (*row)(void *arg, const struct pb_csvrow *row, struct pb_err *err);
	/* A line that is not CSV. 0: it is skipped; -errno with err filled ends the reading. */
	int (*bad)(void *arg, size_t line, const char *why, struct pb_err *err);
	const bool *keep; /* of n_keep cells: which are wanted, none behind; NULL = all */
	size_t n_keep;
};

/* Reads to the end. 0 or -errno with a message. */
int pb_csvrows_read(struct pb_csvrows *c, struct pb_input *in, struct pb_err *err);

#endif
