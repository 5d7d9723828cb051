/*
 * Reading and writing /proc and /sys below a root directory. Does not
 * interpret what it reads beyond integers, and records no messages except when the root
 * itself cannot be opened: the caller knows what a missing file means.
 */
#include "engine/lib/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/lib/dirnames.h"

#define SLURP_MAX ((size_t)64 << 20)

int pb_root_open(struct pb_root *r, const char *dir, struct pb_err *err)
{
	char real[PATH_MAX];
	struct pb_root new = {.fd = -1};

	if (!dir || !*dir)
		dir = "/";
	if (!realpath(dir, real))
		return pb_fail(err, PB_USAGE, errno,
			       "root directory %s: %m; give a directory that holds proc and sys", dir);
	if (strlen(real) >= sizeof(new.path))
		return pb_fail(err, PB_USAGE, ENAMETOOLONG,
			       "root directory %s: path is longer than %zu bytes", dir, sizeof(new.path) - 1);
	new.fd = open(real, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (new.fd < 0)
		return pb_fail(err, PB_USAGE, errno,
			       "root directory %s: %m; give a directory that holds proc and sys", dir);
	memcpy(new.path, real, strlen(real) + 1);
	new.live = strcmp(real, "/") == 0;
	*r = new;
	return 0;
}

void pb_root_close(struct pb_root *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

/* Opens an absolute path of the machine; links cannot leave a recorded root. */
static int root_open_path(const struct pb_root *r, int flags, const char *path)
{
	struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT};
	long fd;

	while (*path == '/')
		path++;
	if (!*path)
		path = ".";
	if (r->live)
		fd = openat(r->fd, path, flags | O_CLOEXEC);
	else
		fd = syscall(SYS_openat2, r->fd, path, &how, sizeof(how));
	return fd < 0 ? -errno : (int)fd;
}

static int root_vopen(const struct pb_root *r, int flags, const char *fmt, va_list ap) PB_PRINTF(3, 0);

static int root_vopen(const struct pb_root *r, int flags, const char *fmt, va_list ap)
{
	char path[PATH_MAX];
	int len = vsnprintf(path, sizeof(path), fmt, ap);

	if (len < 0 || (size_t)len >= sizeof(path))
		return -ENAMETOOLONG;
	return root_open_path(r, flags, path);
}

int pb_root_openf(const struct pb_root *r, int flags, const char *fmt, ...)
{
	va_list ap;
	int fd;

	va_start(ap, fmt);
	fd = root_vopen(r, flags, fmt, ap);
	va_end(ap);
	return fd;
}

/* Fills buf from fd up to its end or size bytes. Length or -errno. */
static ssize_t read_full(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* Reads text from fd, which is closed, as pb_root_read promises. */
static ssize_t read_text(int fd, char *buf, size_t size)
{
	ssize_t len;

	if (fd < 0)
		return fd;
	len = size ? read_full(fd, buf, size - 1) : -EINVAL;
	close(fd);
	if (len < 0)
		return len;
	while (len > 0 && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return len;
}

ssize_t pb_root_read(const struct pb_root *r, char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int fd;

	va_start(ap, fmt);
	fd = root_vopen(r, O_RDONLY, fmt, ap);
	va_end(ap);
	return read_text(fd, buf, size);
}

int pb_root_slurp(const struct pb_root *r, struct pb_buf *b, const char *fmt, ...)
{
	char chunk[16384];
	ssize_t n = 0;
	va_list ap;
	int fd, rc = 0;

	pb_buf_clear(b);
	va_start(ap, fmt);
	fd = root_vopen(r, O_RDONLY, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	do {
		n = read_full(fd, chunk, sizeof(chunk));
		if (n < 0)
			rc = (int)n;
		else if (b->len + (size_t)n > SLURP_MAX)
			rc = -EFBIG;
		else
			rc = pb_buf_add(b, chunk, (size_t)n);
	} while (!rc && n == (ssize_t)sizeof(chunk));
	close(fd);
	return rc;
}

int pb_root_i64(const struct pb_root *r, int64_t *v, const char *fmt, ...)
{
	char text[64], *end;
	const char *digits;
	long long value;
	ssize_t len;
	va_list ap;
	int fd;

	va_start(ap, fmt);
	fd = root_vopen(r, O_RDONLY, fmt, ap);
	va_end(ap);
	len = read_text(fd, text, sizeof(text));
	if (len < 0)
		return (int)len;
	digits = text[0] == '-' ? text + 1 : text;
	if (digits[0] < '0' || digits[0] > '9')
		return -EINVAL;
	/* Not base 0: a leading zero in sysfs is padding, not octal. */
	errno = 0;
	value = strtoll(text, &end, strncmp(digits, "0x", 2) == 0 ? 16 : 10);
	if (errno)
		return -errno;
	if (*end)
		return -EINVAL;
	*v = value;
	return 0;
}

int pb_root_write(const struct pb_root *r, const char *text, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;
	ssize_t n;
	int fd, rc = 0;

	va_start(ap, fmt);
	fd = root_vopen(r, O_WRONLY | O_TRUNC, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	n = write(fd, text, len);
	if (n < 0)
		rc = -errno;
	else if ((size_t)n != len)
		rc = -EIO;
	/* The kernel takes or refuses a value in write(2) itself, but a network or FUSE root may answer at
	 * close. */
	if (close(fd) < 0 && !rc)
		rc = -errno;
	return rc;
}

/* Copies text of len bytes with its NUL. Length or -ENAMETOOLONG. */
static ssize_t give(char *buf, size_t size, const char *text, size_t len)
{
	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(buf, text, len);
	buf[len] = '\0';
	return (ssize_t)len;
}

ssize_t pb_root_link(const struct pb_root *r, char *buf, size_t size, const char *fmt, ...)
{
	char target[PATH_MAX];
	const char *slash;
	ssize_t len;
	va_list ap;
	int fd;

	va_start(ap, fmt);
	fd = root_vopen(r, O_PATH | O_NOFOLLOW, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	/* An empty name is the link itself; on anything else it fails with ENOENT, which would read as "no
	 * such file". */
	len = readlinkat(fd, "", target, sizeof(target) - 1);
	close(fd);
	if (len < 0)
		return errno == ENOENT ? -EINVAL : -errno;
	while (len > 1 && target[len - 1] == '/')
		len--;
	target[len] = '\0';
	slash = strrchr(target, '/');
	slash = slash ? slash + 1 : target;
	return give(buf, size, slash, strlen(slash));
}

ssize_t pb_root_realpath(const struct pb_root *r, char *buf, size_t size, const char *fmt, ...)
{
	char self[64], real[PATH_MAX];
	size_t skip = r->live ? 0 : strlen(r->path);
	ssize_t len;
	va_list ap;
	int fd;

	va_start(ap, fmt);
	fd = root_vopen(r, O_PATH, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	len = readlink(self, real, sizeof(real) - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	if (len < 0)
		return len;
	real[len] = '\0';
	/* The root was moved or the file removed while we looked: what the kernel prints is then no path of
	 * ours. */
	if (strncmp(real, r->path, skip) != 0 || (real[skip] && real[skip] != '/'))
		return -ENOENT;
	if (!real[skip])
		return give(buf, size, "/", 1);
	return give(buf, size, real + skip, (size_t)len - skip);
}

int pb_root_list(const struct pb_root *r, struct pb_strv *names, const char *fmt, ...)
{
	struct pb_strv found = {0};
	va_list ap;
	DIR *dir;
	int fd, rc;

	va_start(ap, fmt);
	fd = root_vopen(r, O_RDONLY | O_DIRECTORY, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		rc = -errno;
		close(fd);
		return rc;
	}
	rc = pb_dir_names(dir, &found);
	pb_strv_sort(&found);
	for (size_t i = 0; !rc && i < found.n; i++)
		rc = pb_strv_add(names, found.v[i]);
	pb_strv_fini(&found);
	return rc;
}

bool pb_root_exists(const struct pb_root *r, const char *fmt, ...)
{
	va_list ap;
	int fd;

	va_start(ap, fmt);
	fd = root_vopen(r, O_PATH, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}
