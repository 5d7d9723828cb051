/*
 * A visit: a session of its own with one way to the disk and a window at one or two depths. Comparisons that
 * need another guest for each arm (paths.c, tune_restart.c) are made of visits in turns.
 */
#ifndef PB_RUN_VISIT_H
#define PB_RUN_VISIT_H

#include "engine/run/session.h"

struct pb_visit {
	const struct pb_session_opts *session; /* all but what follows */
	const char *guest, *attach, *dir;      /* attach NULL = the guest kind's own */
	unsigned depths[2];                    /* equal = one window */
	unsigned block;
	const char *phase; /* a literal */
	int window_ms;
	json_t *extra; /* stolen: into its manifest; NULL = none */
	/* Called behind the last window, while the guest still runs; NULL = nothing to look at. */
	int (*look)(void *arg, struct pb_session *s, struct pb_err *err);
	void *arg;
};

struct pb_visited {
	double iops, p99_ns; /* of the last window */
	bool valid;
	char reason[96]; /* of that window when it was not valid */
};

/*
 * Makes the run directory and measures. A window that was disturbed is measured again a few times; failed
 * I/Os are an error. out may be NULL.
 */
int pb_visit(const struct pb_visit *v, struct pb_visited *out, struct pb_err *err);

#endif
