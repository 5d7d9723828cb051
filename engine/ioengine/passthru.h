/*
 * What the files of the engine share: one job's state, and the table entry
 * that a backend is. The core (passthru.c) owns steering, clocks and
 * telemetry; a backend only moves I/Os to the kernel and back.
 */
#ifndef PB_IOENGINE_PASSTHRU_H
#define PB_IOENGINE_PASSTHRU_H

#include "fio.h"

#include "engine/ioengine/ticks.h"
#include "engine/lib/page.h"

#define PB_COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* An I/O that came back from the kernel. */
struct pb_done {
	struct io_u *io_u;
	int64_t res; /* bytes moved, or -errno */
};

/* A rate's schedule in one direction: `bytes` were planned since start_ns. */
struct pb_pace {
	uint64_t start_ns, bytes;
};

/* Ways in which a backend may work, as suffixes of its name: backend=uring,iopoll. */
#define PB_MODE_IOPOLL 1u /* completions are polled for, without interrupts */
#define PB_MODE_SQPOLL 2u /* a kernel thread submits */

/* One fio job (thread). Lives in td->io_ops_data. */
struct pb_job {
	struct pb_page *page;     /* shared, or private when there is no page= */
	struct pb_page_job *slot; /* ours in the page */
	unsigned slot_nr;
	bool shared; /* the page is read from outside */
	const struct pb_backend *backend;
	void *backend_data, *backend_more;
	unsigned modes; /* PB_MODE_* that were asked for */
	/* Steering: `held` I/Os are between queue() and event(), at most `limit`, which is at most `cap`. */
	unsigned held, limit, cap;
	uint64_t generation, members; /* of the page, when `limit` was worked out */
	/* Depth integral: `inflight` I/Os since `last_ns` of fio's clock; plus raw_offset it is the page's.
	 */
	unsigned inflight;
	uint64_t last_ns, synced_ns, raw_offset;
	struct pb_ticks ticks;
	/* A full second of fio's clock, lately: a timespec without a division. */
	time_t second;
	uint64_t second_ns;
	/* With a rate: what is planned (pace.h). */
	bool paced;
	struct pb_pace pace[DDIR_RWDIR_CNT];
	uint64_t *planned_ns; /* by io_u index; only when paced */
	struct io_u **queued; /* accepted, not yet submitted */
	unsigned n_queued;
	unsigned batch;       /* as many are submitted without waiting for more */
	struct pb_done *done; /* what the last getevents found */
};

/*
 * One way to do I/O. A file of its own and a line in backends.def; functions return 0, a count or -errno
 * and record nothing: the core reports. All run in the job's own thread.
 */
struct pb_backend {
	const char *name;
	const char *help;
	bool by_name_only;  /* backend=auto does not take it */
	unsigned modes;     /* PB_MODE_* that it knows */
	unsigned depth_max; /* what it can hold; 0 = any depth */
	/* What an error of open means, when strerror does not say it; may be NULL. */
	void (*explain)(int rc, char *why, size_t size);
	/* Sets up job->backend_data for td->o.iodepth I/Os. Buffers are allocated (post_init). */
	int (*open)(struct thread_data *td, struct pb_job *job);
	void (*close)(struct pb_job *job);
	/* A file descriptor came or is about to go. Both may be NULL. */
	int (*file_opened)(struct thread_data *td, struct pb_job *job, struct fio_file *f);
	void (*file_closing)(struct pb_job *job, struct fio_file *f);
	/*
	 * Prepares one read, write or flush, of which there are never more than the job's cap; nothing
	 * reaches the kernel yet. FIO_Q_QUEUED, or what pb_slot_refuse says when this cannot be done.
	 */
	enum fio_q_status (*prepare)(struct thread_data *td, struct pb_job *job, struct io_u *io_u);
	/* Hands the n that are prepared to the kernel. How many it took, or -errno; 0, -EAGAIN, -EBUSY and
	 * -EINTR: try again. */
	int (*submit)(struct pb_job *job, unsigned n);
	/* Waits for at least min completions, takes at most max into `done` (never more than are in flight).
	 * How many, or -errno. */
	int (*reap)(struct pb_job *job, unsigned min, unsigned max, struct pb_done *done);
};

#define PB_BACKEND(id) extern const struct pb_backend pb_backend_##id;
#include "engine/ioengine/backends.def"
#undef PB_BACKEND

#endif
