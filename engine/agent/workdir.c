/*
 * Making and removing the private folder.
 */
#include "engine/agent/workdir.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "engine/lib/litter.h"
#include "engine/lib/remove_tree.h"

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
	if (*dir)
		pb_remove_tree(dir);
}

int pb_workdir_make(char *dir, size_t size, struct pb_err *err)
{
	const char *where = parent();

	pb_litter_sweep(where, PREFIX);
	snprintf(dir, size, "%s/" PREFIX "%d.XXXXXX", where, (int)getpid());
	if (mkdtemp(dir))
		return 0;
	dir[0] = '\0';
	return pb_fail(err, PB_MISSING, errno, "cannot make a folder in %s: %s", where, strerror(errno));
}
