/*
 * One running collector: its rows, its CSV file and what it has cost. The sampler holds one for each line of
 * collectors.def.
 */
#ifndef PB_COLLECTORS_SOURCE_H
#define PB_COLLECTORS_SOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/rows.h"
#include "engine/collectors/writer.h"
#include "engine/lib/rundir.h"

struct pb_source {
	const struct pb_collector *c;
	char why[192]; /* why it is unavailable; "" = running */
	bool running;
	void *state; /* the collector's own */
	char file[64];
	FILE *f; /* NULL when there is no run directory */
	size_t ncols;
	struct pb_rows *rows;
	uint64_t n_rows, dropped, errors;
	int last_errno;
	int64_t cpu_ns, wall_ns;
	int64_t rest_until_ns; /* too dear for this interval: left out until then */
	int64_t next_ns;       /* as the collector's spacing wants it */
	uint64_t skipped;      /* ticks left out */
};

/*
 * Probes and starts c, with a CSV file below dir unless that is NULL; watch (or NULL) is told about it. A
 * source that cannot be read is data: only the run directory and memory can fail here.
 */
int pb_source_open(struct pb_source *x, const struct pb_collector *c, const struct pb_target *t,
		   struct pb_rundir *dir, const struct pb_watch *watch, struct pb_err *err);
/*
 * One sample, or the last one of the run. cpu0 is the thread's CPU time (CLOCK_THREAD_CPUTIME_ID) before;
 * returns it afterwards, so that a row of sources needs one clock read each.
 */
int64_t pb_source_sample(struct pb_source *x, bool last, int64_t cpu0);
/* Gives full chunks to the writer; with all, whatever there is. */
void pb_source_give(struct pb_source *x, struct pb_writer *w, bool all);
/* Stops the collector and commits its file. 0 or -errno. */
int pb_source_close(struct pb_source *x, struct pb_rundir *dir, struct pb_err *err);
/* The source's entry in the manifest; missed: ticks the sampler could not keep. */
json_t *pb_source_json(const struct pb_source *x, uint64_t missed);

/* ns of a clock. */
int64_t pb_clock_ns(clockid_t id);
/* Host clock of every stamp: CLOCK_MONOTONIC_RAW in ns. */
int64_t pb_now_ns(void);

#endif
