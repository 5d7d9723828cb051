/*
 * One I/O at a time by pread and pwrite: what every kernel can do. It holds
 * depth 1 whatever the target says.
 */
#include "engine/ioengine/backends.h"
#include "engine/ioengine/slot.h"

#include <unistd.h>

struct psync {
	struct io_u *io_u; /* prepared, later done */
	int64_t res;
};

static int psync_open(struct thread_data *td, struct pb_job *job)
{
	(void)td;
	job->backend_data = calloc(1, sizeof(struct psync));
	return job->backend_data ? 0 : -ENOMEM;
}

static void psync_close(struct pb_job *job)
{
	free(job->backend_data);
	job->backend_data = NULL;
}

/* A job with depth_max 1 comes with one at a time. */
static enum fio_q_status psync_prepare(struct thread_data *td, struct pb_job *job, struct io_u *io_u)
{
	struct psync *p = job->backend_data;

	(void)td;
	if (io_u->ddir == DDIR_SYNC_FILE_RANGE)
		return pb_slot_refuse(job, io_u, EINVAL);
	p->io_u = io_u;
	return FIO_Q_QUEUED;
}

static int64_t transfer(const struct io_u *io_u)
{
	off_t at = (off_t)io_u->offset;
	int fd = io_u->file->fd;

	switch (io_u->ddir) {
	case DDIR_READ:
		return pread(fd, io_u->xfer_buf, io_u->xfer_buflen, at);
	case DDIR_WRITE:
		return pwrite(fd, io_u->xfer_buf, io_u->xfer_buflen, at);
	case DDIR_DATASYNC:
		return fdatasync(fd);
	default:
		return fsync(fd);
	}
}

static int psync_submit(struct pb_job *job, unsigned n)
{
	struct psync *p = job->backend_data;

	(void)n; /* there is one */
	do
		p->res = transfer(p->io_u);
	while (p->res < 0 && errno == EINTR);
	if (p->res < 0)
		p->res = -errno;
	return 1;
}

static int psync_reap(struct pb_job *job, unsigned min, unsigned max, struct pb_done *done)
{
	struct psync *p = job->backend_data;

	(void)min;
	if (!p->io_u || !max)
		return 0;
	done[0] = (struct pb_done){.io_u = p->io_u, .res = p->res};
	p->io_u = NULL;
	return 1;
}

const struct pb_backend pb_backend_psync = {
	.name = "psync",
	.help = PB_BACKEND_HELP_psync,
	.depth_max = 1,
	.open = psync_open,
	.close = psync_close,
	.prepare = psync_prepare,
	.submit = psync_submit,
	.reap = psync_reap,
};
