/*
 * Carries the text between the machine's ports and our stdin, stdout and stderr.
 */
#ifndef PB_LAB_RELAY_H
#define PB_LAB_RELAY_H

#include <stdbool.h>

#include "engine/lib/err.h"

struct pb_lab_relay {
	int listen[2]; /* sockets "out" and "err" that QEMU connects to */
	int conn[2];   /* -1 before it did, and after its end */
	bool shell;    /* stdin goes to "out" */
};

int pb_lab_relay_open(struct pb_lab_relay *r, const char *workdir, bool shell, struct pb_err *err);
/* Moves what there is, waits at most timeout_ms. -EPIPE when our own stdout is gone. */
int pb_lab_relay_step(struct pb_lab_relay *r, int timeout_ms, struct pb_err *err);
/* Removes the sockets too. */
void pb_lab_relay_close(struct pb_lab_relay *r, const char *workdir);

#endif
