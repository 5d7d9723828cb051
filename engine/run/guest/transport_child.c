/*
 * The agent as a child process on this machine, talking on its stdin and stdout.
 */
#include "engine/run/guest/transport.h"

static int child_open(struct pb_conn *c, const struct pb_address *to, struct pb_err *err)
{
	const char *argv[] = {to->path, "--stdio", NULL};
	struct pb_spawn s = {
		.argv = argv, .pipe_in = true, .pipe_out = true, .log_fd = to->log_fd, .new_session = true};
	int rc = pb_spawn(&c->child, &s, err);

	if (rc < 0)
		return rc;
	rc = pb_conn_streams(c, c->child.out, c->child.in, err);
	if (rc < 0)
		pb_child_stop(&c->child, 1000);
	return rc;
}

const struct pb_transport pb_transport_child = {
	.name = "child",
	.help = "the agent is a child process (guest local)",
	.open = child_open,
	.close = pb_conn_close_child,
};
