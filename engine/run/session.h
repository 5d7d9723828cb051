/*
 * A measuring session: the disk in its guest, fio running there under the
 * engine, the host's collectors sampling, results going to one run directory.
 * run.c and tune.c differ only in what they measure between open and close.
 */
#ifndef PB_RUN_SESSION_H
#define PB_RUN_SESSION_H

#include <jansson.h>

#include "engine/collectors/sampler.h"
#include "engine/lib/profile.h"
#include "engine/lib/rundir.h"
#include "engine/run/guest/clock.h"
#include "engine/run/guest/guest.h"
#include "engine/run/measure.h"
#include "engine/lib/ui.h"

struct pb_session_opts {
	const struct pb_root *root;
	const struct pb_ui *ui;
	const char *disk, *guest, *attach, *profile,
		*backend;      /* as typed; all but disk may be NULL: defaults */
	const char *erase;     /* serial typed with --erase, or NULL: read-only */
	const char *overwrite; /* signatures that --erase may overwrite (interlock.h), or NULL */
	const char *counters;  /* counter groups for the pmu collector, or NULL: the default ones */
	const char *out;       /* run directory */
	const char *no_fio;    /* what uses the disk instead of fio and a profile ("verify"), or NULL */
	bool writes;           /* with no_fio: it writes */
	bool precondition;     /* write the whole disk twice before fio starts with the profile */
	unsigned iodepth_max, depth0; /* fio's iodepth, and the first target */
	int64_t interval_ns;          /* collectors and telemetry */
	int rows_ms; /* how often the engine's counters are looked at, for batches; 0 or longer than
			interval_ns: as that */
	int argc;    /* the command line, for the manifest */
	char **argv;
};

struct pb_session {
	struct pb_session_opts o;
	struct pb_profile profile;
	bool profile_loaded;
	struct pb_disk disk;
	struct pb_guest_spec spec;
	struct pb_guest guest;
	struct pb_undo *undo;
	struct pb_rundir dir;
	bool dir_open;
	char workdir[64];
	struct pb_sampler *sampler;
	struct pb_clock clock;
	json_t *started;        /* the agent's answer to start */
	json_t *preconditioned; /* what precondition.c has written, NULL when it was not asked for */
	json_t *warnings;
	json_t *sources; /* what the guest recorded: [{name, status, rows}], NULL before it was fetched */
	struct pb_step *steps;
	size_t n_steps, cap_steps;
	int64_t cursor, failed_seen;
	double ceiling_bytes_s;
	json_t *faults;         /* what the agent said of failed I/Os (faults.h), or NULL */
	char fio_error[600];    /* how fio came to a bad end, or "" */
	struct pb_row last_row; /* engine totals at the end */
	struct pb_buf log;      /* becomes log.txt */
};

/*
 * Everything up to a running fio at depth0, or with no_fio up to a guest whose agent answers. Before the
 * first change of the host all that can be refused is refused. On failure everything is taken back.
 */
int pb_session_open(struct pb_session *s, const struct pb_session_opts *o, struct pb_err *err);
/* The guest's one disk that is ours, as a selector for the agent's requests (new reference): by serial where
 * there is one, else the only candidate. */
int pb_session_guest_disk(struct pb_session *s, json_t **selector, struct pb_err *err);
/* A fio job as the agent starts it. */
struct pb_session_job {
	const char *text;
	unsigned iodepth_max, depth;
	bool writes;
};
/* Starts fio in the guest; *started is the agent's answer. The counters of an earlier job are gone. */
int pb_session_start_job(struct pb_session *s, const struct pb_session_job *j, json_t **started,
			 struct pb_err *err);
/* Tells the user, and log.txt. */
void pb_session_say(struct pb_session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * Measures one window and keeps it (steps.csv, latency.csv). settle, min and max in ms; fields as in
 * measure.h. *step is borrowed until the next call. Failed I/Os and fio's end make an invalid step and are
 * told, not an error: see pb_faults_end (faults.h).
 */
int pb_session_measure(struct pb_session *s, const struct pb_measure_opts *m, const struct pb_step **step,
		       struct pb_err *err);
/*
 * Stops fio, fetches what the guest recorded, stops the guest, undoes host changes, writes and seals the
 * directory. With rc_so_far < 0 it only cleans up and leaves the directory incomplete. extra (stolen, may be
 * NULL) is merged into the manifest. Returns rc_so_far, or the first failure of its own; PB_INVALID, with a
 * complete directory, when fio came to a bad end.
 */
int pb_session_close(struct pb_session *s, int rc_so_far, json_t *extra, struct pb_err *err);

#endif
