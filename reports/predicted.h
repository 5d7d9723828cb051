/*
 * The tables "prediction against measurement" as every format prints them, from the parameters of the
 * findings of family predict (docs/findings.md). Computes nothing.
 */
#ifndef PB_REPORTS_PREDICTED_H
#define PB_REPORTS_PREDICTED_H

#include "reports/facts.h"
#include "reports/format.h"

#define PB_PREDICTED_COLUMNS 5 /* as in message COLS_PREDICT */

/* The index-th prediction among the findings: params of kind "prediction", "prediction-vcpus" or
 * "prediction-later". NULL behind the last. Borrowed. */
const json_t *pb_predicted_of(const struct pb_facts *f, size_t index);
/* What stands above its table (its %1 is pb_predicted_error), and the table's columns. */
enum pb_message pb_predicted_caption(const json_t *params);
enum pb_message pb_predicted_columns(const json_t *params);
/* One for each measurement that was predicted and each prediction without one, by depth or vCPUs. */
size_t pb_predicted_rows(const json_t *params);
/* An en dash where nothing was measured. */
struct pb_text pb_predicted_cell(const json_t *params, size_t row, unsigned column);
/* Mean error of prediction against measurement, in percent. */
struct pb_text pb_predicted_error(const json_t *params);

#endif
