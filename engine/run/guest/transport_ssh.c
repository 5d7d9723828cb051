/*
 * The installed agent of an existing guest, through the ssh client's stdin and stdout.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/run/guest/ssh.h"
#include "engine/run/guest/transport.h"

static int start_client(struct pb_conn *c, const struct pb_strv *argv, struct pb_err *err)
{
	const char *list[32] = {NULL};
	/* a pipe, so that a guest that talks without end stops itself and fills nothing here */
	struct pb_spawn s = {.argv = list, .pipe_in = true, .pipe_out = true, .new_session = true};
	int log[2], rc;

	if (pipe2(log, O_CLOEXEC) < 0)
		return pb_fail(err, PB_MISSING, errno, "no pipe for ssh's messages");
	for (size_t i = 0; i < argv->n && i < 31; i++)
		list[i] = argv->v[i];
	s.log_fd = log[1];
	rc = pb_spawn(&c->child, &s, err);
	close(log[1]);
	if (rc < 0)
		close(log[0]);
	else
		c->log = log[0];
	return rc;
}

static int ssh_open(struct pb_conn *c, const struct pb_address *to, struct pb_err *err)
{
	struct pb_strv argv = {0};
	char command[320];
	int rc;

	snprintf(command, sizeof(command), "exec %s/passbench-agent --stdio", to->ssh->dir);
	rc = pb_ssh_args(&argv, to->ssh, command);
	if (rc < 0)
		pb_fail(err, PB_MISSING, -rc, "out of memory");
	else
		rc = start_client(c, &argv, err);
	pb_strv_fini(&argv);
	if (rc < 0)
		return rc;
	rc = pb_conn_streams(c, c->child.out, c->child.in, err);
	if (rc < 0) {
		pb_child_stop(&c->child, 1000);
		close(c->log);
	}
	return rc;
}

const struct pb_transport pb_transport_ssh = {
	.name = "ssh",
	.help = "the agent is started through the ssh client (guest ssh:USER@HOST)",
	.open = ssh_open,
	.close = pb_conn_close_child,
};
