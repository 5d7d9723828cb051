/*
 * nftw(3) does the walking.
 */
#include "engine/lib/remove_tree.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>

static int drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path) < 0 ? -errno : 0;
}

int pb_remove_tree(const char *path)
{
	int rc = nftw(path, drop, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	return rc < -1 ? rc : rc == -1 ? -errno : 0;
}
