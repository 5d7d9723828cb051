/* The agent's private folder: private, removed, and left-overs of dead agents swept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/agent/workdir.h"

static void made_private_and_removed_with_its_files(void **state)
{
	char dir[64], file[100];
	struct stat st;

	(void)state;
	assert_int_equal(pb_workdir_make(dir, sizeof(dir), NULL), 0);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	snprintf(file, sizeof(file), "%s/fio.log", dir);
	close(open(file, O_WRONLY | O_CREAT, 0600));
	pb_workdir_remove(dir);
	assert_int_equal(stat(dir, &st), -1);
	pb_workdir_remove(dir);
	pb_workdir_remove("");
}

static void folders_of_dead_agents_are_swept_living_ones_are_not(void **state)
{
	char mine[64], again[64], dead[128], parent[64];
	struct stat st;
	pid_t pid;

	(void)state;
	assert_int_equal(pb_workdir_make(mine, sizeof(mine), NULL), 0);
	pid = fork();
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0); /* nobody has this number now */
	snprintf(parent, sizeof(parent), "%s", mine);
	snprintf(dead, sizeof(dead), "%s/passbench-agent.%d.abcdef", dirname(parent), (int)pid);
	assert_int_equal(mkdir(dead, 0700), 0);
	assert_int_equal(pb_workdir_make(again, sizeof(again), NULL), 0);
	assert_int_equal(stat(dead, &st), -1);
	assert_int_equal(stat(mine, &st), 0);
	pb_workdir_remove(mine);
	pb_workdir_remove(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_private_and_removed_with_its_files),
		cmocka_unit_test(folders_of_dead_agents_are_swept_living_ones_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
