/*
 * engine/history/location: root's place and the XDG ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "engine/history/location.h"
#include "tests/unit/tmpdir.h"

/* In a process of its own, as a user without rights where root runs the test: 42 when the path is `want`. */
static void as_user(const char *data, const char *home, bool make, const char *want)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct pb_err err = PB_ERR_INIT;
		char path[1024] = "";

		if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(1);
		unsetenv("XDG_DATA_HOME");
		unsetenv("HOME");
		if (data)
			setenv("XDG_DATA_HOME", data, 1);
		if (home)
			setenv("HOME", home, 1);
		if (pb_location_default(path, sizeof(path), make, &err) < 0)
			_exit(err.msg[0] && !want ? 42 : 2);
		_exit(want && strcmp(path, want) == 0 ? 42 : 3);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
}

static void users_places(void **state)
{
	(void)state;
	as_user("/x/data", "/home/u", false, "/x/data/passbench/history.db");
	as_user(NULL, "/home/u", false, "/home/u/.local/share/passbench/history.db");
	as_user("relative", "/home/u", false, "/home/u/.local/share/passbench/history.db");
	as_user("", "/home/u", false, "/home/u/.local/share/passbench/history.db");
	as_user(NULL, NULL, false, NULL);
	as_user(NULL, "relative", false, NULL);
}

static void folders_are_made(void **state)
{
	struct tmpdir d;
	char data[128], want[192];
	struct stat st;

	(void)state;
	tmpdir_make(&d);
	chmod(d.path, 0777);
	snprintf(data, sizeof(data), "%s/new/share", d.path);
	snprintf(want, sizeof(want), "%s/passbench/history.db", data);
	as_user(data, NULL, true, want);
	assert_int_equal(fstatat(d.fd, "new/share/passbench", &st, 0), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_false(tmpdir_exists(&d, "new/share/passbench/history.db"));
	tmpdir_write(&d, "file", "");
	snprintf(data, sizeof(data), "%s/file/share", d.path);
	as_user(data, NULL, true, NULL);
	tmpdir_remove(&d);
}

static void roots_place(void **state)
{
	char path[1024];

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(pb_location_default(path, sizeof(path), false, NULL), 0);
	assert_string_equal(path, "/var/lib/passbench/history.db");
	assert_true(pb_location_default(path, 10, false, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_places),
		cmocka_unit_test(folders_are_made),
		cmocka_unit_test(roots_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
