/*
 * The passthru ioengine: drives a disk at a depth that is set from outside
 * while fio runs, and counts what it does in a page that is read from outside
 * (engine/lib/page.h). How the I/O reaches the kernel is a backend's business.
 *
 * Steering: queue() says FIO_Q_BUSY while the job holds its share of the
 * target; fio's core then submits what it has and reaps at least one.
 * Latency: from just before the submission system call to the completion
 * having been reaped, which is also what fio gets as its completion latency; in
 * the page it counts from the planned submission when the job has a rate (pace.h).
 */
#include "engine/ioengine/slot.h"

#include "optgroup.h"

#include "engine/ioengine/choose.h"
#include "engine/ioengine/claim.h"
#include "engine/ioengine/pace.h"

/* The fio this was compiled against. */
#ifndef PB_FIO_VERSION
#error "PB_FIO_VERSION must be the version string of the fio source, as fio --version prints it"
#endif

/*
 * I/Os that are collected before a system call submits them. Measured on a loop device over tmpfs, median
 * ratio to fio's io_uring at depths 16 and 64: 2 gives 0.98 and 1.02, 4 0.98 and 1.05, 8 1.03 and 1.07,
 * 16 1.05 and 1.02 (tests/bench/bench_engine.sh).
 */
#define SUBMIT_BATCH 8

/* What most calls pass by: inlined, its registers would be saved each time. */
#define RARE __attribute__((noinline))

struct passthru_options {
	struct thread_data *td; /* fio's option parser does not take offset 0 */
	char *page;
	char *backend;
};

static struct fio_option options[] = {
	{
		.name = "page",
		.lname = "Shared page",
		.type = FIO_OPT_STR_STORE,
		.off1 = offsetof(struct passthru_options, page),
		.help = "File with the control words and counters (default: none)",
		.category = FIO_OPT_C_ENGINE,
		.group = FIO_OPT_G_INVALID,
	},
	{
		.name = "backend",
		.lname = "I/O backend",
		.type = FIO_OPT_STR_STORE,
		.off1 = offsetof(struct passthru_options, backend),
		.help = "How to do I/O: auto, uring[,iopoll][,sqpoll], libaio, psync, uring_cmd[,iopoll]",
		.def = "auto",
		.category = FIO_OPT_C_ENGINE,
		.group = FIO_OPT_G_INVALID,
	},
	{.name = NULL},
};

static int passthru_init(struct thread_data *td)
{
	const struct passthru_options *o = td->eo;
	struct pb_job *job = calloc(1, sizeof(*job));

	if (!job) {
		td_verror(td, ENOMEM, "passthru init");
		return 1;
	}
	td->io_ops_data = job; /* cleanup frees it */
	job->batch = SUBMIT_BATCH;
	job->queued = calloc(td->o.iodepth, sizeof(*job->queued));
	job->done = calloc(td->o.iodepth, sizeof(*job->done));
	if (!job->queued || !job->done) {
		td_verror(td, ENOMEM, "passthru init");
		return 1;
	}
	if (pb_pace_open(td, job))
		return 1;
	if (job->paced)
		job->batch = 1;
	return pb_slot_open(td, job, o->page);
}

/* In the job's own thread, with its buffers allocated: what io_uring's SINGLE_ISSUER needs. */
static int passthru_post_init(struct thread_data *td)
{
	const struct passthru_options *o = td->eo;

	return pb_choose_backend(td, td->io_ops_data, o->backend);
}

static void passthru_cleanup(struct thread_data *td)
{
	struct pb_job *job = td->io_ops_data;

	if (!job)
		return;
	if (job->backend)
		job->backend->close(job);
	pb_slot_close(job);
	pb_pace_close(job);
	free(job->queued);
	free(job->done);
	free(job);
	td->io_ops_data = NULL;
}

/* fio also opens files before the engine is initialized (to learn their size), hence the checks for the
 * backend. */
static int passthru_open_file(struct thread_data *td, struct fio_file *f)
{
	struct pb_job *job = td->io_ops_data;
	int rc;

	if (pb_claim_take(td, f))
		return 1;
	if (generic_open_file(td, f)) {
		pb_claim_release(f);
		return 1;
	}
	rc = job && job->backend && job->backend->file_opened ? job->backend->file_opened(td, job, f) : 0;
	if (!rc)
		return 0;
	td_verror(td, -rc, "passthru open");
	if (generic_close_file(td, f))
		log_err("passthru: closing %s failed\n", f->file_name);
	pb_claim_release(f);
	return 1;
}

static int passthru_close_file(struct thread_data *td, struct fio_file *f)
{
	struct pb_job *job = td->io_ops_data;
	int rc;

	if (job && job->backend && job->backend->file_closing)
		job->backend->file_closing(job, f);
	rc = generic_close_file(td, f);
	pb_claim_release(f);
	return rc;
}

/* Trims are synchronous: the kernel has no asynchronous discard that we could rely on. */
static enum fio_q_status RARE trim(struct thread_data *td, struct pb_job *job, struct io_u *io_u)
{
	uint64_t issued_ns = pb_slot_now(job), done_ns;

	pb_slot_depth(job, 1, issued_ns);
	if (job->paced) {
		pb_pace_submit(td, job, io_u, issued_ns);
		issued_ns = job->planned_ns[io_u->index];
	}
	pb_page_add(&job->slot->submitted, 1);
	do_io_u_trim(td, io_u);
	done_ns = pb_slot_now(job);
	pb_slot_depth(job, -1, done_ns);
	if (io_u->error)
		pb_slot_fail(job, io_u, io_u->error);
	else
		pb_slot_complete(job->slot, DDIR_TRIM, io_u->xfer_buflen,
				 done_ns > issued_ns ? done_ns - issued_ns : 0);
	io_u_mark_submit(td, 1);
	io_u_mark_complete(td, 1);
	return FIO_Q_COMPLETED;
}

static void retarget(struct thread_data *td, struct pb_job *job)
{
	uint64_t generation = job->generation;

	pb_slot_retarget(job);
	if (job->paced && job->generation != generation)
		pb_pace_restart(td, job);
}

static inline enum fio_q_status accept_io(struct thread_data *td, struct pb_job *job, struct io_u *io_u)
{
	if (job->held >= job->limit)
		return FIO_Q_BUSY;
	if (io_u->ddir == DDIR_TRIM)
		return job->n_queued ? FIO_Q_BUSY : trim(td, job, io_u);
	job->queued[job->n_queued++] = io_u;
	job->held++;
	return job->backend->prepare(td, job, io_u);
}

static enum fio_q_status RARE accept_retargeted(struct thread_data *td, struct pb_job *job, struct io_u *io_u)
{
	retarget(td, job);
	return accept_io(td, job, io_u);
}

static enum fio_q_status passthru_queue(struct thread_data *td, struct io_u *io_u)
{
	struct pb_job *job = td->io_ops_data;

	fio_ro_check(td, io_u);
	return pb_slot_stale(job) ? accept_retargeted(td, job, io_u) : accept_io(td, job, io_u);
}

/* With a rate: when what is about to be submitted was due. */
static void RARE plan_submission(const struct thread_data *td, struct pb_job *job, uint64_t now_ns)
{
	unsigned i;

	for (i = 0; i < job->n_queued; i++)
		pb_pace_submit(td, job, job->queued[i], now_ns);
}

/*
 * Stamps what is about to be submitted and counts it as in flight: one clock reading for the batch. fio's
 * submission latency (io_u_queued) is not recorded: of an I/O in a batch it would be the time that fio spent
 * on the others.
 */
static inline void account_submission(struct thread_data *td, struct pb_job *job)
{
	unsigned i, data = 0, n = job->n_queued;
	uint64_t now_ns = pb_slot_now(job);
	struct timespec now;

	if (now_ns - job->second_ns >= 1000000000u) {
		job->second = (time_t)(now_ns / 1000000000u);
		job->second_ns = now_ns - now_ns % 1000000000u;
	}
	now.tv_sec = job->second;
	now.tv_nsec = (long)(now_ns - job->second_ns);
	for (i = 0; i < n; i++) {
		struct io_u *io_u = job->queued[i];

		io_u->issue_time = now;
		data += ddir_rw(io_u->ddir);
	}
	if (job->paced)
		plan_submission(td, job, now_ns);
	if (td->o.read_iolog_file)
		td->last_issue = now;
	pb_page_add(&job->slot->submitted, data);
	pb_slot_depth(job, (int)n, now_ns);
	io_u_mark_submit(td, n);
}

/* The backend took none: 0 when it can be asked again. */
static int RARE refused(const struct pb_job *job, int rc)
{
	if (rc && rc != -EINTR && rc != -EAGAIN && rc != -EBUSY) {
		log_err("passthru: the backend %s cannot submit: %s\n", job->backend->name, strerror(-rc));
		return rc;
	}
	usleep(1); /* the kernel is short of memory for requests: let it finish some */
	return 0;
}

/* Submits all that is queued. */
static inline int submit_queued(struct thread_data *td, struct pb_job *job)
{
	account_submission(td, job);
	do {
		int n = job->backend->submit(job, job->n_queued);

		if (n > 0)
			job->n_queued -= (unsigned)n;
		else if (refused(job, n))
			return n;
	} while (job->n_queued);
	return 0;
}

static int RARE submit_batch(struct thread_data *td, struct pb_job *job)
{
	return submit_queued(td, job);
}

/*
 * fio commits after every I/O. One system call for each would cost more than the I/O's own work, so that a
 * few are collected, or what there is when fio comes to wait (getevents). A job with a rate may sleep in
 * between: at once. Submitting is a call of its own: to submit and wait in one puts the job to sleep before
 * it has looked, which halved the rate at depth 1 on a loop device (0.55 of io_uring's).
 */
static int passthru_commit(struct thread_data *td)
{
	struct pb_job *job = td->io_ops_data;

	return job->n_queued < job->batch ? 0 : submit_batch(td, job);
}

/* A flush, or an I/O that did not move all its bytes. fio has set io_u->error to 0 when it was queued. */
static void RARE account_other(struct pb_job *job, const struct pb_done *d)
{
	struct io_u *io_u = d->io_u;

	/* A short transfer is an error: a disk has no end that a job could run into. */
	if (d->res < 0)
		pb_slot_fail(job, io_u, (unsigned)-d->res);
	else if (ddir_rw(io_u->ddir))
		pb_slot_fail(job, io_u, EIO);
}

static inline void account_completion(struct pb_job *job, const struct pb_done *d, uint64_t now_ns)
{
	struct io_u *io_u = d->io_u;
	uint64_t issued_ns;

	if (!ddir_rw(io_u->ddir) || (uint64_t)d->res != io_u->xfer_buflen) {
		account_other(job, d);
		return;
	}
	issued_ns = job->paced ? job->planned_ns[io_u->index] : pb_ts_ns(&io_u->issue_time);
	pb_slot_complete(job->slot, io_u->ddir, io_u->xfer_buflen,
			 now_ns > issued_ns ? now_ns - issued_ns : 0);
}

static int passthru_getevents(struct thread_data *td, unsigned int min, unsigned int max,
			      const struct timespec *t)
{
	struct pb_job *job = td->io_ops_data;
	uint64_t now_ns;
	int i, n;

	(void)t; /* fio passes a time only with min = 0, which never waits */
	n = job->n_queued ? submit_queued(td, job) : 0;
	if (n < 0)
		return n;
	n = job->backend->reap(job, min, max, job->done);
	if (n <= 0)
		return n;
	now_ns = pb_slot_now(job);
	pb_slot_depth(job, -n, now_ns);
	job->held -= (unsigned)n;
	for (i = 0; i < n; i++)
		account_completion(job, &job->done[i], now_ns);
	return n;
}

static struct io_u *passthru_event(struct thread_data *td, int event)
{
	struct pb_job *job = td->io_ops_data;

	return job->done[event].io_u;
}

/* fio links engines into a list of its own, so this cannot be const. */
static struct ioengine_ops passthru_ops = {
	.name = "passthru",
	.version = FIO_IOOPS_VERSION,
	.flags = FIO_ASYNCIO_SYNC_TRIM | FIO_NO_OFFLOAD | FIO_ASYNCIO_SETS_ISSUE_TIME,
	.init = passthru_init,
	.post_init = passthru_post_init,
	.queue = passthru_queue,
	.commit = passthru_commit,
	.getevents = passthru_getevents,
	.event = passthru_event,
	.cleanup = passthru_cleanup,
	.open_file = passthru_open_file,
	.close_file = passthru_close_file,
	.get_file_size = generic_get_file_size,
	.options = options,
	.option_struct_size = sizeof(struct passthru_options),
};

#ifdef PB_BUILTIN
static void fio_init passthru_register(void)
{
	register_ioengine(&passthru_ops);
}

static void fio_exit passthru_unregister(void)
{
	unregister_ioengine(&passthru_ops);
}
#else
/*
 * fio asks the plugin for its engine with this function before it touches anything of it: the place
 * to refuse a fio whose structures may differ from the ones this was compiled with.
 */
void get_ioengine(struct ioengine_ops **ops);
void get_ioengine(struct ioengine_ops **ops)
{
	*ops = NULL;
	if (strcmp(fio_version_string, PB_FIO_VERSION)) {
		log_err("passthru: this plugin was built for %s and cannot run in %s: use that fio, or "
			"rebuild "
			"the plugin with the source of this one\n",
			PB_FIO_VERSION, fio_version_string);
		return;
	}
	*ops = &passthru_ops;
}
#endif
