/*
 * Reads when each CPU of the lab's machine was last heard of.
 */
#include "engine/lab/heart.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

int64_t pb_lab_heart_silence(const char *workdir, unsigned *cpu)
{
	char path[128];
	struct dirent *e;
	struct stat st;
	int64_t now = time(NULL), worst = 0;
	unsigned n;
	DIR *d;

	snprintf(path, sizeof(path), "%s/share", workdir);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		if (sscanf(e->d_name, "alive.%u", &n) != 1 || fstatat(dirfd(d), e->d_name, &st, 0) < 0 ||
		    now - st.st_mtime <= worst)
			continue;
		worst = now - st.st_mtime;
		*cpu = n;
	}
	if (d)
		closedir(d);
	return worst;
}
