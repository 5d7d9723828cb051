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
	unsigned n_files;
};

/*
 * A ring for td->o.iodepth I/Os with `flags` (of io_uring_setup) and what the kernel and job->modes allow
 * beyond. Registers the I/Os' buffers; unregistered ones work too. 0 or -errno; *ring is then
 * job->backend_data.
 */
int pb_ring_open(struct thread_data *td, struct pb_job *job, unsigned flags, struct pb_ring **ring);
void pb_ring_close(struct pb_job *job);
int pb_ring_submit(struct pb_job *job, unsigned n);
int pb_ring_reap(struct pb_job *job, unsigned min, unsigned max, struct pb_done *done);
/* What an error of opening a ring means here. */
void pb_ring_explain(int rc, char *why, size_t size);

#endif
