/*
 * What the files of the engine share: one job's state, and the table entry
 * that a backend is. The core (passthru.c) owns steering, clocks and
 * telemetry; a backend only moves I/Os to the kernel and back.
 */
#ifndef PB_IOENGINE_PASSTHRU_H
#define PB_IOENGINE_PASSTHRU_H

#include "fio.h"

#include "engine/lib/page.h"

#define PB_COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* An I/O that came back from the kernel. */
struct pb_done {
	struct io_u *io_u;
	int64_t res; /* bytes moved, or -errno */
};

/* One fio job (thread). Lives in td->io_ops_data. */
struct pb_job {
	struct pb_page *page;     /* shared, or private when there is no page= */
	struct pb_page_job *slot; /* ours in the page */
	unsigned slot_nr;
	const struct pb_backend *backend;
	void *backend_data;
	/* Steering: `held` I/Os are between queue() and event(), at most `limit`. */
	unsigned held, limit;
	uint64_t generation, members; /* of the page, when `limit` was worked out */
	/* Depth integral: `inflight` I/Os since `last_ns` of fio's clock. */
	unsigned inflight;
	uint64_t last_ns;
	struct io_u **queued; /* accepted, not yet submitted */
	unsigned n_queued;
	struct pb_done *done; /* what the last getevents found */
};

/*
 * One way to do I/O. A file of its own and a line in backends.def; functions return 0, a count or -errno
 * and record nothing: the core reports. All but probe run in the job's own thread.
 */
struct pb_backend {
	const char *name;
	const char *help;
	/* Sets up job->backend_data for td->o.iodepth I/Os. Buffers are allocated (post_init). */
	int (*open)(struct thread_data *td, struct pb_job *job);
	void (*close)(struct pb_job *job);
	/* A file descriptor came or is about to go. */
	int (*file_opened)(struct pb_job *job, struct fio_file *f);
	void (*file_closing)(struct pb_job *job, struct fio_file *f);
	/* Prepares one read, write or flush; nothing reaches the kernel yet. -EBUSY when there is no room. */
	int (*prepare)(struct thread_data *td, struct pb_job *job, struct io_u *io_u);
	/* Hands everything prepared to the kernel. How many it took (0: try again), or -errno. */
	int (*submit)(struct pb_job *job, unsigned n);
	/* Waits for at least min completions, takes at most max into `done`. How many, or -errno. */
	int (*reap)(struct pb_job *job, unsigned min, unsigned max, struct pb_done *done);
};

#define PB_BACKEND(id) extern const struct pb_backend pb_backend_##id;
#include "engine/ioengine/backends.def"
#undef PB_BACKEND

#endif
