/*
 * io_uring backend: registered files and buffers, submission in batches.
 * Reads, writes and flushes; trims are done by the core. Does not count, time
 * or steer anything.
 */
#include "engine/ioengine/backends.h"
#include "engine/ioengine/ring.h"
#include "engine/ioengine/slot.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

static void register_files(struct thread_data *td, struct pb_ring *r)
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
	r->files = io_uring_register_files(&r->ring, fds, td->o.nr_files) == 0;
	r->n_files = td->o.nr_files;
	free(fds);
}

/* Whether the disk has queues that can be polled; a partition has those of its disk. */
static bool can_poll(const struct fio_file *f)
{
	static const char *const where[] = {"queue", "../queue"};
	char path[128], value = '0';
	struct stat st;
	FILE *file;
	unsigned i;

	if (stat(f->file_name, &st) || !S_ISBLK(st.st_mode))
		return false;
	for (i = 0; i < PB_COUNT(where); i++) {
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s/io_poll", major(st.st_rdev),
			 minor(st.st_rdev), where[i]);
		file = fopen(path, "r");
		if (!file)
			continue;
		value = (char)fgetc(file);
		fclose(file);
		break;
	}
	return value == '1';
}

static int check_poll(struct thread_data *td)
{
	struct fio_file *f;
	unsigned i;

	for_each_file(td, f, i)
	{
		if (can_poll(f))
			continue;
		log_err("passthru: %s has no queues to poll (for NVMe: load the driver with "
			"nvme.poll_queues=N)\n",
			f->file_name);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* In an entry of the ring all that prepare_flush and uring_prepare do not write: it stays. */
static void fill_entries(struct pb_ring *r)
{
	unsigned i;

	for (i = 0; i < r->ring.sq.ring_entries; i++)
		r->ring.sq.sqes[i].flags = r->files ? IOSQE_FIXED_FILE : 0;
	r->opcode[DDIR_READ] = r->buffers ? IORING_OP_READ_FIXED : IORING_OP_READ;
	r->opcode[DDIR_WRITE] = r->buffers ? IORING_OP_WRITE_FIXED : IORING_OP_WRITE;
}

static int uring_open(struct thread_data *td, struct pb_job *job)
{
	struct pb_ring *r;
	int rc = job->modes & PB_MODE_IOPOLL ? check_poll(td) : 0;

	rc = rc ? rc : pb_ring_open(td, job, 0, &r);
	if (rc)
		return rc;
	register_files(td, r);
	fill_entries(r);
	return 0;
}

static int set_file(struct pb_ring *r, const struct fio_file *f, int fd)
{
	int rc;

	if (!r->files || (unsigned)f->fileno >= r->n_files)
		return 0;
	rc = io_uring_register_files_update(&r->ring, (unsigned)f->fileno, &fd, 1);
	return rc < 0 ? rc : 0;
}

static int uring_file_opened(struct thread_data *td, struct pb_job *job, struct fio_file *f)
{
	(void)td;
	return set_file(job->backend_data, f, f->fd);
}

static void uring_file_closing(struct pb_job *job, struct fio_file *f)
{
	set_file(job->backend_data, f, -1);
}

static enum fio_q_status __attribute__((noinline)) prepare_flush(struct pb_job *job, struct io_u *io_u)
{
	const struct pb_ring *r = job->backend_data;
	struct io_uring_sqe *sqe;

	if (io_u->ddir == DDIR_SYNC_FILE_RANGE)
		return pb_slot_refuse(job, io_u, EINVAL);
	sqe = pb_ring_next(job->backend_data);
	sqe->opcode = IORING_OP_FSYNC;
	sqe->ioprio = 0;
	sqe->fd = r->files ? io_u->file->fileno : io_u->file->fd;
	sqe->off = 0;
	sqe->addr = 0;
	sqe->len = 0;
	sqe->fsync_flags = io_u->ddir == DDIR_DATASYNC ? IORING_FSYNC_DATASYNC : 0;
	sqe->user_data = (uintptr_t)io_u;
	sqe->buf_index = 0;
	return FIO_Q_QUEUED;
}

static enum fio_q_status uring_prepare(struct thread_data *td, struct pb_job *job, struct io_u *io_u)
{
	struct pb_ring *r = job->backend_data;
	struct io_uring_sqe *sqe;

	if (!ddir_rw(io_u->ddir))
		return prepare_flush(job, io_u);
	sqe = pb_ring_next(r);
	sqe->opcode = r->opcode[io_u->ddir];
	sqe->ioprio = (uint16_t)td->ioprio;
	sqe->fd = r->files ? io_u->file->fileno : io_u->file->fd;
	sqe->off = io_u->offset;
	sqe->addr = (uintptr_t)io_u->xfer_buf;
	sqe->len = (uint32_t)io_u->xfer_buflen;
	sqe->rw_flags = 0;
	sqe->user_data = (uintptr_t)io_u;
	sqe->buf_index = (uint16_t)io_u->index;
	return FIO_Q_QUEUED;
}

const struct pb_backend pb_backend_uring = {
	.name = "uring",
	.help = PB_BACKEND_HELP_uring,
	.modes = PB_MODE_IOPOLL | PB_MODE_SQPOLL,
	.explain = pb_ring_explain,
	.open = uring_open,
	.close = pb_ring_close,
	.file_opened = uring_file_opened,
	.file_closing = uring_file_closing,
	.prepare = uring_prepare,
	.submit = pb_ring_submit,
	.reap = pb_ring_reap,
};
