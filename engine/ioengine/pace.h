/*
 * Coordinated omission: a job with a rate has a plan. When the disk falls behind
 * it, the next I/Os are submitted late, and their latency must count from when
 * they were due. fio paces the job; the plan here is the same arithmetic (bytes
 * over rate since the first I/O of the direction), in nanoseconds.
 */
#ifndef PB_IOENGINE_PACE_H
#define PB_IOENGINE_PACE_H

#include "engine/ioengine/slot.h"

/* Prepares the job's plan if it has a rate. 0, or 1 after telling fio why not. */
int pb_pace_open(struct thread_data *td, struct pb_job *job);
void pb_pace_close(struct pb_job *job);
/* A new target starts new plans, ours and fio's: what was missed at another depth is not this one's. */
void pb_pace_restart(struct thread_data *td, struct pb_job *job);
/* io_u is submitted at now_ns: notes when it was due. Only for paced jobs. */
void pb_pace_submit(const struct thread_data *td, struct pb_job *job, const struct io_u *io_u,
		    uint64_t now_ns);

#endif
