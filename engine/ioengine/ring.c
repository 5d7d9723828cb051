/*
 * io_uring rings: the newest flags that the kernel knows, task work run only
 * when we ask for it, buffers registered where memory may be locked.
 */
#include "engine/ioengine/ring.h"

#include <fcntl.h>
#include <unistd.h>

#define SQPOLL_IDLE_MS 2000

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

int pb_ring_submit(struct pb_job *job, unsigned n)
{
	struct pb_ring *r = job->backend_data;
	int rc;

	(void)n; /* the ring knows what it holds */
	if (r->sqpoll)
		rc = io_uring_submit(&r->ring);
	else /* runs deferred task work in the same system call */
		rc = io_uring_submit_and_get_events(&r->ring);
	if (rc == -EINTR || rc == -EAGAIN || rc == -EBUSY)
		return 0;
	return rc;
}

/* Takes what is in the completion ring, without a system call. */
static inline unsigned take(struct pb_ring *r, unsigned max, struct pb_done *done)
{
	struct io_uring_cq *cq = &r->ring.cq;
	unsigned head = *cq->khead, ready = io_uring_smp_load_acquire(cq->ktail) - head;
	unsigned i, n = ready < max ? ready : max;

	for (i = 0; i < n; i++) {
		const struct io_uring_cqe *cqe =
			&cq->cqes[io_uring_cqe_index(&r->ring, head + i, cq->ring_mask)];

		done[i].io_u = io_uring_cqe_get_data(cqe);
		done[i].res = cqe->res;
	}
	io_uring_cq_advance(&r->ring, n);
	return n;
}

int pb_ring_reap(struct pb_job *job, unsigned min, unsigned max, struct pb_done *done)
{
	struct pb_ring *r = job->backend_data;
	unsigned n = take(r, max, done);
	bool looked;

	if (n >= min && n)
		return (int)n;
	looked = r->sqpoll && !(job->modes & PB_MODE_IOPOLL);
	while (n < min || (!n && !looked)) {
		/* liburing's own waiting looks into the ring before and after, which take() does already */
		int rc = io_uring_enter(r->ring.ring_fd, 0, min > n ? min - n : 0, IORING_ENTER_GETEVENTS,
					NULL);

		if (rc < 0 && rc != -EINTR && rc != -EAGAIN)
			return rc;
		looked = true;
		n += take(r, max - n, done + n);
	}
	return (int)n;
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
