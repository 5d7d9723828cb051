/*
 * The table "what one I/O costs" as every format prints it: one row for each depth, from the parameters of
 * the finding "attribution" (docs/findings.md). Computes nothing.
 */
#ifndef PB_REPORTS_IOCOST_H
#define PB_REPORTS_IOCOST_H

#include "reports/facts.h"
#include "reports/format.h"

#define PB_IOCOST_COLUMNS 12 /* as in message COLS_COST */

/* The finding's params, NULL when there are none. Borrowed. */
const json_t *pb_iocost_of(const struct pb_facts *f);
size_t pb_iocost_rows(const json_t *params);
/* An en dash where the run cannot tell. */
struct pb_text pb_iocost_cell(const json_t *params, size_t row, unsigned column);
/* Appends "column: why" for each column that has gaps, in the table's order. */
void pb_iocost_missing(const json_t *params, struct pb_strv *out);

#endif
