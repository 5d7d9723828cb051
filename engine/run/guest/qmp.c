/*
 * QMP over a unix socket. Knows the protocol's frame (greeting, return, error,
 * event), not what commands mean.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/run/guest/qmp.h"

#define ANSWER_MS 30000           /* a command that QEMU has not answered by then it never will */
#define LINE_MAX_BYTES (1u << 20) /* query-cpus-fast of 64 vCPUs is 20 KiB */

static int broken(struct pb_err *err, int code, const char *what)
{
	return pb_fail(err, PB_MISSING, code, "QEMU's control socket: %s", what);
}

/* Adds what has arrived to the buffer. */
static int receive(struct pb_qmp *q, struct pb_err *err)
{
	struct pollfd p = {.fd = q->fd, .events = POLLIN};
	char chunk[4096];
	ssize_t n;
	int rc;

	do
		rc = poll(&p, 1, ANSWER_MS);
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return broken(err, ETIMEDOUT, "no answer");
	n = recv(q->fd, chunk, sizeof(chunk), 0);
	if (n <= 0)
		return broken(err, n < 0 ? errno : EPIPE, n < 0 ? strerror(errno) : "closed by QEMU");
	if (q->in.len + (size_t)n > LINE_MAX_BYTES)
		return broken(err, EMSGSIZE, "an endless line");
	return pb_buf_add(&q->in, chunk, (size_t)n) < 0 ? broken(err, ENOMEM, "out of memory") : 0;
}

/* The next line as an object, a new reference. */
static int next_object(struct pb_qmp *q, json_t **out, struct pb_err *err)
{
	char *end;
	size_t len;
	int rc;

	while (!q->in.len || !(end = memchr(q->in.data, '\n', q->in.len))) {
		rc = receive(q, err);
		if (rc < 0)
			return rc;
	}
	len = (size_t)(end - q->in.data) + 1;
	*out = json_loadb(q->in.data, len, JSON_REJECT_DUPLICATES, NULL);
	memmove(q->in.data, q->in.data + len, q->in.len - len);
	q->in.len -= len;
	return json_is_object(*out) ? 0 : broken(err, EPROTO, "not JSON");
}

int pb_qmp_open(struct pb_qmp *q, const char *path, struct pb_err *err)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	json_t *greeting = NULL;
	int rc;

	*q = (struct pb_qmp){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	if (q->fd < 0)
		return broken(err, errno, strerror(errno));
	if (snprintf(a.sun_path, sizeof(a.sun_path), "%s", path) >= (int)sizeof(a.sun_path))
		rc = broken(err, ENAMETOOLONG, "its path is too long");
	else
		rc = connect(q->fd, (struct sockaddr *)&a, sizeof(a)) < 0 ? -errno : 0;
	if (rc == 0)
		rc = next_object(q, &greeting, err);
	if (rc == 0 && !json_object_get(greeting, "QMP"))
		rc = broken(err, EPROTO, "no greeting");
	json_decref(greeting);
	if (rc == 0)
		rc = pb_qmp_command(q, "qmp_capabilities", NULL, err);
	if (rc < 0)
		pb_qmp_close(q);
	return rc;
}

static int send_command(const struct pb_qmp *q, const char *command, struct pb_err *err)
{
	char line[128];
	int len = snprintf(line, sizeof(line), "{\"execute\":\"%s\"}\n", command);

	if (send(q->fd, line, (size_t)len, MSG_NOSIGNAL) != len)
		return broken(err, EPIPE, "cannot send");
	return 0;
}

int pb_qmp_command(struct pb_qmp *q, const char *command, json_t **result, struct pb_err *err)
{
	json_t *answer = NULL, *value, *error;
	int rc = send_command(q, command, err);

	while (rc == 0) {
		rc = next_object(q, &answer, err);
		if (rc < 0)
			break;
		value = json_object_get(answer, "return");
		error = json_object_get(answer, "error");
		if (value && result)
			*result = json_incref(value);
		if (error)
			rc = pb_fail(err, PB_MISSING, EIO, "QEMU refused %s: %s", command,
				     json_string_value(json_object_get(error, "desc")));
		if (value || error)
			break;
		json_decref(answer);
		answer = NULL;
	}
	json_decref(answer);
	return rc;
}

void pb_qmp_close(struct pb_qmp *q)
{
	if (q->fd >= 0)
		close(q->fd);
	q->fd = -1;
	pb_buf_fini(&q->in);
}
