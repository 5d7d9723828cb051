/*
 * Linux native AIO: for guests whose io_uring is missing or switched off.
 * Reads, writes and flushes. Only the header of libaio is used: the plugin makes the system calls itself, so
 * that it needs no library that the guest may not have.
 */
#include "engine/ioengine/backends.h"
#include "engine/ioengine/slot.h"

#include <libaio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FLAG_IOPRIO (1u << 1) /* IOCB_FLAG_IOPRIO of the kernel's aio_abi.h, which libaio.h lacks */

struct aio {
	io_context_t ctx;
	unsigned depth;
	struct iocb *iocbs;  /* by io_u index */
	struct iocb **ready; /* prepared, from `first` on */
	unsigned first, n_ready;
	struct io_event *events;
};

static void release(struct aio *a)
{
	if (a->ctx)
		syscall(SYS_io_destroy, a->ctx);
	free(a->iocbs);
	free(a->ready);
	free(a->events);
	free(a);
}

static int aio_open(struct thread_data *td, struct pb_job *job)
{
	struct aio *a = calloc(1, sizeof(*a));
	int rc = 0;

	if (!a)
		return -ENOMEM;
	a->depth = td->o.iodepth;
	a->iocbs = calloc(a->depth, sizeof(*a->iocbs));
	a->ready = calloc(a->depth, sizeof(struct iocb *));
	a->events = calloc(a->depth, sizeof(*a->events));
	if (!a->iocbs || !a->ready || !a->events)
		rc = -ENOMEM;
	else if (syscall(SYS_io_setup, a->depth, &a->ctx) < 0)
		rc = -errno;
	if (rc)
		release(a);
	else
		job->backend_data = a;
	return rc;
}

static void aio_close(struct pb_job *job)
{
	release(job->backend_data);
	job->backend_data = NULL;
}

static enum fio_q_status aio_prepare(struct thread_data *td, struct pb_job *job, struct io_u *io_u)
{
	struct aio *a = job->backend_data;
	int fd = io_u->file->fd;
	struct iocb *cb;

	if (io_u->index >= a->depth || io_u->ddir == DDIR_SYNC_FILE_RANGE)
		return pb_slot_refuse(job, io_u, EINVAL);
	cb = &a->iocbs[io_u->index];
	if (io_u->ddir == DDIR_READ)
		io_prep_pread(cb, fd, io_u->xfer_buf, io_u->xfer_buflen, (long long)io_u->offset);
	else if (io_u->ddir == DDIR_WRITE)
		io_prep_pwrite(cb, fd, io_u->xfer_buf, io_u->xfer_buflen, (long long)io_u->offset);
	else if (io_u->ddir == DDIR_DATASYNC)
		io_prep_fdsync(cb, fd);
	else
		io_prep_fsync(cb, fd);
	cb->data = io_u;
	if (ddir_rw(io_u->ddir) && td->ioprio) {
		cb->u.c.flags = FLAG_IOPRIO;
		cb->aio_reqprio = (short)td->ioprio;
	}
	a->ready[a->first + a->n_ready++] = cb;
	return FIO_Q_QUEUED;
}

static int aio_submit(struct pb_job *job, unsigned n)
{
	struct aio *a = job->backend_data;
	long rc = syscall(SYS_io_submit, a->ctx, (long)a->n_ready, a->ready + a->first);

	(void)n; /* all that is prepared */
	if (rc < 0)
		return -errno;
	a->first += (unsigned)rc;
	a->n_ready -= (unsigned)rc;
	if (!a->n_ready)
		a->first = 0;
	return (int)rc;
}

static int aio_reap(struct pb_job *job, unsigned min, unsigned max, struct pb_done *done)
{
	static const struct timespec zero;
	struct aio *a = job->backend_data;
	long i, n;

	do
		n = syscall(SYS_io_getevents, a->ctx, (long)min, (long)max, a->events, min ? NULL : &zero);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	for (i = 0; i < n; i++) {
		done[i].io_u =
			(struct io_u *)(uintptr_t)a->events[i].data; /* NOLINT(performance-no-int-to-ptr) */
		done[i].res = a->events[i].res;
	}
	return (int)n;
}

const struct pb_backend pb_backend_libaio = {
	.name = "libaio",
	.help = PB_BACKEND_HELP_libaio,
	.open = aio_open,
	.close = aio_close,
	.prepare = aio_prepare,
	.submit = aio_submit,
	.reap = aio_reap,
};
