/*
 * Replaces a file by writing a temporary and renaming it.
 */
#include "engine/lib/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static int temporary(char *buf, size_t size, const char *name)
{
	int len = snprintf(buf, size, "%s" PB_REPLACE_SUFFIX, name);

	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

static int fail_write(struct pb_err *err, const char *name, int errnum)
{
	return pb_fail(err, PB_MISSING, errnum, "cannot write %s: %s", name, strerror(errnum));
}

FILE *pb_replace_begin(int dirfd, const char *name, struct pb_err *err)
{
	char tmp[PATH_MAX];
	FILE *f;
	int fd;

	if (temporary(tmp, sizeof(tmp), name)) {
		fail_write(err, name, ENAMETOOLONG);
		return NULL;
	}
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0) {
		fail_write(err, name, errno);
		return NULL;
	}
	f = fdopen(fd, "w");
	if (!f) {
		fail_write(err, name, errno);
		close(fd);
		unlinkat(dirfd, tmp, 0);
	}
	return f;
}

void pb_replace_cancel(int dirfd, FILE *f, const char *name)
{
	char tmp[PATH_MAX];

	fclose(f);
	if (!temporary(tmp, sizeof(tmp), name))
		unlinkat(dirfd, tmp, 0);
}

int pb_replace_commit(int dirfd, FILE *f, const char *name, struct pb_err *err)
{
	char tmp[PATH_MAX];
	int failed = 0;

	/* A failed write that stdio has latched keeps no errno. Another byte of what is thrown away fails for
	 * the same reason, or the disk was full then and is not now. */
	if (ferror(f))
		failed = write(fileno(f), "", 1) < 0 ? errno : ENOSPC;
	if (fflush(f) != 0 || fsync(fileno(f)) != 0)
		failed = errno;
	if (failed) {
		pb_replace_cancel(dirfd, f, name);
		return fail_write(err, name, failed);
	}
	if (fclose(f) != 0)
		failed = errno;
	if (temporary(tmp, sizeof(tmp), name))
		return fail_write(err, name, ENAMETOOLONG);
	if (!failed && renameat(dirfd, tmp, dirfd, name) != 0)
		failed = errno;
	if (!failed)
		return 0;
	unlinkat(dirfd, tmp, 0);
	return fail_write(err, name, failed);
}
