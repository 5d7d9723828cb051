/*
 * Whose a folder was is in its name. Making folders is their owners' business.
 */
#include "engine/lib/litter.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/dirnames.h"
#include "engine/lib/remove_tree.h"

/* A number that is in use again belongs to a living process: that folder waits. */
static bool is_dead(const char *name, const char *prefix)
{
	const char *digits = name + strlen(prefix);
	char *end;
	long pid;

	if (strncmp(name, prefix, strlen(prefix)) != 0 || *digits < '1' || *digits > '9')
		return false;
	errno = 0;
	pid = strtol(digits, &end, 10);
	if (errno || pid > INT_MAX)
		return false;
	return kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

void pb_litter_sweep(const char *parent, const char *prefix)
{
	struct pb_strv names = {0};
	char path[PATH_MAX];
	DIR *dir = opendir(parent);
	struct stat st;

	if (dir)
		pb_dir_names(dir, &names);
	for (size_t i = 0; i < names.n; i++) {
		snprintf(path, sizeof(path), "%s/%s", parent, names.v[i]);
		if (is_dead(names.v[i], prefix) && lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
		    st.st_uid == geteuid())
			pb_remove_tree(path);
	}
	pb_strv_fini(&names);
}
