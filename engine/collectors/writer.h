/*
 * The thread that turns chunks of rows into CSV, so that the sampling thread never
 * waits for a disk. Chunks change hands under a mutex; what is queued is bounded.
 */
#ifndef PB_COLLECTORS_WRITER_H
#define PB_COLLECTORS_WRITER_H

#include <stdint.h>
#include <stdio.h>

#include "engine/collectors/rows.h"

struct pb_writer; /* opaque */

/* Starts the thread with all signals blocked. 0 or -errno. */
int pb_writer_start(struct pb_writer **w);
/*
 * Gives away a chunk to be written to f and returns an empty one with as many columns (NULL on
 * no memory: then the chunk has not been given away). When the writer is so far behind that the queue is
 * full, the rows are dropped, *dropped is increased by their number and the same chunk comes back empty.
 */
struct pb_rows *pb_writer_give(struct pb_writer *w, FILE *f, struct pb_rows *rows, size_t ncols,
			       uint64_t *dropped);
/* Writes what is queued, ends the thread, frees w. *cpu_ns is what the thread has used. NULL is fine. */
void pb_writer_stop(struct pb_writer *w, int64_t *cpu_ns);

#endif
