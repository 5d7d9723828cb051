/*
 * The files of a run directory: walking, removing and hashing them. Links are
 * never followed, so a planted one can neither be hashed nor lead a removal outside.
 */
#include "engine/lib/rundir_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sha2.h>
#include <unistd.h>

#include "engine/lib/dirnames.h"
#include "engine/lib/replace.h"

/* guest/NAME/... and tune/N-RULE/host/... are the deepest we make; a directory planted deeper is refused. */
#define DEPTH_MAX 8
#define NAME_BYTES_MAX 255

/* Owned by later stages, so they may change after the seal (docs/run-directory.md). */
static const char *const unsealed[] = {"manifest.json", "findings.json", "log.txt", "undo.log",
				       "report",        "tune",          "visits"};

int pb_rundir_check_name(const char *name, struct pb_err *err)
{
	const char *part = name;
	size_t len;

	if (!*name || strlen(name) > NAME_BYTES_MAX)
		return pb_fail(err, PB_USAGE, EINVAL, "file name in a run directory: must have 1 to %d bytes",
			       NAME_BYTES_MAX);
	for (const char *c = name; *c; c++) {
		if (*c < 0x20 || *c > 0x7e)
			return pb_fail(err, PB_USAGE, EINVAL, "file name %s: not printable ASCII", name);
	}
	for (;; part += len + 1) {
		len = strcspn(part, "/");
		if (len == 0 || (len <= 2 && strncmp(part, "..", len) == 0))
			return pb_fail(err, PB_USAGE, EINVAL,
				       "file name %s: must stay inside the run directory", name);
		if (!part[len])
			return 0;
	}
}

int pb_rundir_names(int dirfd, struct pb_strv *names)
{
	int rc = 0, fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return pb_dir_names(dir, names);
}

static bool is_unsealed(const char *name)
{
	for (size_t i = 0; i < sizeof(unsealed) / sizeof(unsealed[0]); i++) {
		if (strcmp(name, unsealed[i]) == 0)
			return true;
	}
	return false;
}

static bool is_temporary(const char *name)
{
	size_t len = strlen(name), suffix = strlen(PB_REPLACE_SUFFIX);

	return len > suffix && strcmp(name + len - suffix, PB_REPLACE_SUFFIX) == 0;
}

static int walk(int dirfd, const char *prefix, int depth, struct pb_strv *out);

/* One entry of a walked directory: a file is listed, a directory entered, anything else refused. */
static int walk_entry(int dirfd, const char *prefix, const char *name, int depth, struct pb_strv *out)
{
	char path[NAME_BYTES_MAX + 2];
	struct stat st;
	int fd, rc, len = snprintf(path, sizeof(path), "%s%s", prefix, name);

	if (len < 0 || len > NAME_BYTES_MAX)
		return -ENAMETOOLONG;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return -errno;
	if (S_ISREG(st.st_mode) && is_temporary(name))
		return unlinkat(dirfd, name, 0) == 0 ? 0 : -errno;
	if (S_ISREG(st.st_mode))
		return pb_strv_add(out, path);
	if (!S_ISDIR(st.st_mode))
		return -EINVAL;
	if (depth == DEPTH_MAX || len == NAME_BYTES_MAX)
		return -ELOOP;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	path[len] = '/';
	path[len + 1] = '\0';
	rc = walk(fd, path, depth + 1, out);
	close(fd);
	return rc;
}

static int walk(int dirfd, const char *prefix, int depth, struct pb_strv *out)
{
	struct pb_strv names = {0};
	int rc = pb_rundir_names(dirfd, &names);

	for (size_t i = 0; !rc && i < names.n; i++) {
		if (depth == 0 && is_unsealed(names.v[i]))
			continue;
		rc = walk_entry(dirfd, prefix, names.v[i], depth, out);
	}
	pb_strv_fini(&names);
	return rc;
}

int pb_rundir_walk(int dirfd, struct pb_strv *names)
{
	int rc = walk(dirfd, "", 0, names);

	pb_strv_sort(names);
	return rc;
}

static int clear(int dirfd, int depth)
{
	struct pb_strv names = {0};
	int fd, rc = pb_rundir_names(dirfd, &names);

	for (size_t i = 0; !rc && i < names.n; i++) {
		const char *name = names.v[i];

		/* The only record of what a killed run changed on this host. */
		if (strcmp(name, "undo.log") == 0 || unlinkat(dirfd, name, 0) == 0)
			continue;
		/* POSIX has EPERM for unlinking a directory, Linux EISDIR. */
		if (errno != EISDIR || depth == DEPTH_MAX) {
			rc = errno == EISDIR ? -ELOOP : -errno;
			continue;
		}
		fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0) {
			rc = -errno;
			continue;
		}
		rc = clear(fd, depth + 1);
		close(fd);
		if (!rc && unlinkat(dirfd, name, AT_REMOVEDIR) != 0 && errno != ENOTEMPTY)
			rc = -errno;
	}
	pb_strv_fini(&names);
	return rc;
}

int pb_rundir_clear(int dirfd)
{
	return clear(dirfd, 0);
}

int pb_rundir_hash(int dirfd, const char *name, char hex[PB_RUNDIR_HEX])
{
	/* O_NONBLOCK: a FIFO planted under the name must not hang us. */
	int rc = 0, fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	uint8_t chunk[65536];
	struct stat st;
	SHA2_CTX ctx;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	SHA256Init(&ctx);
	do {
		n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			SHA256Update(&ctx, chunk, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		rc = -errno;
	close(fd);
	SHA256End(&ctx, hex);
	return rc;
}
