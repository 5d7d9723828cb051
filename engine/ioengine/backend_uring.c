/*
 * io_uring backend: registered files and buffers, submission in batches, task
 * work run only when we ask for it. Reads, writes and flushes; trims are done
 * by the core. Does not count, time or steer anything.
 */
#include "engine/ioengine/passthru.h"

#include <liburing.h>

struct uring {
	struct io_uring ring;
	bool files, buffers; /* registered with the kernel */
	unsigned n_files;
};

/* Best first; a kernel that does not know a flag says EINVAL and gets the next set. */
static const unsigned setup_flags[] = {
	IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_DEFER_TASKRUN, /* 6.1 */
	IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN,                              /* 6.0 */
	IORING_SETUP_COOP_TASKRUN,                                                           /* 5.19 */
	0,
};

static int open_ring(struct uring *u, unsigned depth)
{
	unsigned i;
	int rc = -EINVAL;

	for (i = 0; i < PB_COUNT(setup_flags) && rc == -EINVAL; i++) {
		struct io_uring_params p = {.flags = setup_flags[i] | IORING_SETUP_CLAMP};

		rc = io_uring_queue_init_params(depth, &u->ring, &p);
	}
	return rc;
}

/* The io_u's buffers, by io_u index. Unregistered I/O works too, so failing (RLIMIT_MEMLOCK) is not an error.
 */
static void register_buffers(struct thread_data *td, struct uring *u)
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
		u->buffers = io_uring_register_buffers(&u->ring, iov, n) == 0;
out:
	free(iov);
}

static void register_files(struct thread_data *td, struct uring *u)
{
	struct fio_file *f;
	unsigned i;
	int *fds;

	if (!td->o.nr_files)
		return;
	fds = malloc(td->o.nr_files * sizeof(*fds));
	if (!fds)
		return;
	for_each_file(td, f, i) fds[i] = f->fd; /* -1 is an empty place, filled when the file is opened */
	u->files = io_uring_register_files(&u->ring, fds, td->o.nr_files) == 0;
	u->n_files = td->o.nr_files;
	free(fds);
}

static int uring_open(struct thread_data *td, struct pb_job *job)
{
	struct uring *u = calloc(1, sizeof(*u));
	int rc;

	if (!u)
		return -ENOMEM;
	rc = open_ring(u, td->o.iodepth);
	if (rc) {
		free(u);
		return rc;
	}
	register_buffers(td, u);
	register_files(td, u);
	job->backend_data = u;
	return 0;
}

static void uring_close(struct pb_job *job)
{
	struct uring *u = job->backend_data;

	io_uring_queue_exit(&u->ring);
	free(u);
	job->backend_data = NULL;
}

static int set_file(struct uring *u, const struct fio_file *f, int fd)
{
	int rc;

	if (!u->files || (unsigned)f->fileno >= u->n_files)
		return 0;
	rc = io_uring_register_files_update(&u->ring, (unsigned)f->fileno, &fd, 1);
	return rc < 0 ? rc : 0;
}

static int uring_file_opened(struct pb_job *job, struct fio_file *f)
{
	return set_file(job->backend_data, f, f->fd);
}

static void uring_file_closing(struct pb_job *job, struct fio_file *f)
{
	set_file(job->backend_data, f, -1);
}

static void prepare_rw(const struct uring *u, struct io_uring_sqe *sqe, struct io_u *io_u)
{
	unsigned len = (unsigned)io_u->xfer_buflen;
	int fd = io_u->file->fd, index = (int)io_u->index;

	if (io_u->ddir == DDIR_READ && u->buffers)
		io_uring_prep_read_fixed(sqe, fd, io_u->xfer_buf, len, io_u->offset, index);
	else if (io_u->ddir == DDIR_READ)
		io_uring_prep_read(sqe, fd, io_u->xfer_buf, len, io_u->offset);
	else if (u->buffers)
		io_uring_prep_write_fixed(sqe, fd, io_u->xfer_buf, len, io_u->offset, index);
	else
		io_uring_prep_write(sqe, fd, io_u->xfer_buf, len, io_u->offset);
}

static int uring_prepare(struct thread_data *td, struct pb_job *job, struct io_u *io_u)
{
	struct uring *u = job->backend_data;
	struct io_uring_sqe *sqe;

	if (io_u->ddir == DDIR_SYNC_FILE_RANGE)
		return -EINVAL;
	sqe = io_uring_get_sqe(&u->ring);
	if (!sqe)
		return -EBUSY;
	if (ddir_rw(io_u->ddir))
		prepare_rw(u, sqe, io_u);
	else
		io_uring_prep_fsync(sqe, io_u->file->fd,
				    io_u->ddir == DDIR_DATASYNC ? IORING_FSYNC_DATASYNC : 0);
	if (u->files) {
		sqe->fd = io_u->file->fileno;
		sqe->flags |= IOSQE_FIXED_FILE;
	}
	sqe->ioprio = ddir_rw(io_u->ddir) ? (unsigned short)td->ioprio : 0;
	io_uring_sqe_set_data(sqe, io_u);
	return 0;
}

static int uring_submit(struct pb_job *job, unsigned n)
{
	struct uring *u = job->backend_data;
	int rc;

	(void)n; /* the ring knows what it holds */
	/* Runs deferred task work in the same system call. */
	rc = io_uring_submit_and_get_events(&u->ring);
	if (rc == -EINTR || rc == -EAGAIN || rc == -EBUSY)
		return 0;
	return rc;
}

/* Takes what is in the completion ring, without a system call. */
static unsigned take(struct uring *u, unsigned max, struct pb_done *done)
{
	struct io_uring_cqe *cqe;
	unsigned head, n = 0;

	io_uring_for_each_cqe(&u->ring, head, cqe)
	{
		if (n == max)
			break;
		done[n].io_u = io_uring_cqe_get_data(cqe);
		done[n].res = cqe->res;
		n++;
	}
	io_uring_cq_advance(&u->ring, n);
	return n;
}

static int uring_reap(struct pb_job *job, unsigned min, unsigned max, struct pb_done *done)
{
	struct uring *u = job->backend_data;
	unsigned n = take(u, max, done);
	bool looked = false;

	while (n < min || (!n && !looked)) {
		struct io_uring_cqe *cqe;
		int rc;

		if (min > n)
			rc = io_uring_wait_cqe_nr(&u->ring, &cqe, min - n);
		else
			rc = io_uring_get_events(&u->ring);
		if (rc < 0 && rc != -EINTR && rc != -EAGAIN)
			return rc;
		looked = true;
		n += take(u, max - n, done + n);
	}
	return (int)n;
}

const struct pb_backend pb_backend_uring = {
	.name = "uring",
	.help = "io_uring with registered files and buffers",
	.open = uring_open,
	.close = uring_close,
	.file_opened = uring_file_opened,
	.file_closing = uring_file_closing,
	.prepare = uring_prepare,
	.submit = uring_submit,
	.reap = uring_reap,
};
