/*
 * The agent at a vsock port of its guest. We speak from a reserved port: that is how the agent
 * knows that root speaks.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <linux/vm_sockets.h>
#include <unistd.h>

#include "engine/run/host/stop.h"
#include "engine/run/guest/transport.h"

#define RESERVED_FIRST 600
#define RESERVED_LAST 1023
#define CONNECT_S 5

static int bind_reserved(int fd)
{
	struct sockaddr_vm us = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY};

	for (us.svm_port = RESERVED_LAST; us.svm_port >= RESERVED_FIRST; us.svm_port--)
		if (!bind(fd, (struct sockaddr *)&us, sizeof(us)))
			return 0;
		else if (errno != EADDRINUSE)
			break;
	return -errno;
}

static int connect_to(int fd, const struct pb_address *to)
{
	struct sockaddr_vm a = {.svm_family = AF_VSOCK, .svm_cid = to->cid, .svm_port = to->port};
	struct timeval limit = {.tv_sec = CONNECT_S};
	int rc;

	setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &limit, sizeof(limit));
	rc = bind_reserved(fd);
	if (rc == 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		rc = -errno;
	return rc;
}

static int vsock_open(struct pb_conn *c, const struct pb_address *to, struct pb_err *err)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return pb_fail(err, PB_MISSING, errno, "this kernel has no vsock (modprobe vsock): %s",
			       strerror(errno));
	rc = connect_to(fd, to);
	if (rc == -EINTR)
		pb_stop_check(err);
	if (rc < 0)
		pb_fail(err, PB_MISSING, -rc, "cannot reach vsock %u:%u: %s", to->cid, to->port,
			strerror(-rc));
	else
		rc = pb_conn_streams(c, fd, fd, err);
	if (rc < 0)
		close(fd);
	return rc;
}

const struct pb_transport pb_transport_vsock = {
	.name = "vsock",
	.help = "the agent listens on a vsock port (guest vsock:CID, launch:transport=vsock)",
	.open = vsock_open,
	.close = pb_conn_close_socket,
};
