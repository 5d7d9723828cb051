/*
 * The host's side of docs/protocol.md: one connection to an agent, whatever
 * carries it, and its requests as functions. The agent is not trusted: every
 * answer is bounded and checked.
 */
#ifndef PB_RUN_GUEST_AGENT_CLIENT_H
#define PB_RUN_GUEST_AGENT_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/lib/err.h"
#include "engine/lib/hist.h"
#include "engine/lib/proto.h"
#include "engine/run/host/spawn.h"

struct pb_transport;

struct pb_conn {
	struct pb_lines lines;
	const struct pb_transport *transport; /* NULL before it is open */
	int in, out;                          /* the stream's fds; the same one for a socket */
	struct pb_child child;                /* transports that are child processes */
	int log;                              /* what that child says on stderr, or -1 */
	int64_t next_id;
	json_t *hello; /* the agent's greeting, owned */
};

/* Opened by pb_conn_open (transport.h). Waits for the greeting: protocol version checked. -ETIMEDOUT without
 * a message after timeout_ms, so that the caller can say why. */
int pb_conn_hello(struct pb_conn *c, int timeout_ms, struct pb_err *err);
void pb_conn_close(struct pb_conn *c); /* also after a failed or missing open; leaves it zeroed */

/*
 * Sends the request (stolen) and waits for its answer. *reply (may be NULL) is a new reference to the object
 * with ok:true; an ok:false answer becomes the error, with the agent's sentence.
 */
int pb_conn_ask(struct pb_conn *c, const char *request, json_t *fields, int timeout_ms, json_t **reply,
		struct pb_err *err);

/* One row of engine counters, cumulative over all jobs; guest clock. */
struct pb_row {
	int64_t t_ns, submitted, completed, failed, read_bytes, write_bytes, depth_ns;
};

struct pb_hist_snap {
	int64_t t_ns;
	struct pb_row row;
	uint64_t dir[3][PB_HIST_BINS]; /* read, write, trim */
};

#define PB_AGENT_TIME_MAX (INT64_MAX / 4) /* of stamps that an agent gives */

int pb_agent_ping(struct pb_conn *c, int64_t *guest_ns, struct pb_err *err);
/* The host's time of day as the guest's ptp_kvm says; -EREMOTEIO with the agent's reason when it has none. */
int pb_agent_ptp(struct pb_conn *c, int64_t *guest_ns, int64_t *host_real_ns, int64_t *width_ns,
		 struct pb_err *err);
int pb_agent_depth(struct pb_conn *c, unsigned depth, int64_t *guest_ns, struct pb_err *err);
/* Appends rows since *next (advanced). The array grows by realloc; *n counts. running tells whether fio
 * lives. */
int pb_agent_rows(struct pb_conn *c, int64_t *next, struct pb_row **rows, size_t *n, bool *running,
		  struct pb_err *err);
int pb_agent_hist(struct pb_conn *c, struct pb_hist_snap *s, struct pb_err *err);
/*
 * What an agent says about one of its sources, by name, in an array of {name, status}: "ok", or "unavailable:
 * why" as one bounded line of plain text. True when ok.
 */
bool pb_agent_source_status(const json_t *list, const char *name, char *status, size_t size);
/* Whole file (64 MiB at most) into buf. */
int pb_agent_fetch(struct pb_conn *c, const char *name, struct pb_buf *buf, struct pb_err *err);

#endif
