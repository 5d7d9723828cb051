/*
 * Child processes: started with an argument vector (never a shell), killed with their parent
 * (PR_SET_PDEATHSIG), always reaped.
 */
#ifndef PB_RUN_HOST_SPAWN_H
#define PB_RUN_HOST_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine/lib/buf.h"
#include "engine/lib/err.h"

struct pb_child {
	pid_t pid;   /* 0 when not running */
	int in, out; /* our ends of its stdin and stdout, -1 when not piped */
};

struct pb_spawn {
	const char *const *argv; /* NULL-terminated; argv[0] looked up in PATH */
	bool pipe_in, pipe_out;  /* else /dev/null and, for stdout, `log_fd` or inherited */
	const char *in_path;     /* a file for its stdin, instead of /dev/null; NULL = none */
	int log_fd;              /* stderr (and stdout when not piped) go here; -1 = inherited */
	bool new_session;        /* shielded from the terminal's Ctrl-C */
};

/* 0 or -errno: a program that cannot be executed is reported here (PB_MISSING). */
int pb_spawn(struct pb_child *c, const struct pb_spawn *s, struct pb_err *err);
/* Waits at most timeout_ms (-1 = for ever). Exit status, 128+signal, or -ETIMEDOUT. */
int pb_child_wait(struct pb_child *c, int timeout_ms);
/* SIGTERM, then SIGKILL after grace_ms; reaps; closes the pipes. Safe on a finished child. One that does not
 * even end then, as its kernel waits for a device that never answers, is left behind after 30 s more. */
void pb_child_stop(struct pb_child *c, int grace_ms);
/* Runs to the end and keeps stdout (s->pipe_out must be set; bounded at max bytes). Exit status or -errno. */
int pb_spawn_run(const struct pb_spawn *s, struct pb_buf *out, size_t max, struct pb_err *err);
/* The same for a program that needs no stdin and whose stderr nobody wants. */
int pb_spawn_capture(const char *const *argv, struct pb_buf *out, size_t max, struct pb_err *err);

#endif
