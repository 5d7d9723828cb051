/*
 * The kernel's interrupt counters have 32 bits and start again from 0 when a vector is requested anew: made
 * into 64 bits that only grow, per name and CPU, as the host's collector does it.
 */
#ifndef PB_AGENT_WIDEN_H
#define PB_AGENT_WIDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pb_widen {
	struct pb_widen_series *v; /* n series, owned */
	size_t n, next;            /* next: where the following line of the file is expected */
	unsigned cpus, tick;
};

/* cpus: how many counters a line has. */
void pb_widen_init(struct pb_widen *w, unsigned cpus);
void pb_widen_fini(struct pb_widen *w);
/* Before the lines of one reading of the file. */
void pb_widen_begin(struct pb_widen *w);
/* Replaces the counters of one line, where seen[cpu], by their 64-bit ones. irq: -1 for lines without a
 * number. A line that is one too many, or without memory, keeps its own. */
void pb_widen_line(struct pb_widen *w, const char *name, long irq, uint64_t *counts, const bool *seen);

#endif
