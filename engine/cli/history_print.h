/*
 * The history on the terminal: text for people, JSON for programs. Asks past.c and shifts.c; decides
 * nothing.
 */
#ifndef PB_CLI_HISTORY_PRINT_H
#define PB_CLI_HISTORY_PRINT_H

#include "engine/history/shifts.h"
#include "engine/history/past.h"

#define PB_HISTORY_EVERY SIZE_MAX /* every series, every metric */

/* One metric of one series with what was found in it. */
struct pb_history_result {
	const struct pb_past *past;
	size_t series, metric;
	struct pb_past_points pts;
	struct pb_shifts changes;
};

void pb_history_print_list(const struct pb_past *p, size_t series);
void pb_history_print_run(const struct pb_past *p, size_t run);
/* The runs of a metric, with the levels' changes between them. */
void pb_history_print_metric(const struct pb_history_result *r);
/* The changes of a metric, indented below a series' name; nothing when there are none. */
void pb_history_print_changes(const struct pb_history_result *r);
/* New references; NULL on no memory. */
json_t *pb_history_json_list(const struct pb_past *p, size_t series);
json_t *pb_history_json_run(const struct pb_past *p, size_t run);
json_t *pb_history_json_metric(const struct pb_history_result *r);
/* Prints JSON on standard output and releases it. 0, or -ENOMEM when j is NULL. */
int pb_history_put_json(json_t *j, struct pb_err *err);

#endif
