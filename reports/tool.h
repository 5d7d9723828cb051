/*
 * Runs a drawing program: argument vector, no shell, bounded time.
 */
#ifndef PB_REPORTS_TOOL_H
#define PB_REPORTS_TOOL_H

#include <stddef.h>

/*
 * Runs argv in the directory dirfd, its output appended to the file `log` there, and waits at most timeout_s
 * seconds (then kills it). 0 when it ended with status 0; else -errno (-ENOENT: not installed, -ETIMEDOUT,
 * -EIO: failed) and a phrase in why.
 */
int pb_tool_run(const char *const *argv, int dirfd, const char *log, unsigned timeout_s, char *why,
		size_t size);

#endif
