/*
 * The ways to an agent: a child process, a virtio-serial port. Each one gives
 * a byte stream; what is said on it is agent_client.c's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/run/agent_client.h"

static int conn_init(struct pb_conn *c, int in, int out, struct pb_err *err)
{
	int rc = pb_lines_init(&c->lines, in, out);

	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "cannot talk to the agent: %s", strerror(-rc));
	c->in = in;
	c->out = out;
	c->next_id = 1;
	return 0;
}

int pb_conn_child(struct pb_conn *c, const char *agent_path, int log_fd, struct pb_err *err)
{
	const char *argv[] = {agent_path, "--stdio", NULL};
	struct pb_spawn s = {
		.argv = argv, .pipe_in = true, .pipe_out = true, .log_fd = log_fd, .new_session = true};
	struct pb_child child;
	int rc;

	memset(c, 0, sizeof(*c));
	rc = pb_spawn(&child, &s, err);
	if (rc < 0)
		return rc;
	c->child = child;
	rc = conn_init(c, child.out, child.in, err);
	if (rc < 0)
		pb_child_stop(&c->child, 1000);
	return rc;
}

int pb_conn_serial(struct pb_conn *c, const char *socket_path, struct pb_err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd, rc;

	memset(c, 0, sizeof(*c));
	if (strlen(socket_path) >= sizeof(addr.sun_path))
		return pb_fail(err, PB_USAGE, ENAMETOOLONG,
			       "the path %s is too long for a socket; use a shorter -o", socket_path);
	strcpy(addr.sun_path, socket_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		rc = pb_fail(err, PB_MISSING, errno, "cannot connect to the guest's serial port %s: %s",
			     socket_path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return rc;
	}
	rc = conn_init(c, fd, fd, err);
	if (rc < 0)
		close(fd);
	return rc;
}

void pb_conn_close(struct pb_conn *c)
{
	pb_lines_fini(&c->lines);
	if (c->child.pid > 0) {
		/* end of file asks the agent to end fio and itself; it gives fio 10 s */
		close(c->child.in);
		c->child.in = -1;
		pb_child_wait(&c->child, 12000);
		pb_child_stop(&c->child, 1000);
	} else if (c->next_id) {
		close(c->in);
	}
	json_decref(c->hello);
	memset(c, 0, sizeof(*c));
}

const struct pb_transport pb_transports[] = {
	{"child", "the agent is a child process (guest local)"},
	{"virtio-serial", "the agent is behind a virtio-serial port (guest launch)"},
	{NULL, NULL},
};
