/*
 * Finding what the build made, from a test's own place: build/unit/test_x,
 * build/asan/unit/test_x. Programs are looked for in the folders above.
 */
#ifndef PB_TESTS_BUILT_H
#define PB_TESTS_BUILT_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static inline bool built_find(const char *name, char *path, size_t size)
{
	char dir[PATH_MAX] = "";
	ssize_t n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);

	if (n <= 0)
		return false;
	for (int up = 0; up < 4 && strrchr(dir, '/'); up++) {
		*strrchr(dir, '/') = '\0';
		snprintf(path, size, "%s/%s", dir, name);
		if (!access(path, R_OK))
			return true;
	}
	return false;
}

#endif
