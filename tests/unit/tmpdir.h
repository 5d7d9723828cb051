/*
 * A temporary directory for tests and small files in it. Removal follows no links.
 */
#ifndef PB_TESTS_TMPDIR_H
#define PB_TESTS_TMPDIR_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tmpdir {
	char path[64];
	int fd;
};

static inline void tmpdir_make(struct tmpdir *t)
{
	strcpy(t->path, "/tmp/passbench-test-XXXXXX");
	assert_non_null(mkdtemp(t->path));
	t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(t->fd >= 0);
}

static inline int tmpdir_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void tmpdir_remove(struct tmpdir *t)
{
	close(t->fd);
	nftw(t->path, tmpdir_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void tmpdir_mkdir(const struct tmpdir *t, const char *name)
{
	assert_int_equal(mkdirat(t->fd, name, 0755), 0);
}

static inline void tmpdir_write_bytes(const struct tmpdir *t, const char *name, const void *data, size_t len)
{
	int fd = openat(t->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static inline void tmpdir_write(const struct tmpdir *t, const char *name, const char *text)
{
	tmpdir_write_bytes(t, name, text, strlen(text));
}

/* The file's text, NUL-terminated, in a static buffer. */
static inline const char *tmpdir_read(const struct tmpdir *t, const char *name)
{
	static char text[65536];
	int fd = openat(t->fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	assert_true(fd >= 0);
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert_true(len >= 0);
	text[len] = '\0';
	return text;
}

static inline int tmpdir_exists(const struct tmpdir *t, const char *name)
{
	return faccessat(t->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

#endif
