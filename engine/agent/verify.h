/*
 * Integrity mode in the guest: writes stamped blocks (engine/lib/stamp.h) over
 * the first part of a disk and reads them back, by threads of its own, while
 * the host asks how far it is. Whether the disk may be used was decided before.
 */
#ifndef PB_AGENT_VERIFY_H
#define PB_AGENT_VERIFY_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/lib/err.h"
#include "engine/lib/stamp.h"

#define PB_VERIFY_THREADS_MAX 64
#define PB_VERIFY_BAD_MAX 10000 /* bad blocks that are kept one by one; all are counted */
#define PB_VERIFY_SPAN 65536    /* the area is a multiple of this */

struct pb_verify_job {
	const char *path;    /* of the disk */
	uint64_t size_bytes; /* the area, from the disk's start */
	uint64_t run, seed;  /* of the stamps */
	uint32_t passes;     /* to write, or the newest that may be there */
	uint32_t oldest;     /* reading alone: the oldest pass that may be there (stamp.h) */
	unsigned threads;    /* I/Os in flight */
	bool write, read;    /* both: each pass is read back before the next */
};

struct pb_verify; /* opaque */

/* Opens the disk (O_DIRECT | O_EXCL) and starts. */
int pb_verify_start(struct pb_verify **v, const struct pb_verify_job *job, struct pb_err *err);
/* The host has written down that this pass was flushed: the next one may begin. */
void pb_verify_recorded(struct pb_verify *v, uint32_t pass);
/* Adds to reply what docs/protocol.md has under verify_status. */
void pb_verify_status(struct pb_verify *v, json_t *reply);
/* Adds at most max bad blocks from number since on: `bad` and `next`. */
void pb_verify_bad(struct pb_verify *v, size_t since, size_t max, json_t *reply);
/* Ends it and waits for I/Os in flight. NULL is fine. */
void pb_verify_free(struct pb_verify *v);

#endif
