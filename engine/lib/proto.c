/*
 * Bounded JSON lines over a pair of file descriptors. Keeps no more than one
 * maximal line in memory; does not know any request or answer.
 */
#include "engine/lib/proto.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/lib/json.h"

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int set_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	if (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

int pb_lines_init(struct pb_lines *l, int rfd, int wfd)
{
	int rc;

	*l = (struct pb_lines){.rfd = rfd, .wfd = wfd};
	rc = set_nonblock(rfd);
	if (!rc && wfd != rfd)
		rc = set_nonblock(wfd);
	if (rc)
		return rc;
	l->data = malloc(PB_PROTO_LINE_MAX);
	return l->data ? 0 : -ENOMEM;
}

void pb_lines_fini(struct pb_lines *l)
{
	free(l->data);
	l->data = NULL;
}

/* 0 when ready, -ETIMEDOUT, -EINTR or another -errno. Hang-ups count as ready: read or write says what
 * happened. */
static int wait_fd(int fd, short events, int timeout_ms, int64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left = -1;
	int n;

	if (timeout_ms >= 0) {
		left = deadline_ms - now_ms();
		if (left < 0)
			left = 0;
	}
	n = poll(&p, 1, (int)left);
	if (n < 0)
		return -errno;
	if (!n)
		return -ETIMEDOUT;
	/* a virtio port without a host hangs up and never becomes writable: waiting would spin */
	return events == POLLOUT && !(p.revents & POLLOUT) ? -EPIPE : 0;
}

/* One read(2) behind what is already there. Bytes read or -errno; 0 = EAGAIN. */
static ssize_t fill(struct pb_lines *l)
{
	ssize_t n;

	if (l->start) {
		memmove(l->data, l->data + l->start, l->end - l->start);
		l->end -= l->start;
		l->start = 0;
	}
	n = read(l->rfd, l->data + l->end, PB_PROTO_LINE_MAX - l->end);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (n == 0)
		return -EPIPE;
	l->end += (size_t)n;
	return n;
}

/* Takes a complete line out of the buffer: 1 = taken (*rc is its result), 0 = none yet. */
static int take(struct pb_lines *l, json_t **out, struct pb_err *err, int *rc)
{
	char *line = l->data + l->start;
	char *nl = memchr(line, '\n', l->end - l->start);

	if (!nl) {
		if (l->end - l->start < PB_PROTO_LINE_MAX)
			return 0;
		l->broken = true;
		*rc = pb_fail(err, PB_MISSING, EMSGSIZE,
			      "the other side sent a line longer than %u bytes; the conversation is over",
			      PB_PROTO_LINE_MAX);
		return 1;
	}
	l->start += (size_t)(nl - line) + 1;
	if (pb_json_parse(out, line, (size_t)(nl - line), "a protocol line", err)) {
		l->broken = true;
		*rc = -EBADMSG;
		return 1;
	}
	*rc = 0;
	return 1;
}

int pb_lines_read(struct pb_lines *l, int timeout_ms, json_t **out, struct pb_err *err)
{
	int64_t deadline = timeout_ms >= 0 ? now_ms() + timeout_ms : 0;
	int rc = 0;

	if (l->broken)
		return pb_fail(err, PB_MISSING, EBADMSG,
			       "the conversation has already ended with a bad line");
	while (!take(l, out, err, &rc)) {
		ssize_t n = fill(l);

		if (n < 0)
			return (int)n;
		if (n > 0)
			continue;
		rc = wait_fd(l->rfd, POLLIN, timeout_ms, deadline);
		if (rc)
			return rc;
	}
	return rc;
}

static int write_all(struct pb_lines *l, const char *p, size_t len, int timeout_ms)
{
	int64_t deadline = timeout_ms >= 0 ? now_ms() + timeout_ms : 0;
	int rc;

	while (len) {
		ssize_t n = write(l->wfd, p, len);

		if (n >= 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		rc = wait_fd(l->wfd, POLLOUT, timeout_ms, deadline);
		if (rc && rc != -EINTR)
			return rc;
	}
	return 0;
}

int pb_lines_write(struct pb_lines *l, const json_t *obj, int timeout_ms, struct pb_err *err)
{
	char *text = json_dumps(obj, JSON_COMPACT);
	size_t len;
	int rc;

	if (!text)
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory to write a protocol line");
	len = strlen(text);
	if (len + 1 > PB_PROTO_LINE_MAX) {
		free(text);
		return pb_fail(err, PB_MISSING, EMSGSIZE, "a protocol line of %zu bytes is longer than %u",
			       len + 1, PB_PROTO_LINE_MAX);
	}
	text[len] = '\n'; /* in place of the terminator: one write for the whole line */
	rc = write_all(l, text, len + 1, timeout_ms);
	free(text);
	if (!rc)
		return 0;
	l->broken = true;
	return pb_fail(err, PB_MISSING, -rc, "cannot write to the other side of the conversation: %s",
		       strerror(-rc));
}
