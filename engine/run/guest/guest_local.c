/*
 * No guest at all: the host's own driver and an agent that is a child
 * process. The bare-metal baseline. Changes nothing on the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/run/guest/guest.h"
#include "engine/run/host/tools.h"
#include "engine/run/guest/transport.h"

#define GREETING_MS 10000

static int preflight(const struct pb_guest *g, struct pb_err *err)
{
	char path[PATH_MAX];

	if (!g->disk->block[0])
		return pb_fail(err, PB_UNSAFE, ENODEV,
			       "%s has no block device on this host (driver: %s); give it back to its driver "
			       "to measure it locally",
			       g->disk->bdf, g->disk->driver[0] ? g->disk->driver : "none");
	return pb_tool_agent(path, sizeof(path), err);
}

static int start(struct pb_guest *g, struct pb_err *err)
{
	char path[PATH_MAX], log[PATH_MAX];
	struct pb_address to = {.path = path};
	int rc;

	rc = pb_tool_agent(path, sizeof(path), err);
	if (rc < 0)
		return rc;
	snprintf(log, sizeof(log), "%s/agent.log", g->workdir);
	to.log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	rc = pb_conn_open(&g->conn, &pb_transport_child, &to, err);
	if (to.log_fd >= 0)
		close(to.log_fd);
	if (rc < 0)
		return rc;
	g->connected = true;
	rc = pb_conn_hello(&g->conn, GREETING_MS, err);
	if (rc == -ETIMEDOUT || rc == -EPIPE)
		return pb_fail(err, PB_MISSING, ETIMEDOUT, "the agent %s started but did not greet; see %s",
			       path, log);
	return rc;
}

static void stop(struct pb_guest *g)
{
	if (g->connected)
		pb_conn_close(&g->conn);
	g->connected = false;
}

static const char *path(const struct pb_guest_spec *spec)
{
	(void)spec;
	return "local";
}

const struct pb_guest_kind pb_guest_local = {
	.name = "local",
	.help = "no guest: the host's own driver, the bare-metal baseline",
	.preflight = preflight,
	.start = start,
	.stop = stop,
	.path = path,
};
