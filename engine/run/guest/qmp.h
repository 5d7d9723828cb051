/*
 * A small QMP client: one connection, commands answered in order, events
 * skipped. QEMU is our own child, yet every line is bounded and every wait ends.
 */
#ifndef PB_RUN_GUEST_QMP_H
#define PB_RUN_GUEST_QMP_H

#include <jansson.h>

#include "engine/lib/buf.h"
#include "engine/lib/err.h"

struct pb_qmp {
	int fd; /* -1 when closed */
	struct pb_buf in;
};

/* Connects and negotiates. -ENOENT or -ECONNREFUSED without a message while QEMU has not made the socket. */
int pb_qmp_open(struct pb_qmp *q, const char *path, struct pb_err *err);
/* Runs a command without arguments. *result (may be NULL) is a new reference to its "return" member. */
int pb_qmp_command(struct pb_qmp *q, const char *command, json_t **result, struct pb_err *err);
void pb_qmp_close(struct pb_qmp *q);

#endif
