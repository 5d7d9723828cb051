/*
 * Finds the folder of data files. It does not read them and does not follow
 * the current directory: a file planted where somebody happens to stand is never used.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/datadir.h"

#ifndef PB_DATADIR
#define PB_DATADIR "/usr/share/passbench"
#endif

#define PATH_SIZE 1024

/* True when base/sub is a directory; its path is then in buf. */
static bool try_base(char *buf, size_t size, const char *base, const char *sub)
{
	struct stat st;
	int n = snprintf(buf, size, "%s/%s", base, sub);

	return n > 0 && (size_t)n < size && !stat(buf, &st) && S_ISDIR(st.st_mode);
}

/* The parent of the folder the executable is in; "" when it cannot be told. */
static void exe_base(char *base, size_t size)
{
	char exe[PATH_SIZE];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	base[0] = '\0';
	if (n <= 0)
		return;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return;
	*slash = '\0';
	if ((size_t)snprintf(base, size, "%s/..", exe) >= size)
		base[0] = '\0';
}

int pb_datadir(char *buf, size_t size, const char *sub, struct pb_err *err)
{
	const char *env = getenv("PASSBENCH_DATA");
	char found[PATH_SIZE], base[PATH_SIZE];

	exe_base(base, sizeof(base));
	if (env && *env) {
		if (!try_base(found, sizeof(found), env, sub))
			return pb_fail(err, PB_MISSING, ENOENT,
				       "no folder %s below PASSBENCH_DATA=%s: point it at passbench's "
				       "sources or unset it",
				       sub, env);
	} else if (!(base[0] && try_base(found, sizeof(found), base, sub)) &&
		   !try_base(found, sizeof(found), PB_DATADIR, sub)) {
		return pb_fail(err, PB_MISSING, ENOENT,
			       "no folder %s in %s or %s: set PASSBENCH_DATA to passbench's sources", sub,
			       base, PB_DATADIR);
	}
	if (strlen(found) >= size)
		return pb_fail(err, PB_MISSING, ENAMETOOLONG, "path of %s is too long", found);
	memcpy(buf, found, strlen(found) + 1);
	return 0;
}
