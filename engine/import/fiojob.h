/*
 * fio's jobs of one group, which ran at the same time, as one step: counts are added up, latencies pooled.
 */
#ifndef PB_IMPORT_FIOJOB_H
#define PB_IMPORT_FIOJOB_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/import/stepfile.h"

/* An option of a job: from "job options", else from "global options"; dflt when neither has it. Borrowed. */
const char *pb_fio_option(const json_t *global, const json_t *job, const char *name, const char *dflt);

struct pb_fio_group {
	int64_t id;
	unsigned entries;  /* jobs in the file */
	int64_t depth;     /* I/Os in flight, as asked for */
	double runtime_ms; /* of the longest direction */
	double ios[PB_DIRECTIONS], bytes[PB_DIRECTIONS];
	double iops, bw_bytes_s;
	double iops_sd, iops_n;   /* of the total over time; n: samples */
	double lat_sum_ns, lat_n; /* completion latency */
	double in_flight;         /* Little's law: I/Os a second times time from submission to completion */
	double errors;
	unsigned parts;                 /* directions of jobs with I/Os */
	bool histogram;                 /* all of them have one */
	bool submission;                /* some latency is from before the submission: lat instead of clat */
	double p50_ns, p99_ns, p999_ns; /* of the last part; meaningful when it is the only one */
	uint64_t bins[PB_DIRECTIONS][PB_HIST_BINS];
};

/*
 * Adds one object of fio's "jobs". same: entries of the group that have the same name. PB_USAGE, naming the
 * job and the member, for a number that cannot be; `file` is for the message.
 */
int pb_fio_group_add(struct pb_fio_group *g, const json_t *global, const json_t *job, unsigned same,
		     const char *file, struct pb_err *err);
/* The group as a step that ended at t1_ns; s borrows the histogram. False when quantiles had to be left out.
 */
bool pb_fio_group_step(const struct pb_fio_group *g, int64_t t1_ns, struct pb_import_step *s);

#endif
