/*
 * io_uring rings: the newest flags that the kernel knows, task work run only
 * when we ask for it, buffers registered where memory may be locked.
 */
#include "engine/ioengine/ring.h"
#include "engine/ioengine/slot.h"

#include <fcntl.h>
#include <unistd.h>

#define SQPOLL_IDLE_MS 2000

#define RARE __attribute__((noinline))

/* Best first; a kernel that does not know a flag says EINVAL and gets the next set. */
static const unsigned setup_flags[] = {
	IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_DEFER_TASKRUN, /* 6.1 */
	IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN,                              /* 6.0 */
	IORING_SETUP_COOP_TASKRUN,                                                           /* 5.19 */
	0,
};

static int setup(struct pb_ring *r, unsigned depth, unsigned flags)
{
	unsigned i;
	int rc = -EINVAL;

	for (i = 0; i < PB_COUNT(setup_flags) && rc == -EINVAL; i++) {
		struct io_uring_params p = {.flags = setup_flags[i] | flags | IORING_SETUP_CLAMP};

		/* the kernel's thread submits: there is no task work of ours to hold back */
		if (r->sqpoll) {
			p.flags &= ~(IORING_SETUP_COOP_TASKRUN | IORING_SETUP_DEFER_TASKRUN);
			p.sq_thread_idle = SQPOLL_IDLE_MS;
		}
		rc = io_uring_queue_init_params(depth, &r->ring, &p);
	}
	return rc;
}

/* The io_u's buffers, by io_u index. */
static void register_buffers(struct thread_data *td, struct pb_ring *r)
{
	struct iovec *iov = calloc(td->o.iodepth, sizeof(*iov));
	struct io_u *io_u;
	unsigned n = 0;
	int i;

	if (!iov)
		return;
	io_u_qiter(&td->io_u_all, io_u, i)
	{
		if (io_u->index >= td->o.iodepth)
			goto out;
		iov[io_u->index].iov_base = io_u->buf;
		iov[io_u->index].iov_len = td_max_bs(td);
		n++;
	}
	if (n == td->o.iodepth)
		r->buffers = io_uring_register_buffers(&r->ring, iov, n) == 0;
out:
	free(iov);
}

int pb_ring_open(struct thread_data *td, struct pb_job *job, unsigned flags, struct pb_ring **ring)
{
	struct pb_ring *r = calloc(1, sizeof(*r));
	unsigned i;
	int rc;

	if (!r)
		return -ENOMEM;
	r->sqpoll = job->modes & PB_MODE_SQPOLL;
	if (r->sqpoll)
		flags |= IORING_SETUP_SQPOLL;
	if (job->modes & PB_MODE_IOPOLL)
		flags |= IORING_SETUP_IOPOLL;
	rc = setup(r, td->o.iodepth, flags);
	if (rc) {
		free(r);
		return rc;
	}
	r->comes_alone = r->sqpoll && !(job->modes & PB_MODE_IOPOLL);
	r->sqe_shift = r->ring.flags & IORING_SETUP_SQE128 ? 7 : 6;
	r->cqe_shift = r->ring.flags & IORING_SETUP_CQE32 ? 5 : 4;
	/* entries are submitted in the order of the ring: pb_ring_next */
	for (i = 0; i < r->ring.sq.ring_entries; i++)
		r->ring.sq.array[i] = i;
	if (r->ring.sq.ring_entries < td->o.iodepth)
		pb_slot_cap(job, r->ring.sq.ring_entries);
	register_buffers(td, r);
	job->backend_data = r;
	*ring = r;
	return 0;
}

void pb_ring_close(struct pb_job *job)
{
	struct pb_ring *r = job->backend_data;

	io_uring_queue_exit(&r->ring);
	free(r);
	job->backend_data = NULL;
}

/* The kernel's thread takes what is in the ring, and has to be woken when it has slept. */
static RARE int wake(struct pb_ring *r, unsigned n)
{
	int rc;

	io_uring_smp_mb(); /* the tail is seen before the flag is looked at */
	if (!(IO_URING_READ_ONCE(*r->ring.sq.kflags) & IORING_SQ_NEED_WAKEUP))
		return (int)n;
	rc = io_uring_enter((unsigned)r->ring.ring_fd, n, 0, IORING_ENTER_SQ_WAKEUP, NULL);
	return rc < 0 ? rc : (int)n;
}

int pb_ring_submit(struct pb_job *job, unsigned n)
{
	struct pb_ring *r = job->backend_data;

	io_uring_smp_store_release(r->ring.sq.ktail, r->ring.sq.sqe_tail);
	if (r->sqpoll)
		return wake(r, n);
	/* runs deferred task work in the same system call */
	return io_uring_enter((unsigned)r->ring.ring_fd, n, 0, IORING_ENTER_GETEVENTS, NULL);
}

static inline unsigned ready(const struct pb_ring *r)
{
	return io_uring_smp_load_acquire(r->ring.cq.ktail) - *r->ring.cq.khead;
}

/* Takes the first n of what is in the completion ring, one at least. */
static inline int take(struct pb_ring *r, unsigned n, struct pb_done *done)
{
	const struct io_uring_cq *cq = &r->ring.cq;
	unsigned head = *cq->khead, end = head + n;

	do {
		const struct io_uring_cqe *cqe =
			(const void *)((const char *)cq->cqes +
				       ((size_t)(head & cq->ring_mask) << r->cqe_shift));

		done->io_u = io_uring_cqe_get_data(cqe);
		done->res = cqe->res;
		done++;
	} while (++head != end);
	io_uring_smp_store_release(cq->khead, head);
	return (int)n;
}

static int wait_for(struct pb_ring *r, unsigned min)
{
	int rc = io_uring_enter((unsigned)r->ring.ring_fd, 0, min, IORING_ENTER_GETEVENTS, NULL);

	return rc == -EINTR || rc == -EAGAIN ? 0 : rc;
}

/* When one wait did not bring all: a signal, or polling, which ends with what there is. */
static RARE int collect(struct pb_ring *r, unsigned min, unsigned max, struct pb_done *done)
{
	unsigned n = 0, k;
	int rc;

	for (;;) {
		k = ready(r);
		k = k < max - n ? k : max - n;
		n += k ? (unsigned)take(r, k, done + n) : 0;
		if (n >= min)
			return (int)n;
		rc = wait_for(r, min - n);
		if (rc < 0)
			return rc;
	}
}

/* The part of pb_ring_reap that makes system calls: apart, so that the other is short. */
static RARE int await(struct pb_ring *r, unsigned min, unsigned max, struct pb_done *done)
{
	unsigned n;
	int rc;

	if (!min && r->comes_alone)
		return 0;
	rc = wait_for(r, min);
	if (rc < 0)
		return rc;
	n = ready(r);
	if (n < min)
		return collect(r, min, max, done);
	return n ? take(r, n < max ? n : max, done) : 0;
}

int pb_ring_reap(struct pb_job *job, unsigned min, unsigned max, struct pb_done *done)
{
	struct pb_ring *r = job->backend_data;
	unsigned n = ready(r);

	if (!n || n < min)
		return await(r, min, max, done);
	return take(r, n < max ? n : max, done);
}

void pb_ring_explain(int rc, char *why, size_t size)
{
	char value = '0';
	int fd;

	if (rc == -ENOSYS) {
		snprintf(why, size, "this kernel has no io_uring");
		return;
	}
	fd = rc == -EPERM ? open("/proc/sys/kernel/io_uring_disabled", O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		if (read(fd, &value, 1) != 1)
			value = '0';
		close(fd);
	}
	if (value != '0')
		snprintf(why, size, "disabled by sysctl kernel.io_uring_disabled=%c", value);
	else
		snprintf(why, size, "%s", strerror(-rc));
}
