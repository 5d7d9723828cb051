/*
 * The history for other programs: CSV for a spreadsheet, JSON with everything (docs/history.md).
 */
#ifndef PB_HISTORY_EXPORT_H
#define PB_HISTORY_EXPORT_H

#include <jansson.h>
#include <stdio.h>

#include "engine/history/past.h"

#define PB_EXPORT_SCHEMA 1
#define PB_EXPORT_ALL SIZE_MAX /* every series */

/* One row for each value, by series, metric and time. Errors are latched by stdio. 0 or -ENOMEM. */
int pb_export_csv(const struct pb_past *p, size_t series, FILE *f);
/* A new reference: {schema, metrics: [..], series: [{name, identity, runs: [..]}]}; NULL on no memory. */
json_t *pb_export_json(const struct pb_past *p, size_t series);
/* One run as it stands in the list of its series: with its environment and its values by metric. */
json_t *pb_export_run(const struct pb_past *p, size_t run);
/* "host kernel; QEMU": names of what differs from the run before in the series; "" for the first. Free it;
 * NULL on no memory. */
char *pb_export_changed(const struct pb_past *p, size_t run);

#endif
