/*
 * An existing guest, reached with ssh: `passbench guest install` has put the agent there.
 */
#include <errno.h>
#include <string.h>

#include "engine/run/guest/guest_existing.h"

#define GREETING_MS 30000 /* a login takes seconds where names are resolved or keys are many */

static int where(struct pb_guest_spec *s, const char *text, struct pb_err *err)
{
	return pb_ssh_target(&s->ssh, text, err);
}

static int option(struct pb_guest_spec *s, const char *key, const char *value, struct pb_err *err)
{
	int rc = pb_ssh_option(&s->ssh, key, value, err);

	return rc == -ENOENT ? pb_existing_option(s, key, value, err) : rc;
}

/* The client has ended, or never got as far as the agent: its own words say why. */
static int why(struct pb_guest *g, int rc, struct pb_err *err)
{
	struct pb_buf text = {0};
	int status = rc == -EPIPE ? pb_child_wait(&g->conn.child, 5000) : rc;

	pb_ssh_drain(g->conn.log, &text);
	rc = pb_ssh_failed(&g->spec->ssh, status, text.data ? text.data : "", err);
	pb_buf_fini(&text);
	return rc;
}

static int start(struct pb_guest *g, struct pb_err *err)
{
	struct pb_address to = {.ssh = &g->spec->ssh, .log_fd = -1};
	struct pb_err first = PB_ERR_INIT;
	int rc = pb_existing_connect(g, &pb_transport_ssh, &to, GREETING_MS, &first);

	if (rc == -ETIMEDOUT || rc == -EPIPE)
		return why(g, rc, err);
	if (rc == -EBADMSG)
		return pb_fail(err, PB_MISSING, EBADMSG,
			       "what %s sends first is no agent's greeting: its login shell must print "
			       "nothing when it runs a command",
			       g->spec->ssh.target);
	return rc < 0 ? pb_fail(err, first.status, -rc, "%s", first.msg) : 0;
}

const struct pb_guest_kind pb_guest_ssh = {
	.name = "ssh",
	.help = "an existing guest: ssh:USER@HOST[:PORT][,port=N,key=FILE,config=FILE,dir=DIR,qemu-pid=N]",
	.remote = true,
	.where = "USER@HOST[:PORT]",
	.options = "port=, key=, config=, dir=, qemu-pid=",
	.set_where = where,
	.set_option = option,
	.preflight = pb_existing_preflight,
	.start = start,
	.stop = pb_existing_stop,
	.path = pb_existing_path,
};
