/*
 * Loop devices over files on tmpfs: real disks for tests, as root. Taken from
 * the kernel with LOOP_CTL_GET_FREE, given back with autoclear.
 */
#ifndef PB_TESTS_LOOPDEV_H
#define PB_TESTS_LOOPDEV_H

#include <fcntl.h>
#include <linux/loop.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct loopdev {
	char file[64];    /* backing file on tmpfs */
	char path[32];    /* "/dev/loop3" */
	const char *name; /* "loop3" */
	int fd, file_fd;
};

/* False when this machine has none to give (no root, no loop driver): the test skips. */
static inline bool loopdev_make(struct loopdev *l, size_t size)
{
	struct loop_config c = {.block_size = 512, .info.lo_flags = LO_FLAGS_DIRECT_IO};
	int ctl, nr = -1;

	memset(l, 0, sizeof(*l));
	if (geteuid() || (ctl = open("/dev/loop-control", O_RDWR | O_CLOEXEC)) < 0)
		return false;
	strcpy(l->file, "/dev/shm/passbench-test-XXXXXX");
	l->file_fd = mkostemp(l->file, O_CLOEXEC);
	if (l->file_fd < 0 || ftruncate(l->file_fd, (off_t)size)) {
		close(ctl);
		return false;
	}
	c.fd = (unsigned)l->file_fd;
	/* another process may take the one that was free: try again */
	for (int tries = 0; tries < 20; tries++) {
		nr = ioctl(ctl, LOOP_CTL_GET_FREE);
		snprintf(l->path, sizeof(l->path), "/dev/loop%d", nr);
		l->fd = nr >= 0 ? open(l->path, O_RDWR | O_CLOEXEC) : -1;
		if (l->fd >= 0 && !ioctl(l->fd, LOOP_CONFIGURE, &c))
			break;
		if (l->fd >= 0)
			close(l->fd);
		l->fd = -1;
	}
	close(ctl);
	l->name = l->path + 5;
	if (l->fd >= 0)
		return true;
	unlink(l->file);
	close(l->file_fd);
	return false;
}

static inline void loopdev_remove(struct loopdev *l)
{
	ioctl(l->fd, LOOP_CLR_FD);
	close(l->fd);
	close(l->file_fd);
	unlink(l->file);
}

/* FNV-1a over the backing file: says whether anything on the disk changed. */
static inline unsigned long long loopdev_sum(const struct loopdev *l)
{
	unsigned long long h = 14695981039346656037ull;
	static unsigned char chunk[65536];
	off_t at = 0;
	ssize_t n;

	fsync(l->fd);
	while ((n = pread(l->file_fd, chunk, sizeof(chunk), at)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			h = (h ^ chunk[i]) * 1099511628211ull;
		at += n;
	}
	return h;
}

#endif
