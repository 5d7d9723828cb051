/*
 * One running fio: its private folder, its shared page, its end.
 */
#ifndef PB_AGENT_FIO_JOB_H
#define PB_AGENT_FIO_JOB_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine/agent/fio_tool.h"
#include "engine/lib/page_read.h"

struct pb_fio_job {
	pid_t pid;  /* 0 when fio does not run */
	bool ended; /* it ran and is over; `exit` says how */
	bool asked; /* its end was asked for */
	int exit;   /* fio's exit status, 128+n for signal n, 0 when it ended well because it was asked to */
	struct pb_page *page; /* stays mapped after the end: last counts are read from it */
	char dir[64];         /* job.fio, page, fio.json, fio.log */
	char *log_tail;       /* last lines of fio.log after a failure, owned */
};

struct pb_fio_start {
	const struct pb_fio_tool *tool;
	const char *dir;       /* private, exists */
	const char *job;       /* text of the job file */
	const char *disk_path; /* "/dev/nvme0n1" */
	const char *backend;   /* for the engine: "auto", "uring,iopoll" */
	const char *engine;    /* instead of ours, one of fio's own, which leaves the page alone; or NULL */
	bool write;            /* else fio gets --readonly */
	unsigned depth;        /* first target */
};

/*
 * Starts fio and waits until I/O has completed, at most 20 s; an engine of fio's own is not waited for, as
 * only its result tells. When fio dies first the error holds the last lines of what it said. *job must be
 * zeroed or ended (then it is released first).
 */
int pb_fio_job_start(struct pb_fio_job *job, const struct pb_fio_start *start, struct pb_err *err);
/* Notices fio's end. */
bool pb_fio_job_running(struct pb_fio_job *job);
/* SIGINT, SIGKILL after 10 s, given up after 10 more. Sets `exit` and log_tail. Safe when fio has already
 * ended. */
void pb_fio_job_stop(struct pb_fio_job *job);
void pb_fio_job_release(struct pb_fio_job *job); /* stops it if need be */

#endif
