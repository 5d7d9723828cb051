/*
 * Finding the agent beside the executable.
 */
#include "engine/run/host/tools.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int pb_tool_agent(char *buf, size_t size, struct pb_err *err)
{
	const char *dir = getenv("PASSBENCH_LIBEXEC");
	char self[PATH_MAX];

	if (!dir || !dir[0]) {
		ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
		char *slash;

		if (n < 0)
			return pb_fail(err, PB_MISSING, errno, "cannot read /proc/self/exe: %s",
				       strerror(errno));
		self[n] = '\0';
		slash = strrchr(self, '/');
		*slash = '\0';
		dir = self;
	}
	if ((size_t)snprintf(buf, size, "%s/passbench-agent", dir) >= size || access(buf, X_OK) < 0)
		return pb_fail(err, PB_MISSING, ENOENT, "%s/passbench-agent is not there; run make", dir);
	return 0;
}
