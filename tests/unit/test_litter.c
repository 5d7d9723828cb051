/* Folders of dead processes are removed, everything else in the folder stays. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "engine/lib/litter.h"
#include "engine/lib/remove_tree.h"

/* The number of a process that has ended. */
static int dead_pid(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	return (int)pid;
}

static void make(char *path, size_t size, const char *parent, const char *prefix, int pid, const char *rest)
{
	char file[300];

	snprintf(path, size, "%s/%s%d%s", parent, prefix, pid, rest);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(file, sizeof(file), "%s/sub", path);
	assert_int_equal(mkdir(file, 0700), 0);
	snprintf(file, sizeof(file), "%s/sub/log", path);
	close(open(file, O_WRONLY | O_CREAT, 0600));
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void only_folders_of_the_dead_go(void **state)
{
	char parent[] = "/tmp/pb-litter-XXXXXX", gone[200], bare[200], living[200], other[200], file[200],
	     link[200];
	int pid = dead_pid();

	(void)state;
	assert_non_null(mkdtemp(parent));
	make(gone, sizeof(gone), parent, "guest-", pid, "-AbCdEf");
	make(bare, sizeof(bare), parent, "guest-", pid, "");
	make(living, sizeof(living), parent, "guest-", (int)getpid(), "-AbCdEf");
	make(other, sizeof(other), parent, "journal-", pid, "-AbCdEf");
	snprintf(file, sizeof(file), "%s/guest-%d-file", parent, pid);
	close(open(file, O_WRONLY | O_CREAT, 0600));
	snprintf(link, sizeof(link), "%s/guest-%d-link", parent, pid);
	assert_int_equal(symlink(living, link), 0);
	pb_litter_sweep(parent, "guest-");
	assert_false(is_there(gone));
	assert_false(is_there(bare));
	assert_true(is_there(living) && is_there(other) && is_there(file) && is_there(link));
	assert_int_equal(pb_remove_tree(parent), 0);
}

static void names_without_a_process_are_left(void **state)
{
	static const char *const names[] = {"guest-", "guest-x", "guest--5", "guest-0",
					    "guest-99999999999999999999"};
	char parent[] = "/tmp/pb-litter-XXXXXX", path[200];

	(void)state;
	assert_non_null(mkdtemp(parent));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", parent, names[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	pb_litter_sweep(parent, "guest-");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", parent, names[i]);
		assert_true(is_there(path));
	}
	assert_int_equal(pb_remove_tree(parent), 0);
	pb_litter_sweep(parent, "guest-"); /* a parent that is not there */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_folders_of_the_dead_go),
		cmocka_unit_test(names_without_a_process_are_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
