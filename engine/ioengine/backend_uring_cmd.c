/*
 * NVMe commands over io_uring, past the block layer: no scheduler, no split,
 * no merge. Reads, writes and flushes. Only when asked for: what it measures
 * is not what a file system in the guest would get.
 */
#include "engine/ioengine/backends.h"
#include "engine/ioengine/nvme_ns.h"
#include "engine/ioengine/ring.h"
#include "engine/ioengine/slot.h"

#include <linux/nvme_ioctl.h>

/* Opcodes of the NVM command set. */
enum { NVME_CMD_FLUSH = 0x00, NVME_CMD_WRITE = 0x01, NVME_CMD_READ = 0x02 };

struct ring_cmd {
	struct pb_ring *ring;
	unsigned n_ns;
	struct pb_nvme_ns ns[]; /* by file number */
};

/* The shared ring functions want their ring in backend_data; ours lies beside the namespaces. */
static struct ring_cmd *own(const struct pb_job *job)
{
	return job->backend_more;
}

static void cmd_close(struct pb_job *job)
{
	struct ring_cmd *c = own(job);
	unsigned i;

	for (i = 0; i < c->n_ns; i++)
		pb_nvme_ns_close(&c->ns[i]);
	free(c);
	job->backend_more = NULL;
	pb_ring_close(job);
}

static int cmd_file_opened(struct thread_data *td, struct pb_job *job, struct fio_file *f)
{
	struct ring_cmd *c = own(job);

	if ((unsigned)f->fileno >= c->n_ns)
		return -EINVAL;
	pb_nvme_ns_close(&c->ns[f->fileno]);
	return pb_nvme_ns_open(td, f, &c->ns[f->fileno]);
}

static void cmd_file_closing(struct pb_job *job, struct fio_file *f)
{
	struct ring_cmd *c = own(job);

	if ((unsigned)f->fileno < c->n_ns)
		pb_nvme_ns_close(&c->ns[f->fileno]);
}

static int cmd_open(struct thread_data *td, struct pb_job *job)
{
	unsigned i, n = td->o.nr_files;
	struct ring_cmd *c = calloc(1, sizeof(*c) + n * sizeof(c->ns[0]));
	struct fio_file *f;
	int rc;

	if (!c)
		return -ENOMEM;
	rc = pb_ring_open(td, job, IORING_SETUP_SQE128 | IORING_SETUP_CQE32, &c->ring);
	if (rc) {
		free(c);
		return rc;
	}
	c->n_ns = n;
	for (i = 0; i < n; i++)
		c->ns[i].fd = -1;
	job->backend_more = c;
	for_each_file(td, f, i)
	{
		if (!rc && f->fd >= 0)
			rc = cmd_file_opened(td, job, f);
	}
	if (rc)
		cmd_close(job);
	return rc;
}

static int fill(struct nvme_uring_cmd *cmd, const struct pb_nvme_ns *ns, const struct io_u *io_u)
{
	uint64_t mask = (1ull << ns->lba_shift) - 1, lba = io_u->offset >> ns->lba_shift;

	*cmd = (struct nvme_uring_cmd){.opcode = NVME_CMD_FLUSH, .nsid = ns->nsid};
	if (!ddir_rw(io_u->ddir))
		return 0;
	if ((io_u->offset | io_u->xfer_buflen) & mask || io_u->xfer_buflen >> ns->lba_shift > 65536)
		return -EINVAL;
	cmd->opcode = io_u->ddir == DDIR_READ ? NVME_CMD_READ : NVME_CMD_WRITE;
	cmd->addr = (uintptr_t)io_u->xfer_buf;
	cmd->data_len = (uint32_t)io_u->xfer_buflen;
	cmd->cdw10 = (uint32_t)lba;
	cmd->cdw11 = (uint32_t)(lba >> 32);
	cmd->cdw12 = (uint32_t)(io_u->xfer_buflen >> ns->lba_shift) - 1;
	return 0;
}

static enum fio_q_status cmd_prepare(struct thread_data *td, struct pb_job *job, struct io_u *io_u)
{
	struct ring_cmd *c = own(job);
	const struct pb_nvme_ns *ns = &c->ns[io_u->file->fileno];
	struct nvme_uring_cmd cmd;
	struct io_uring_sqe *sqe;
	int rc;

	if (io_u->ddir == DDIR_SYNC_FILE_RANGE || (io_u->ddir == DDIR_WRITE && !td_write(td)))
		return pb_slot_refuse(job, io_u, EINVAL);
	rc = fill(&cmd, ns, io_u);
	if (rc)
		return pb_slot_refuse(job, io_u, (unsigned)-rc);
	sqe = pb_ring_next(c->ring);
	memset(sqe, 0, 2 * sizeof(*sqe)); /* SQE128 */
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = ns->fd;
	sqe->cmd_op = NVME_URING_CMD_IO;
	if (c->ring->buffers && ddir_rw(io_u->ddir)) {
		sqe->uring_cmd_flags = IORING_URING_CMD_FIXED;
		sqe->buf_index = (uint16_t)io_u->index;
	}
	memcpy(sqe->cmd, &cmd, sizeof(cmd));
	io_uring_sqe_set_data(sqe, io_u);
	return FIO_Q_QUEUED;
}

/* A result is 0, -errno or the command's NVMe status; a command that ended well moved everything. */
static int cmd_reap(struct pb_job *job, unsigned min, unsigned max, struct pb_done *done)
{
	int i, n = pb_ring_reap(job, min, max, done);

	for (i = 0; i < n; i++) {
		if (done[i].res > 0)
			done[i].res = -EIO;
		else if (!done[i].res && ddir_rw(done[i].io_u->ddir))
			done[i].res = (int64_t)done[i].io_u->xfer_buflen;
	}
	return n;
}

const struct pb_backend pb_backend_uring_cmd = {
	.name = "uring_cmd",
	.help = PB_BACKEND_HELP_uring_cmd,
	.by_name_only = true,
	.modes = PB_MODE_IOPOLL,
	.explain = pb_ring_explain,
	.open = cmd_open,
	.close = cmd_close,
	.file_opened = cmd_file_opened,
	.file_closing = cmd_file_closing,
	.prepare = cmd_prepare,
	.submit = pb_ring_submit,
	.reap = cmd_reap,
};
