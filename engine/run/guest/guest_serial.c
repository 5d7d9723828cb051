/*
 * An existing guest whose agent serves a virtio-serial port: the other end is a unix socket of QEMU's.
 */
#include <errno.h>
#include <string.h>

#include "engine/run/guest/guest_existing.h"

#define GREETING_MS 10000 /* the agent greets every second */

static int where(struct pb_guest_spec *s, const char *text, struct pb_err *err)
{
	if (strlen(text) >= sizeof(s->socket))
		return pb_fail(err, PB_USAGE, ENAMETOOLONG, "the path %s is too long for a socket", text);
	strcpy(s->socket, text);
	return 0;
}

static int start(struct pb_guest *g, struct pb_err *err)
{
	struct pb_address to = {.path = g->spec->socket, .log_fd = -1};
	int rc = pb_existing_connect(g, &pb_transport_serial, &to, GREETING_MS, err);

	if (rc == -ETIMEDOUT || rc == -EPIPE)
		return pb_fail(err, PB_MISSING, ETIMEDOUT,
			       "no agent greets behind %s: run passbench-agent on the guest's end of the "
			       "port (docs/guests.md)",
			       g->spec->socket);
	return rc;
}

const struct pb_guest_kind pb_guest_serial = {
	.name = "serial",
	.help = "an existing guest behind a virtio-serial socket: serial:PATH[,qemu-pid=N]",
	.remote = true,
	.where = "PATH",
	.options = "qemu-pid=",
	.set_where = where,
	.set_option = pb_existing_option,
	.preflight = pb_existing_preflight,
	.start = start,
	.stop = pb_existing_stop,
	.path = pb_existing_path,
};
