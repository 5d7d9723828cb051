/*
 * The agent's end of AF_VSOCK: listening for the host, one conversation at a time.
 */
#ifndef PB_AGENT_VSOCK_H
#define PB_AGENT_VSOCK_H

#include "engine/lib/err.h"

/* A listening socket. PB_MISSING when the kernel has no vsock or the port is taken. */
int pb_vsock_listen(unsigned port, struct pb_err *err);
/*
 * Waits for a peer that may speak: one on a reserved port (below 1024), which only the superuser of its
 * machine can have. Others are hung up on. The connection's fd, or -errno.
 */
int pb_vsock_accept(int fd);

#endif
