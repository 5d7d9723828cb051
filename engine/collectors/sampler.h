/*
 * Drives the collectors: one thread on an absolute schedule, rows into
 * memory, a writer thread that turns them into CSV below the run directory's host/ folder.
 */
#ifndef PB_COLLECTORS_SAMPLER_H
#define PB_COLLECTORS_SAMPLER_H

#include <jansson.h>
#include <stdint.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/source.h"
#include "engine/lib/err.h"
#include "engine/lib/rundir.h"

struct pb_sampler; /* opaque */

struct pb_sampler_opts {
	int64_t interval_ns;          /* fast tick, 10 ms at least */
	const struct pb_strv *only;   /* collectors by name; NULL or empty = all */
	int cpu;                      /* CPU to run on, -1 = one that is not measured, if there is one */
	const struct pb_watch *watch; /* who looks on, or NULL; borrowed until the sampler is stopped */
};

/*
 * Probes and starts all collectors for the target and begins sampling. A collector that is unavailable
 * is recorded, not an error; an unknown name in `only` is PB_USAGE and lists the known ones. dir NULL: no
 * files, the rows are for the watcher alone.
 */
int pb_sampler_start(struct pb_sampler **s, const struct pb_target *target, struct pb_rundir *dir,
		     const struct pb_sampler_opts *opts, struct pb_err *err);
/* Takes the last samples, stops the threads, commits the CSV files. Frees s. *collectors is the manifest's
 * array, *sampling its object (new references; NULL pointers allowed). */
int pb_sampler_stop(struct pb_sampler *s, json_t **collectors, json_t **sampling, struct pb_err *err);

#endif
