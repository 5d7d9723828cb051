/*
 * An existing guest whose agent listens on vsock: `passbench-agent --vsock PORT`.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run/guest/guest_existing.h"

#define GREETING_MS 10000 /* the agent greets at once */

static bool number(const char *text, char **end, unsigned *v)
{
	unsigned long long n;

	errno = 0;
	n = strtoull(text, end, 10);
	*v = (unsigned)n;
	return isdigit((unsigned char)text[0]) && !errno && n < 0xffffffffull;
}

/* CIDs 0 and 2 are the hypervisor's and the host's; 1 is this machine itself. */
static int where(struct pb_guest_spec *s, const char *text, struct pb_err *err)
{
	char *end;
	bool good = number(text, &end, &s->cid) && s->cid != 0 && s->cid != 2;

	s->port = PB_PROTO_VSOCK_PORT;
	if (good && *end == ':')
		good = number(end + 1, &end, &s->port);
	if (!good || *end)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "vsock:%.60s: write the guest's CID (3 and up), and a port if it is not %d: "
			       "vsock:CID:PORT",
			       text, PB_PROTO_VSOCK_PORT);
	return 0;
}

static int start(struct pb_guest *g, struct pb_err *err)
{
	struct pb_address to = {.cid = g->spec->cid, .port = g->spec->port, .log_fd = -1};
	int rc = pb_existing_connect(g, &pb_transport_vsock, &to, GREETING_MS, err);

	if (rc == -ETIMEDOUT || rc == -EPIPE)
		return pb_fail(err, PB_MISSING, -rc,
			       "no agent greets on vsock %u:%u, or it talks to another passbench: run "
			       "passbench-agent --vsock %u in the guest, as root here",
			       to.cid, to.port, to.port);
	return rc;
}

const struct pb_guest_kind pb_guest_vsock = {
	.name = "vsock",
	.help = "an existing guest whose agent listens on vsock: vsock:CID[:PORT][,qemu-pid=N]",
	.remote = true,
	.where = "CID[:PORT]",
	.options = "qemu-pid=",
	.set_where = where,
	.set_option = pb_existing_option,
	.preflight = pb_existing_preflight,
	.start = start,
	.stop = pb_existing_stop,
	.path = pb_existing_path,
};
