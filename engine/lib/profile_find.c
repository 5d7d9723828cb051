/*
 * Finding profile files: by path, or by name in the profiles folder. Their
 * text is profile.c's business.
 */
#include "engine/lib/profile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/datadir.h"

#define PROFILE_MAX 65536 /* bytes of a profile; real ones have a few hundred */

int pb_profile_names(struct pb_strv *names, struct pb_err *err)
{
	char dir[PATH_MAX];
	struct dirent *e;
	int rc = pb_datadir(dir, sizeof(dir), "profiles", err);
	DIR *d;

	if (rc)
		return rc;
	d = opendir(dir);
	if (!d)
		return pb_fail(err, PB_MISSING, errno, "cannot list %s: %s", dir, strerror(errno));
	while (!rc && (e = readdir(d))) {
		size_t n = strlen(e->d_name);

		if (n > 4 && !strcmp(e->d_name + n - 4, ".fio"))
			rc = pb_strv_addf(names, "%.*s", (int)(n - 4), e->d_name);
	}
	closedir(d);
	pb_strv_sort(names);
	return rc ? pb_fail(err, PB_MISSING, -rc, "no memory to list %s", dir) : 0;
}

static int unknown(const char *name, struct pb_err *err)
{
	struct pb_strv names = {0};
	struct pb_buf list = {0};
	size_t i;
	int rc;

	if (!pb_profile_names(&names, NULL))
		for (i = 0; i < names.n; i++)
			pb_buf_printf(&list, "%s%s", i ? ", " : "", names.v[i]);
	rc = pb_fail(err, PB_USAGE, ENOENT,
		     "there is no profile '%.64s'; known: %.400s; or give a path to a job file", name,
		     list.data ? list.data : "none");
	pb_strv_fini(&names);
	pb_buf_fini(&list);
	return rc;
}

/* Reads the file at path. -ENOENT without a message when it does not exist. */
static int slurp(const char *path, struct pb_buf *text, struct pb_err *err)
{
	char chunk[4096];
	struct stat st;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 || fstat(fd, &st)) {
		int e = errno;

		if (fd >= 0)
			close(fd);
		return pb_fail(err, PB_USAGE, e, "cannot read profile %s: %s", path, strerror(e));
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return pb_fail(err, PB_USAGE, EINVAL, "profile %s is not a regular file", path);
	}
	while (text->len <= PROFILE_MAX && (n = read(fd, chunk, sizeof(chunk))) > 0)
		if (pb_buf_add(text, chunk, (size_t)n))
			break;
	close(fd);
	if (n < 0 || text->failed)
		return pb_fail(err, PB_MISSING, EIO, "cannot read profile %s", path);
	if (text->len > PROFILE_MAX)
		return pb_fail(err, PB_USAGE, EFBIG, "profile %s is larger than %d bytes: not a job file",
			       path, PROFILE_MAX);
	return 0;
}

int pb_profile_load(struct pb_profile *p, const char *path_or_name, struct pb_err *err)
{
	size_t len = strlen(path_or_name);
	bool is_path = strchr(path_or_name, '/') || (len > 4 && !strcmp(path_or_name + len - 4, ".fio"));
	char dir[PATH_MAX], path[2 * PATH_MAX], name[64];
	const char *base = strrchr(path_or_name, '/');
	struct pb_buf text = {0};
	int rc;

	*p = (struct pb_profile){.writes = false};
	if (is_path) {
		snprintf(path, sizeof(path), "%s", path_or_name);
	} else {
		rc = pb_datadir(dir, sizeof(dir), "profiles", err);
		if (rc)
			return rc;
		snprintf(path, sizeof(path), "%s/%s.fio", dir, path_or_name);
	}
	snprintf(name, sizeof(name), "%.60s", base ? base + 1 : path_or_name);
	len = strlen(name);
	if (len > 4 && !strcmp(name + len - 4, ".fio"))
		name[len - 4] = '\0';
	rc = slurp(path, &text, err);
	if (rc == -ENOENT)
		rc = is_path ? pb_fail(err, PB_USAGE, ENOENT, "there is no profile file %s", path_or_name)
			     : unknown(path_or_name, err);
	else if (!rc)
		rc = pb_profile_parse(p, name, text.data ? text.data : "", text.len, err);
	pb_buf_fini(&text);
	return rc;
}
