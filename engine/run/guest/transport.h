/*
 * Ways to an agent: one file and one line in transports.def each. A transport
 * gives a byte stream; what is said on it is agent_client.c's.
 */
#ifndef PB_RUN_GUEST_TRANSPORT_H
#define PB_RUN_GUEST_TRANSPORT_H

#include "engine/run/guest/agent_client.h"

struct pb_ssh;

/* Where an agent is. Each transport reads its own fields; everything is borrowed. */
struct pb_address {
	const char *path;         /* child: the agent's program; serial: the port's unix socket */
	const struct pb_ssh *ssh; /* ssh */
	unsigned cid, port;       /* vsock */
	int log_fd;               /* child: takes its stderr; -1 = inherited */
};

struct pb_transport {
	const char *name, *help;
	/* Fills *c, which is zeroed. On failure nothing is left open. */
	int (*open)(struct pb_conn *c, const struct pb_address *to, struct pb_err *err);
	/* Ends what open made. The agent ends its fio when its side of the stream ends. */
	void (*close)(struct pb_conn *c);
};

#define PB_TRANSPORT(id) extern const struct pb_transport pb_transport_##id;
#include "engine/run/guest/transports.def"
#undef PB_TRANSPORT

extern const struct pb_transport *const pb_transports[]; /* sorted, NULL-terminated */

int pb_conn_open(struct pb_conn *c, const struct pb_transport *t, const struct pb_address *to,
		 struct pb_err *err);

/* For transports: the stream's fds, in for reading. They stay the caller's on failure. */
int pb_conn_streams(struct pb_conn *c, int in, int out, struct pb_err *err);
/* For transports whose agent is at the other end of a child's pipes, or of one socket. */
void pb_conn_close_child(struct pb_conn *c);
void pb_conn_close_socket(struct pb_conn *c);

#endif
