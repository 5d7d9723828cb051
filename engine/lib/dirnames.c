/*
 * Reading a directory to its end.
 */
#include "engine/lib/dirnames.h"

#include <errno.h>
#include <string.h>

int pb_dir_names(DIR *dir, struct pb_strv *names)
{
	struct dirent *e;
	int rc = 0;

	for (;;) {
		errno = 0;
		e = readdir(dir);
		if (!e)
			break;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		rc = pb_strv_add(names, e->d_name);
		if (rc)
			break;
	}
	if (!rc && errno)
		rc = -errno;
	closedir(dir);
	return rc;
}
