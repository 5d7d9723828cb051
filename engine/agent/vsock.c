/*
 * AF_VSOCK has no users and no keys. The reserved port of the peer is what tells the host's root
 * from everybody else there (net/vmw_vsock/af_vsock.c: CAP_NET_BIND_SERVICE up to LAST_RESERVED_PORT).
 */
#include "engine/agent/vsock.h"

#include <errno.h>
#include <sys/socket.h>
#include <linux/vm_sockets.h>
#include <string.h>
#include <unistd.h>

#define RESERVED_END 1024

int pb_vsock_listen(unsigned port, struct pb_err *err)
{
	struct sockaddr_vm a = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = port};
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	if (fd >= 0 && !bind(fd, (struct sockaddr *)&a, sizeof(a)) && !listen(fd, 1))
		return fd;
	rc = pb_fail(err, PB_MISSING, errno, "cannot listen on vsock port %u: %s", port, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

int pb_vsock_accept(int fd)
{
	for (;;) {
		struct sockaddr_vm peer = {0};
		socklen_t len = sizeof(peer);
		int c = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);

		if (c >= 0 && peer.svm_port < RESERVED_END)
			return c;
		if (c >= 0)
			close(c);
		else if (errno != EINTR && errno != ECONNABORTED)
			return -errno;
	}
}
