/*
 * Folders of plain files below report/. No symbolic link is followed: the run directory may have come from
 * elsewhere.
 */
#include "reports/chartdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/replace.h"
#include "reports/lang.h"

#define FINAL "charts"
#define FRESH "charts.new"
#define ASIDE "charts.old"
#define PROBE "room.tmp"
#define PROBE_BYTES 65536

static int open_folder(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int make_folder(int parent, const char *name)
{
	if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	return open_folder(parent, name);
}

/* Not there is fine. */
static int remove_folder(int parent, const char *name)
{
	int fd = open_folder(parent, name), ret = 0;
	struct dirent *e;
	DIR *d;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while (!ret && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    unlinkat(dirfd(d), e->d_name, 0) < 0 && errno != ENOENT)
			ret = -errno;
	closedir(d);
	if (!ret && unlinkat(parent, name, AT_REMOVEDIR) < 0)
		ret = -errno;
	return ret;
}

static int fail_folder(struct pb_err *err, const char *what, int ret)
{
	return pb_fail(err, PB_MISSING, -ret, "cannot %s: %s", what, strerror(-ret));
}

int pb_chartdir_begin(int dirfd, struct pb_err *err)
{
	int report = make_folder(dirfd, "report"), fd;

	if (report < 0)
		return fail_folder(err, "make the folder report", report);
	fd = remove_folder(report, FRESH);
	if (!fd)
		fd = make_folder(report, FRESH);
	close(report);
	return fd < 0 ? fail_folder(err, "make the folder report/" FRESH, fd) : fd;
}

static int move(int report, const char *from, const char *to)
{
	return renameat(report, from, report, to) < 0 ? -errno : 0;
}

/* For file systems that cannot exchange two names (9p), and when one of the two is missing. */
static int exchange_slowly(int report, const char *final)
{
	int ret = remove_folder(report, ASIDE), old;

	if (ret)
		return ret;
	old = move(report, final, ASIDE);
	if (old && old != -ENOENT)
		return old;
	ret = move(report, FRESH, final);
	if (ret == -ENOENT && !old)
		ret = 0;
	return ret || old ? ret : move(report, ASIDE, FRESH);
}

static int exchange(int report, const char *final)
{
	if (!renameat2(report, FRESH, report, final, RENAME_EXCHANGE))
		return 0;
	return errno == EINVAL || errno == ENOSYS || errno == ENOENT ? exchange_slowly(report, final)
								     : -errno;
}

int pb_chartdir_exchange(int dirfd, struct pb_err *err)
{
	int report = open_folder(dirfd, "report");
	int ret = report < 0 ? report : exchange(report, pb_lang_file(FINAL).s);

	if (report >= 0)
		close(report);
	return ret < 0 ? fail_folder(err, "replace the report's folder of charts", ret) : 0;
}

void pb_chartdir_remove_new(int dirfd)
{
	int report = open_folder(dirfd, "report");

	if (report < 0)
		return;
	remove_folder(report, FRESH);
	close(report);
}

int pb_chartdir_copy(int fd, const char *data, const char *name, struct pb_err *err)
{
	char path[1280], block[4096];
	FILE *in, *out;
	size_t n;

	if (snprintf(path, sizeof(path), "%s/%s", data, name) >= (int)sizeof(path))
		return pb_fail(err, PB_MISSING, ENAMETOOLONG, "the path of %s is too long", name);
	in = fopen(path, "re");
	if (!in)
		return pb_fail(err, PB_MISSING, errno, "cannot read the chart script %s: %s", path,
			       strerror(errno));
	out = pb_replace_begin(fd, name, err);
	while (out && (n = fread(block, 1, sizeof(block), in)) > 0)
		fwrite(block, 1, n, out);
	fclose(in);
	return out ? pb_replace_commit(fd, out, name, err) : -EIO;
}

int pb_chartdir_room(int fd)
{
	int out = openat(fd, PROBE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600), ret = 0;
	char block[4096] = {0};
	ssize_t n;

	if (out < 0)
		return -errno;
	for (size_t done = 0; done < PROBE_BYTES && !ret; done += sizeof(block)) {
		n = write(out, block, sizeof(block));
		ret = n < 0 ? -errno : n < (ssize_t)sizeof(block) ? -ENOSPC : 0;
	}
	if (!ret && fsync(out) < 0)
		ret = -errno;
	close(out);
	unlinkat(fd, PROBE, 0);
	return ret;
}
