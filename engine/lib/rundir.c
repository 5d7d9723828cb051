/*
 * Creating and writing a run directory: names checked, sub-directories made,
 * files renamed into place, everything hashed at the end. Opening and verifying is rundir_open.c.
 */
#include "engine/lib/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/json.h"
#include "engine/lib/replace.h"
#include "engine/lib/rundir_files.h"

/* Makes path and its parents. 0 or -errno. */
static int make_dirs(const char *path)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(part))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

/* Whether the directory may be (re)used: nothing but our own incomplete run in it. */
static int check_reusable(int fd, const char *path, bool *leftovers, struct pb_err *err)
{
	struct pb_strv names = {0};
	struct pb_err ignored = PB_ERR_INIT;
	json_t *manifest = NULL;
	bool ours;
	int rc = pb_rundir_names(fd, &names);

	if (rc) {
		pb_strv_fini(&names);
		return pb_fail(err, PB_USAGE, -rc, "cannot list %s: %s", path, strerror(-rc));
	}
	*leftovers = names.n > 0;
	/* Killed before its first manifest was renamed into place; or cleared with the run it belonged to,
	 * and only the undo log is kept then. */
	ours = true;
	for (size_t i = 0; i < names.n; i++)
		ours = ours && (strcmp(names.v[i], "manifest.json" PB_REPLACE_SUFFIX) == 0 ||
				strcmp(names.v[i], "undo.log") == 0);
	pb_strv_fini(&names);
	if (ours)
		return 0;
	if (pb_json_read(&manifest, fd, "manifest.json", &ignored) == 0)
		ours = pb_json_i64(manifest, "schema", 0) == PB_SCHEMA &&
		       pb_json_str(manifest, "passbench", NULL) &&
		       strcmp(pb_json_str(manifest, "state", ""), "incomplete") == 0;
	json_decref(manifest);
	if (!ours)
		return pb_fail(err, PB_USAGE, EEXIST,
			       "%s is not empty and holds no interrupted run; give another directory, or "
			       "remove it first",
			       path);
	return 0;
}

int pb_rundir_create(struct pb_rundir *d, const char *path, struct pb_err *err)
{
	struct pb_rundir new = {.fd = -1};
	bool leftovers = false;
	int rc;

	if (!*path || strlen(path) >= sizeof(new.path))
		return pb_fail(err, PB_USAGE, ENAMETOOLONG,
			       "run directory: the path must have 1 to %zu bytes", sizeof(new.path) - 1);
	memcpy(new.path, path, strlen(path) + 1);
	rc = make_dirs(path);
	if (rc)
		return pb_fail(err, PB_USAGE, -rc, "cannot make directory %s: %s", path, strerror(-rc));
	new.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (new.fd < 0)
		return pb_fail(err, PB_USAGE, errno, "cannot open directory %s: %m", path);
	rc = check_reusable(new.fd, path, &leftovers, err);
	if (!rc && leftovers) {
		rc = pb_rundir_clear(new.fd);
		if (rc)
			pb_fail(err, PB_USAGE, -rc, "cannot clear the interrupted run in %s: %s", path,
				strerror(-rc));
	}
	if (!rc) {
		new.manifest = json_pack("{s:i, s:s, s:s}", "schema", PB_SCHEMA, "passbench", PB_VERSION,
					 "state", "incomplete");
		rc = new.manifest ? pb_rundir_save(&new, err)
				  : pb_fail(err, PB_MISSING, ENOMEM, "cannot start a run: out of memory");
	}
	if (rc)
		pb_rundir_close(&new);
	else
		*d = new;
	return rc;
}

void pb_rundir_close(struct pb_rundir *d)
{
	if (d->fd >= 0)
		close(d->fd);
	json_decref(d->manifest);
	d->fd = -1;
	d->manifest = NULL;
}

/* Makes the directories above a checked name and opens the innermost; links are not followed. */
static int open_parent(int dirfd, const char *name)
{
	const char *slash;
	char part[NAME_MAX + 1];
	int next, fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	for (; fd >= 0 && (slash = strchr(name, '/')); name = slash + 1) {
		memcpy(part, name, (size_t)(slash - name));
		part[slash - name] = '\0';
		next = -1;
		if (mkdirat(fd, part, 0755) == 0 || errno == EEXIST)
			next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			next = -errno;
		close(fd);
		fd = next;
	}
	return fd;
}

FILE *pb_rundir_begin(struct pb_rundir *d, const char *name, struct pb_err *err)
{
	int fd;

	if (pb_rundir_check_name(name, err))
		return NULL;
	fd = open_parent(d->fd, name);
	if (fd < 0) {
		pb_fail(err, PB_MISSING, -fd, "cannot make the directory for %s/%s: %s", d->path, name,
			strerror(-fd));
		return NULL;
	}
	close(fd);
	return pb_replace_begin(d->fd, name, err);
}

int pb_rundir_commit(struct pb_rundir *d, FILE *f, const char *name, struct pb_err *err)
{
	return pb_replace_commit(d->fd, f, name, err);
}

int pb_rundir_put(struct pb_rundir *d, const char *name, const void *data, size_t len, struct pb_err *err)
{
	FILE *f = pb_rundir_begin(d, name, err);

	if (!f)
		return -EIO;
	if (len)
		fwrite(data, 1, len, f); /* commit reports a latched error */
	return pb_rundir_commit(d, f, name, err);
}

int pb_rundir_save(struct pb_rundir *d, struct pb_err *err)
{
	return pb_json_write(d->manifest, d->fd, "manifest.json", err);
}

int pb_rundir_seal(struct pb_rundir *d, struct pb_err *err)
{
	struct pb_strv names = {0};
	char hex[PB_RUNDIR_HEX];
	json_t *files = json_object();
	int rc = pb_rundir_walk(d->fd, &names);

	if (rc)
		pb_fail(err, PB_MISSING, -rc, "cannot list %s: %s", d->path, strerror(-rc));
	for (size_t i = 0; !rc && i < names.n; i++) {
		rc = pb_rundir_hash(d->fd, names.v[i], hex);
		if (rc)
			pb_fail(err, PB_MISSING, -rc, "cannot hash %s/%s: %s", d->path, names.v[i],
				strerror(-rc));
		else if (pb_json_set_str(files, names.v[i], hex))
			rc = pb_fail(err, PB_MISSING, ENOMEM, "cannot seal %s: out of memory", d->path);
	}
	pb_strv_fini(&names);
	if (!rc && (json_object_set(d->manifest, "files", files) ||
		    pb_json_set_str(d->manifest, "state", "complete")))
		rc = pb_fail(err, PB_MISSING, ENOMEM, "cannot seal %s: out of memory", d->path);
	json_decref(files);
	if (rc)
		return rc;
	rc = pb_rundir_save(d, err);
	/* What is on disk still says incomplete: so must what is in memory. */
	if (rc)
		pb_json_set_str(d->manifest, "state", "incomplete");
	return rc;
}
