/*
 * The thread that turns chunks of rows into CSV, so that the sampling thread never
 * waits for a disk. Chunks change hands under a mutex; what is queued is bounded.
 */
#ifndef PB_COLLECTORS_WRITER_H
#define PB_COLLECTORS_WRITER_H

#include <sched.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/collectors/rows.h"

struct pb_writer; /* opaque */

/*
 * Somebody who looks on while rows are collected (live table, metrics). source() is called once for every
 * collector before sampling begins, with its columns, or with why it is unavailable; rows() in the writer's
 * thread for each chunk, about twice a second. Neither costs the sampling thread anything. Functions may be
 * NULL.
 */
struct pb_watch {
	void *arg;
	int (*source)(void *arg, const struct pb_collector *c, const struct pb_strv *columns,
		      const char *why); /* 0 or -errno; everything borrowed for the call, c for good */
	void (*rows)(void *arg, const struct pb_collector *c, const struct pb_rows *rows);
};

/* Starts the thread with all signals blocked. watch may be NULL; borrowed. 0 or -errno. */
int pb_writer_start(struct pb_writer **w, const struct pb_watch *watch);
/*
 * Gives away a chunk of c's rows to be written to f (NULL: only the watcher sees it) and returns an empty one
 * with as many columns (NULL on no memory: then the chunk has not been given away). When the writer is so far
 * behind that the queue is full, the rows are dropped, *dropped is increased by their number and the same
 * chunk comes back empty.
 */
struct pb_rows *pb_writer_give(struct pb_writer *w, FILE *f, const struct pb_collector *c,
			       struct pb_rows *rows, size_t ncols, uint64_t *dropped);
/* The CPUs the thread may use, once there is a better set than all. */
void pb_writer_move(struct pb_writer *w, const cpu_set_t *cpus, size_t size);
/* Writes what is queued, ends the thread, frees w. *cpu_ns is what the thread has used. NULL is fine. */
void pb_writer_stop(struct pb_writer *w, int64_t *cpu_ns);

#endif
