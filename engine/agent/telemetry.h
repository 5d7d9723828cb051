/*
 * What happens in the guest while fio runs, sampled by one thread into memory:
 * engine counters, interrupts, CPU time. Served as CSV in the formats of docs/run-directory.md, with guest
 * clock stamps.
 */
#ifndef PB_AGENT_TELEMETRY_H
#define PB_AGENT_TELEMETRY_H

#include <jansson.h>

#include "engine/lib/buf.h"
#include "engine/lib/page_read.h"
#include "engine/lib/sysfs.h"

struct pb_telemetry; /* opaque */

/*
 * page and root are borrowed until _free. Rows are taken every rows_ms, which costs only a look at the page;
 * files grow every interval_ms, rounded down to a multiple of rows_ms.
 */
int pb_telemetry_start(struct pb_telemetry **t, const struct pb_root *root, const struct pb_page *page,
		       unsigned interval_ms, unsigned rows_ms, struct pb_err *err);
/* Takes a last sample and ends the thread; what was recorded stays readable. Safe twice. */
void pb_telemetry_stop(struct pb_telemetry *t);
void pb_telemetry_free(struct pb_telemetry *t); /* NULL is fine */

/* Appends at most max rows from number `since` on to the array; returns the number of the next one. */
uint64_t pb_telemetry_rows(struct pb_telemetry *t, uint64_t since, size_t max, json_t *array);
/* The row of this instant, as a new reference. */
json_t *pb_telemetry_row_json(int64_t t_ns, const struct pb_page_row *r);

#define PB_TELEMETRY_FILES 3
extern const char *const pb_telemetry_names[PB_TELEMETRY_FILES]; /* "engine.csv", ... */
/* Size of file i so far, and a copy of at most max bytes from offset on, appended to out. 0 or -ENOMEM. */
size_t pb_telemetry_size(struct pb_telemetry *t, unsigned i);
int pb_telemetry_read(struct pb_telemetry *t, unsigned i, size_t offset, size_t max, struct pb_buf *out);

#endif
