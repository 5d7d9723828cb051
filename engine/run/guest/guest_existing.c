/*
 * Existing guests: the options they share, the way in and out.
 */
#include "engine/run/guest/guest_existing.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int pb_existing_option(struct pb_guest_spec *s, const char *key, const char *value, struct pb_err *err)
{
	char *end;
	unsigned long v;

	if (strcmp(key, "qemu-pid") != 0)
		return -ENOENT;
	v = strtoul(value, &end, 10);
	if (!isdigit((unsigned char)value[0]) || *end || v < 2 ||
	    v > 4194304) /* the kernel's PID_MAX_LIMIT */
		return pb_fail(err, PB_USAGE, EINVAL, "qemu-pid=%s is not a process", value);
	s->qemu_pid = (pid_t)v;
	return 0;
}

int pb_existing_preflight(const struct pb_guest *g, struct pb_err *err)
{
	int pid = (int)g->spec->qemu_pid;

	if (pid && !pb_root_exists(g->root, "/proc/%d/task", pid))
		return pb_fail(err, PB_USAGE, ESRCH, "qemu-pid=%d: there is no such process", pid);
	return 0;
}

int pb_existing_connect(struct pb_guest *g, const struct pb_transport *t, const struct pb_address *to,
			int timeout_ms, struct pb_err *err)
{
	int rc = pb_conn_open(&g->conn, t, to, err);

	if (rc < 0)
		return rc;
	g->connected = true;
	g->qemu_pid = g->spec->qemu_pid;
	return pb_conn_hello(&g->conn, timeout_ms, err);
}

void pb_existing_stop(struct pb_guest *g)
{
	if (g->connected)
		pb_conn_close(&g->conn);
	g->connected = false;
	g->qemu_pid = 0;
}

const char *pb_existing_path(const struct pb_guest_spec *spec)
{
	return spec->found_path[0] ? spec->found_path : "local";
}
