/*
 * Machines recorded by hwloc, which live outside the checkout (../shared/fixtures/topology): unpacked into a
 * temporary directory. A test that needs one and does not find it skips.
 */
#ifndef PB_TESTS_RECORDED_H
#define PB_TESTS_RECORDED_H

#include <stdbool.h>
#include <sys/wait.h>

#include "engine/lib/sysfs.h"
#include "engine/lib/buf.h"
#include "tests/unit/tmpdir.h"

static inline bool recorded_tar(const char *archive, const char *dir)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		execlp("tar", "tar", "-xjf", archive, "-C", dir, (char *)NULL);
		_exit(127);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

/* Name without folder and .tar.bz2. False when it is not there; root and dir are the caller's to close
 * otherwise. */
static inline bool recorded_unpack(const char *name, struct tmpdir *dir, struct pb_root *root)
{
	char path[256];
	struct pb_strv top = {0};
	struct pb_root holder;

	snprintf(path, sizeof(path), "../shared/fixtures/topology/%s.tar.bz2", name);
	if (access(path, R_OK))
		return false;
	tmpdir_make(dir);
	if (!recorded_tar(path, dir->path)) {
		tmpdir_remove(dir);
		return false;
	}
	assert_int_equal(pb_root_open(&holder, dir->path, NULL), 0);
	assert_int_equal(pb_root_list(&holder, &top, "/"), 0);
	assert_int_equal(top.n, 1); /* every archive holds one folder */
	snprintf(path, sizeof(path), "%s/%s", dir->path, top.v[0]);
	assert_int_equal(pb_root_open(root, path, NULL), 0);
	pb_root_close(&holder);
	pb_strv_fini(&top);
	return true;
}

#endif
