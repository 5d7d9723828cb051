/*
 * The default path of the history.
 */
#include "engine/history/location.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A relative XDG_DATA_HOME is to be ignored, says the specification. */
static int choose(char *buf, size_t size)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int len;

	if (geteuid() == 0)
		len = snprintf(buf, size, "/var/lib/passbench/history.db");
	else if (data && data[0] == '/')
		len = snprintf(buf, size, "%s/passbench/history.db", data);
	else if (home && home[0] == '/')
		len = snprintf(buf, size, "%s/.local/share/passbench/history.db", home);
	else
		return -ENOENT;
	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

static int make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int rc;

		*slash = '\0';
		rc = mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -errno;
		*slash = '/';
		if (rc < 0)
			return rc;
	}
	return 0;
}

int pb_location_default(char *buf, size_t size, bool make, struct pb_err *err)
{
	int rc = choose(buf, size);

	if (rc < 0)
		return pb_fail(err, PB_USAGE, -rc,
			       "no place for the history: HOME and XDG_DATA_HOME give none; say --db FILE");
	rc = make ? make_folders(buf) : 0;
	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "cannot make the folder of %s: %s; say --db FILE", buf,
			       strerror(-rc));
	return 0;
}
