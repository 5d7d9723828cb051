/*
 * Kept-open files read whole. The buffer only grows, so that after a few samples nothing is allocated.
 */
#include "engine/collectors/snapfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_CAP 4096u
#define MAX_CAP (64u << 20) /* 512 CPUs with 4,096 interrupts: 24 MB */

int pb_snapfile_open(struct pb_snapfile *f, const struct pb_root *root, const char *path)
{
	int fd = pb_root_openf(root, O_RDONLY, "%s", path);

	memset(f, 0, sizeof(*f));
	f->fd = fd < 0 ? -1 : fd;
	return fd < 0 ? fd : 0;
}

int pb_snapfile_openat(struct pb_snapfile *f, int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	memset(f, 0, sizeof(*f));
	f->fd = fd;
	return fd < 0 ? -errno : 0;
}

static int grow(struct pb_snapfile *f)
{
	size_t cap = f->cap ? 2 * f->cap : FIRST_CAP;
	char *data;

	if (cap > MAX_CAP)
		return -EFBIG;
	data = realloc(f->data, cap);
	if (!data)
		return -ENOMEM;
	f->data = data;
	f->cap = cap;
	return 0;
}

int pb_snapfile_read_upto(struct pb_snapfile *f, size_t size)
{
	size_t len = 0;

	if (f->fd < 0)
		return -EBADF;
	while (len < size) {
		size_t want;
		ssize_t n;

		if (len + 1 >= f->cap) {
			int rc = grow(f);

			if (rc)
				return rc;
		}
		want = f->cap - 1 - len < size - len ? f->cap - 1 - len : size - len;
		n = pread(f->fd, f->data + len, want, (off_t)len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	f->len = len;
	if (f->data)
		f->data[len] = '\0';
	return 0;
}

int pb_snapfile_read_attr(struct pb_snapfile *f)
{
	ssize_t n;

	if (f->fd < 0)
		return -EBADF;
	while (f->cap < FIRST_CAP + 1) { /* a page and the terminator */
		int rc = grow(f);

		if (rc)
			return rc;
	}
	do
		n = pread(f->fd, f->data, f->cap - 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	f->len = (size_t)n;
	f->data[n] = '\0';
	return 0;
}

int pb_snapfile_read(struct pb_snapfile *f)
{
	return pb_snapfile_read_upto(f, SIZE_MAX);
}

void pb_snapfile_close(struct pb_snapfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->data);
	memset(f, 0, sizeof(*f));
	f->fd = -1;
}
