/*
 * Two unix sockets for the machine's ports. Blocking writes are deliberate: a reader
 * of our output that is slow slows the command down, as it would without the lab.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/lab/relay.h"

static const char *const port_names[2] = {"out", "err"};
static const int our_fds[2] = {STDOUT_FILENO, STDERR_FILENO};

static int listen_at(const char *workdir, const char *name, struct pb_err *err)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", workdir, name) >= (int)sizeof(a.sun_path))
		errno = ENAMETOOLONG;
	else if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 1) == 0)
		return fd;
	pb_fail(err, PB_MISSING, errno, "cannot make the socket %s/%s: %s", workdir, name, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

int pb_lab_relay_open(struct pb_lab_relay *r, const char *workdir, bool shell, struct pb_err *err)
{
	*r = (struct pb_lab_relay){.listen = {-1, -1}, .conn = {-1, -1}, .shell = shell};
	for (int i = 0; i < 2; i++) {
		r->listen[i] = listen_at(workdir, port_names[i], err);
		if (r->listen[i] < 0) {
			pb_lab_relay_close(r, workdir);
			return -EIO;
		}
	}
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

void pb_lab_relay_show(struct pb_lab_relay *r)
{
	if (!r->ui || r->mid_line)
		return;
	if (r->record[0] && !r->in_record)
		pb_ui_record_show(r->ui, r->record);
	else
		pb_ui_progress(r->ui, NAN, -1, "%s", r->what);
}

/* Text of the command's: the line of progress makes way for it. */
static int write_text(struct pb_lab_relay *r, int i, const char *data, size_t len)
{
	int rc;

	if (!len)
		return 0;
	pb_ui_clear(r->ui);
	rc = write_all(our_fds[i], data, len);
	r->mid_line = data[len - 1] != '\n';
	pb_lab_relay_show(r);
	return rc;
}

/* Bytes of a record, up to its end; what is longer than a record can be is dropped. How many were taken. */
static size_t take_record(struct pb_lab_relay *r, const char *data, size_t len)
{
	const char *end = memchr(data, '\n', len);
	size_t n = end ? (size_t)(end - data) : len, room = sizeof(r->record) - 1 - r->n_record;

	memcpy(r->record + r->n_record, data, n < room ? n : room);
	r->n_record += n < room ? n : room;
	if (!end)
		return len;
	r->record[r->n_record] = '\0';
	r->in_record = false;
	pb_lab_relay_show(r);
	return n + 1;
}

/* What came from "err", text and records in any mixture. */
static int split(struct pb_lab_relay *r, const char *data, size_t len)
{
	int rc = 0;

	while (rc == 0 && len > 0) {
		const char *start = memchr(data, PB_UI_RECORD_START, len);
		size_t n = start ? (size_t)(start - data) : len;

		if (r->in_record) {
			n = take_record(r, data, len);
		} else {
			rc = write_text(r, 1, data, n);
			r->in_record = start;
			r->n_record = 0;
			n += start ? 1 : 0;
		}
		data += n;
		len -= n;
	}
	return rc;
}

static int pass_on(struct pb_lab_relay *r, int i, const char *data, size_t len)
{
	if (!r->ui)
		return write_all(our_fds[i], data, len);
	return i == 1 ? split(r, data, len) : write_text(r, i, data, len);
}

/* From one of the machine's ports to ours. */
static int copy_out(struct pb_lab_relay *r, int i, struct pb_err *err)
{
	char chunk[16384];
	ssize_t n = read(r->conn[i], chunk, sizeof(chunk));
	int rc;

	if (n <= 0) {
		if (n < 0 && errno == EINTR)
			return 0;
		close(r->conn[i]);
		r->conn[i] = -1;
		return 0;
	}
	r->carried += (uint64_t)n;
	rc = pass_on(r, i, chunk, (size_t)n);
	return rc < 0 ? pb_fail(err, PB_MISSING, -rc, "writing the command's output: %s", strerror(-rc)) : 0;
}

/* End of our input is Ctrl-D for the shell. */
static void copy_in(struct pb_lab_relay *r)
{
	char chunk[1024];
	ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));

	if (n > 0) {
		write_all(r->conn[0], chunk, (size_t)n);
	} else if (n == 0) {
		write_all(r->conn[0], "\004", 1);
		r->shell = false;
	}
}

int pb_lab_relay_step(struct pb_lab_relay *r, int timeout_ms, struct pb_err *err)
{
	struct pollfd p[3];
	int rc = 0;

	for (int i = 0; i < 2; i++)
		p[i] = (struct pollfd){.fd = r->conn[i] >= 0 ? r->conn[i] : r->listen[i], .events = POLLIN};
	p[2] = (struct pollfd){.fd = r->shell && r->conn[0] >= 0 ? STDIN_FILENO : -1, .events = POLLIN};
	if (poll(p, 3, timeout_ms) <= 0)
		return 0;
	for (int i = 0; i < 2 && rc == 0; i++) {
		if (!p[i].revents)
			continue;
		if (r->conn[i] >= 0)
			rc = copy_out(r, i, err);
		else
			r->conn[i] = accept4(r->listen[i], NULL, NULL, SOCK_CLOEXEC);
	}
	if (rc == 0 && p[2].revents && r->conn[0] >= 0)
		copy_in(r);
	return rc;
}

void pb_lab_relay_close(struct pb_lab_relay *r, const char *workdir)
{
	char path[128];

	for (int i = 0; i < 2; i++) {
		if (r->listen[i] >= 0)
			close(r->listen[i]);
		if (r->conn[i] >= 0)
			close(r->conn[i]);
		r->listen[i] = r->conn[i] = -1;
		snprintf(path, sizeof(path), "%s/%s", workdir, port_names[i]);
		unlink(path);
	}
}
