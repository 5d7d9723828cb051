/*
 * One measured window at one depth: set the depth, drop the transient,
 * sample, difference two snapshots of the engine's page, judge validity.
 */
#ifndef PB_RUN_MEASURE_H
#define PB_RUN_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/lib/err.h"
#include "engine/lib/stats.h"
#include "engine/run/guest/agent_client.h"

#define PB_MIN_BATCHES 5
#define PB_MEASURE_POLL_MS 100
#define PB_MEASURE_SHOW_MS 1000
#define PB_MEASURE_WATCH_MS 500

struct pb_step {
	int64_t t0_ns, t1_ns; /* guest clock */
	const char *phase;    /* "sweep", "a", "b": a literal */
	unsigned block;
	unsigned depth;
	double mean_depth;
	int64_t completed, failed, bytes;
	struct pb_ci iops, p50, p99; /* 1/s, ns, ns */
	double bw_bytes_s, lat_mean_ns, lat_max_ns, p999_ns;
	unsigned batches;
	double lag1;
	double *rates; /* owned: IOPS of each telemetry interval in order of time, what batches are made of */
	unsigned n_rates;
	bool valid;
	bool ended; /* fio ended by itself in this window */
	bool paced; /* latency counts from a plan, not from submission: Little's law does not hold for it */
	char reason[96];
	uint64_t (*hist)[PB_HIST_BINS]; /* [3], owned: read, write, trim of this window */
};

struct pb_measure_opts {
	unsigned depth, block;
	const char *phase;
	int settle_ms;     /* dropped after the depth was set */
	int settle_max_ms; /* 0 = exactly settle_ms; else the end of the transient is looked for until then */
	int min_ms, max_ms; /* sampled: at least, at most */
	/*
	 * Asked every PB_MEASURE_POLL_MS from min_ms on whether this is enough; NULL = never. so_far has
	 * t0_ns, t1_ns, completed, iops, batches, lag1 and rates.
	 */
	bool (*enough)(void *arg, const struct pb_step *so_far);
	/* Called every PB_MEASURE_SHOW_MS of a window that long, NULL = never: so_far has the quantiles too.
	 * left_s: what is left of the window at most. */
	void (*show)(void *arg, const struct pb_step *so_far, double left_s);
	void *arg;
	double ceiling_bytes_s; /* what the link can carry; 0 = unknown */
	bool paced;             /* as in struct pb_step */
	int64_t *cursor;        /* next telemetry row to fetch; 0 before the first window; borrowed */
	/* I/Os that had failed up to the end of the last window: none gets lost between windows; borrowed */
	int64_t *failed;
};

/*
 * A window in which I/Os fail, or fio ends, is over within PB_MEASURE_WATCH_MS: nothing that could still come
 * would make it valid, and a dead disk fails I/Os as fast as the CPU can ask. It is returned, invalid, not an
 * error.
 */
int pb_measure(struct pb_conn *c, const struct pb_measure_opts *o, struct pb_step *out, struct pb_err *err);
void pb_step_fini(struct pb_step *s);

/* Fills everything that follows from rows and two snapshots (tests; no connection needed). */
void pb_step_compute(struct pb_step *s, const struct pb_row *rows, size_t n, const struct pb_hist_snap *h0,
		     const struct pb_hist_snap *h1, double ceiling_bytes_s);

#endif
