/*
 * Framing of docs/protocol.md, shared by host and agent: JSON objects, one
 * a line, over a byte stream. Lines are bounded and parsed strictly, because
 * neither side trusts the other. What the objects mean is not known here.
 */
#ifndef PB_LIB_PROTO_H
#define PB_LIB_PROTO_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/lib/err.h"

#define PB_PROTO_VERSION 1
#define PB_PROTO_LINE_MAX 65536u /* bytes of a line with its newline */
#define PB_PROTO_FETCH_MAX 32768 /* bytes of a file in one `fetch` answer, before base64 */
#define PB_PROTO_VSOCK_PORT 7711 /* where an agent listens, unless told otherwise */
#define PB_PROTO_FAULTS_MAX 256
#define PB_PROTO_ROWS_MAX 500 /* rows in one `rows` answer */

/* One conversation. The fds are borrowed (they may be the same one); the buffer is owned. */
struct pb_lines {
	int rfd, wfd;
	char *data;
	size_t start, end; /* unread bytes are data[start..end) */
	bool broken;       /* a malformed line was seen: the conversation is over */
};

/* Makes both fds non-blocking. 0 or -errno; -ENOMEM needs no _fini. */
int pb_lines_init(struct pb_lines *l, int rfd, int wfd);
void pb_lines_fini(struct pb_lines *l); /* closes nothing; safe on a zeroed struct */

/*
 * Waits at most timeout_ms (-1 = for ever) for one line and parses it; *out is a new reference to an object.
 * 0, or -ETIMEDOUT  nothing yet; no message, nothing lost: call again -EINTR      a signal came; no message,
 * nothing lost -EPIPE      end of file (a virtio port whose host side is closed says this too, and may
 * recover); no message -EMSGSIZE   line too long, -EBADMSG not one strict JSON object; message, and the
 * conversation is over
 */
int pb_lines_read(struct pb_lines *l, int timeout_ms, json_t **out, struct pb_err *err);

/*
 * Writes one object as one line. -EMSGSIZE (nothing sent) when it would be too long, -EPIPE when the other
 * side is gone, -ETIMEDOUT when it does not read; after the last two a part of the line may have been sent,
 * so the conversation is over. All of them record a message. SIGPIPE must be ignored by the program.
 */
int pb_lines_write(struct pb_lines *l, const json_t *obj, int timeout_ms, struct pb_err *err);

#endif
