/*
 * The ssh client as a way into a guest: what the user typed, the client's
 * argument vector, and what its failures mean in one sentence.
 */
#ifndef PB_RUN_GUEST_SSH_H
#define PB_RUN_GUEST_SSH_H

#include <stdbool.h>

#include "engine/lib/buf.h"
#include "engine/lib/err.h"

/* "USER@HOST[:PORT][,port=N][,key=FILE][,config=FILE][,dir=DIR]" */
struct pb_ssh {
	char target[256]; /* USER@HOST or HOST: what the client gets */
	unsigned port;    /* 0 = the client's own choice */
	char key[512], config[512];
	char dir[256]; /* the guest's folder with the agent; relative = below the user's home */
};

/* Fills *s with a target and the defaults. PB_USAGE for what could be taken for an option or a command. */
int pb_ssh_target(struct pb_ssh *s, const char *target, struct pb_err *err);
/* One of port=, key=, config=, dir=. -ENOENT without a message for another key. */
int pb_ssh_option(struct pb_ssh *s, const char *key, const char *value, struct pb_err *err);
/*
 * The client's arguments, appended: no terminal, no questions, nothing forwarded. command is for
 * the guest's shell; it may only hold fixed text and s->dir, whose characters are checked.
 */
int pb_ssh_args(struct pb_strv *argv, const struct pb_ssh *s, const char *command);
/*
 * Runs a command there to its end. in_path (may be NULL) is a file for its stdin; out gets its
 * stdout, errors (NULL: not wanted) the first 4 KiB of stderr. The command's exit status, or -errno.
 */
int pb_ssh_run(const struct pb_ssh *s, const char *command, const char *in_path, struct pb_buf *out,
	       struct pb_buf *errors, struct pb_err *err);
/* What a client that ended with status and said text failed at. Always -errno with one sentence. */
int pb_ssh_failed(const struct pb_ssh *s, int status, const char *text, struct pb_err *err);
/* Appends what can be read from fd (4 KiB at most) at once. */
void pb_ssh_drain(int fd, struct pb_buf *text);

#endif
