/*
 * An io_uring ring as both ring backends use it: setting it up with what the
 * kernel has, registering, submitting, reaping. What goes into a submission is the backend's.
 */
#ifndef PB_IOENGINE_RING_H
#define PB_IOENGINE_RING_H

#include "engine/ioengine/passthru.h"

#include <liburing.h>

struct pb_ring {
	struct io_uring ring;
	bool files, buffers; /* registered with the kernel */
	bool sqpoll;
	bool comes_alone; /* completions come without a system call that asks for them */
	unsigned n_files;
	unsigned sqe_shift, cqe_shift; /* an entry has 1 << shift bytes */
	uint8_t opcode[2];             /* by direction (fio's): read, write */
};

/*
 * The next submission entry, in which what an earlier I/O wrote still stands. It is the kernel's with the
 * next pb_ring_submit. There is always a free one: a job holds no more I/Os than the ring has entries. By
 * hand, because liburing's helpers take three times the instructions.
 */
static inline struct io_uring_sqe *pb_ring_next(struct pb_ring *r)
{
	struct io_uring_sq *sq = &r->ring.sq;
	unsigned tail = sq->sqe_tail++;

	return (struct io_uring_sqe *)((char *)sq->sqes + ((size_t)(tail & sq->ring_mask) << r->sqe_shift));
}

/*
 * A ring for td->o.iodepth I/Os (fewer, when the kernel has no longer ones: the job is capped) with `flags`
 * (of io_uring_setup) and what the kernel and job->modes allow beyond. Registers the I/Os' buffers;
 * unregistered ones work too. 0 or -errno; *ring is then job->backend_data.
 */
int pb_ring_open(struct thread_data *td, struct pb_job *job, unsigned flags, struct pb_ring **ring);
void pb_ring_close(struct pb_job *job);
int pb_ring_submit(struct pb_job *job, unsigned n);
int pb_ring_reap(struct pb_job *job, unsigned min, unsigned max, struct pb_done *done);
/* What an error of opening a ring means here. */
void pb_ring_explain(int rc, char *why, size_t size);

#endif
