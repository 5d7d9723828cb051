/*
 * Making and removing the private folder. It holds plain files only.
 */
#include "engine/agent/workdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PREFIX "passbench-agent."

/* First choice that is tmpfs; any folder will do when none is. */
static const char *parent(void)
{
	static const char *const choices[] = {"/run", "/dev/shm", "/tmp"};
	struct statfs fs;
	size_t i;

	for (i = 0; i < 3; i++)
		if (!statfs(choices[i], &fs) && fs.f_type == TMPFS_MAGIC && !access(choices[i], W_OK))
			return choices[i];
	return "/tmp";
}

void pb_workdir_remove(const char *dir)
{
	struct dirent *e;
	DIR *d = *dir ? opendir(dir) : NULL;

	if (!d)
		return;
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	rmdir(dir);
}

static void sweep(const char *where)
{
	char path[PATH_MAX];
	struct dirent *e;
	DIR *d = opendir(where);
	int pid;

	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, PREFIX, strlen(PREFIX)) ||
		    sscanf(e->d_name + strlen(PREFIX), "%d.", &pid) != 1)
			continue;
		if (pid <= 0 || kill(pid, 0) == 0 || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), "%s/%s", where, e->d_name);
		pb_workdir_remove(path);
	}
	if (d)
		closedir(d);
}

int pb_workdir_make(char *dir, size_t size, struct pb_err *err)
{
	const char *where = parent();

	sweep(where);
	snprintf(dir, size, "%s/" PREFIX "%d.XXXXXX", where, (int)getpid());
	if (mkdtemp(dir))
		return 0;
	dir[0] = '\0';
	return pb_fail(err, PB_MISSING, errno, "cannot make a folder in %s: %s", where, strerror(errno));
}
