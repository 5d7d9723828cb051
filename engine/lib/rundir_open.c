/*
 * Opens a finished run directory and verifies that it is what was sealed.
 * Writes nothing.
 */
#include "engine/lib/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/lib/json.h"
#include "engine/lib/rundir_files.h"

static int check_state(const struct pb_rundir *d, struct pb_err *err)
{
	const json_t *schema = json_object_get(d->manifest, "schema");
	const char *state = pb_json_str(d->manifest, "state", "");

	if (!json_is_integer(schema))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s: manifest.json has no schema number: not a run directory", d->path);
	if (json_integer_value(schema) != PB_SCHEMA)
		return pb_fail(
			err, PB_USAGE, EINVAL,
			"%s: schema %lld, this passbench reads schema %d; use the version that wrote it (%s)",
			d->path, (long long)json_integer_value(schema), PB_SCHEMA,
			pb_json_str(d->manifest, "passbench", "not named"));
	if (strcmp(state, "incomplete") == 0)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s: the run did not finish (state incomplete); run it again", d->path);
	if (strcmp(state, "complete") != 0)
		return pb_fail(err, PB_USAGE, EINVAL, "%s: manifest.json names no known state", d->path);
	return 0;
}

static int check_file(const struct pb_rundir *d, const char *name, const json_t *sha256, struct pb_err *err)
{
	char hex[PB_RUNDIR_HEX];
	int rc = pb_rundir_check_name(name, err);

	if (rc)
		return rc;
	rc = pb_rundir_hash(d->fd, name, hex);
	if (rc == -ENOENT)
		return pb_fail(err, PB_USAGE, ENOENT, "%s: %s is missing; copy the whole directory again",
			       d->path, name);
	if (rc)
		return pb_fail(err, PB_USAGE, -rc, "%s: cannot read %s: %s", d->path, name, strerror(-rc));
	if (!json_is_string(sha256) || strcmp(json_string_value(sha256), hex) != 0)
		return pb_fail(
			err, PB_USAGE, EINVAL,
			"%s: %s is not the file that was measured (its sha256 differs from the manifest's)",
			d->path, name);
	return 0;
}

/* Every file the manifest lists. Files it does not list (a reader's notes, a report) are nobody's business.
 */
static int check_files(const struct pb_rundir *d, struct pb_err *err)
{
	json_t *files = json_object_get(d->manifest, "files"), *sha256;
	const char *name;
	int rc;

	if (!json_is_object(files))
		return pb_fail(err, PB_USAGE, EINVAL, "%s: manifest.json lists no files", d->path);
	json_object_foreach(files, name, sha256)
	{
		rc = check_file(d, name, sha256, err);
		if (rc)
			return rc;
	}
	return 0;
}

int pb_rundir_open(struct pb_rundir *d, const char *path, struct pb_err *err)
{
	struct pb_rundir new = {.fd = -1};
	struct pb_err why = PB_ERR_INIT;
	int rc;

	if (!*path || strlen(path) >= sizeof(new.path))
		return pb_fail(err, PB_USAGE, ENAMETOOLONG,
			       "run directory: the path must have 1 to %zu bytes", sizeof(new.path) - 1);
	memcpy(new.path, path, strlen(path) + 1);
	new.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (new.fd < 0)
		return pb_fail(err, PB_USAGE, errno, "cannot open run directory %s: %m", path);
	if (faccessat(new.fd, "manifest.json", F_OK, 0) != 0)
		rc = pb_fail(err, PB_USAGE, ENOENT, "%s: not a run directory (no manifest.json)", path);
	else
		rc = pb_json_read(&new.manifest, new.fd, "manifest.json", &why);
	if (why.msg[0])
		pb_fail(err, why.status, -rc, "%s: %s", path, why.msg);
	if (!rc)
		rc = check_state(&new, err);
	if (!rc)
		rc = check_files(&new, err);
	if (rc)
		pb_rundir_close(&new);
	else
		*d = new;
	return rc;
}

bool pb_rundir_complete(const char *path)
{
	struct pb_rundir d;

	if (pb_rundir_open(&d, path, NULL) < 0)
		return false;
	pb_rundir_close(&d);
	return true;
}
