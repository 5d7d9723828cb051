/*
 * What happens in the guest while fio runs, sampled by one thread into memory:
 * engine counters, interrupts, CPU time, the disk's block counters and its SMART log. Served as CSV in the
 * formats of docs/run-directory.md, with guest clock stamps.
 */
#ifndef PB_AGENT_TELEMETRY_H
#define PB_AGENT_TELEMETRY_H

#include <jansson.h>

#include "engine/agent/nvme.h"
#include "engine/lib/buf.h"
#include "engine/lib/guest_sources.h"
#include "engine/lib/page_read.h"
#include "engine/lib/sysfs.h"

struct pb_telemetry; /* opaque */

struct pb_telemetry_opts {
	const struct pb_root *root; /* borrowed until _free, page too */
	const struct pb_page *page;
	const char *disk;              /* "nvme0n1", copied */
	const struct pb_smart *before; /* what the disk said before fio started, or NULL: do not ask it at the
					  end either */
	unsigned interval_ms, rows_ms;
};

/*
 * Rows are taken every rows_ms, which costs only a look at the page; files grow every interval_ms,
 * rounded down to a multiple of rows_ms.
 */
int pb_telemetry_start(struct pb_telemetry **t, const struct pb_telemetry_opts *o, struct pb_err *err);
/* Takes a last sample, ends the thread and asks the disk again; what was recorded stays readable. Safe twice.
 * After fio has ended. */
void pb_telemetry_stop(struct pb_telemetry *t);
void pb_telemetry_free(struct pb_telemetry *t); /* NULL is fine */

/* Appends at most max rows from number `since` on to the array; returns the number of the next one. */
uint64_t pb_telemetry_rows(struct pb_telemetry *t, uint64_t since, size_t max, json_t *array);
/* The row of this instant, as a new reference. */
json_t *pb_telemetry_row_json(int64_t t_ns, const struct pb_page_row *r);

/* What could be recorded of that disk, asked without recording: array of {name, status}. An NVMe disk gets
 * one admin command that reads. New reference. */
json_t *pb_telemetry_probe(const struct pb_root *root, const char *disk);
/* "ok", or "unavailable: why". Borrowed; until the next call of telemetry. */
const char *pb_telemetry_status(struct pb_telemetry *t, enum pb_guest_source_id i);
/* Size of file i (of guest_sources.h) so far, and a copy of at most max bytes from offset on, appended to
 * out. 0 or -ENOMEM. */
size_t pb_telemetry_size(struct pb_telemetry *t, unsigned i);
int pb_telemetry_read(struct pb_telemetry *t, unsigned i, size_t offset, size_t max, struct pb_buf *out);

#endif
