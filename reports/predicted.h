/*
 * The table "prediction against measurement" as every format prints it, from the parameters of the finding
 * "predict" (docs/findings.md). Computes nothing.
 */
#ifndef PB_REPORTS_PREDICTED_H
#define PB_REPORTS_PREDICTED_H

#include "reports/facts.h"
#include "reports/format.h"

#define PB_PREDICTED_COLUMNS 5 /* as in message COLS_PREDICT */

/* The finding's params, NULL when there are none. Borrowed. */
const json_t *pb_predicted_of(const struct pb_facts *f);
/* One for each inner measured depth and each depth between the measured ones, by depth. */
size_t pb_predicted_rows(const json_t *params);
/* An en dash where nothing was measured. */
struct pb_text pb_predicted_cell(const json_t *params, size_t row, unsigned column);
/* Mean error of prediction against measurement, in percent. */
struct pb_text pb_predicted_error(const json_t *params);

#endif
