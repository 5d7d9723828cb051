/*
 * The agent behind a virtio-serial port, which QEMU gives as a unix socket.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/run/guest/transport.h"

static int serial_open(struct pb_conn *c, const struct pb_address *to, struct pb_err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd, rc;

	if (strlen(to->path) >= sizeof(addr.sun_path))
		return pb_fail(err, PB_USAGE, ENAMETOOLONG,
			       "the path %s is too long for a socket; use a shorter one", to->path);
	strcpy(addr.sun_path, to->path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		rc = pb_fail(err, PB_MISSING, errno, "cannot connect to the guest's serial port %s: %s",
			     to->path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return rc;
	}
	rc = pb_conn_streams(c, fd, fd, err);
	if (rc < 0)
		close(fd);
	return rc;
}

const struct pb_transport pb_transport_serial = {
	.name = "serial",
	.help = "the agent is behind a virtio-serial port (guests launch and serial:PATH)",
	.open = serial_open,
	.close = pb_conn_close_socket,
};
