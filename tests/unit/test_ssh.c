/* ssh guests: what is taken as a target, the client's arguments, and what its failures are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "engine/run/guest/ssh.h"

static void targets_are_read(void **state)
{
	static const struct {
		const char *text, *target;
		unsigned port;
	} good[] = {
		{"root@10.0.0.2", "root@10.0.0.2", 0},
		{"root@10.0.0.2:2222", "root@10.0.0.2", 2222},
		{"guest7", "guest7", 0},
		{"guest-7.example.org:22", "guest-7.example.org", 22},
		{"root@[fe80::1%eth0]:22", "root@fe80::1%eth0", 22},
		{"root@fe80::1", "root@fe80::1", 0},
	};
	struct pb_ssh s;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(pb_ssh_target(&s, good[i].text, NULL), 0);
		assert_string_equal(s.target, good[i].target);
		assert_int_equal(s.port, good[i].port);
		assert_string_equal(s.dir, ".passbench");
	}
}

static void what_could_be_an_option_or_a_command_is_refused(void **state)
{
	static const char *const bad[] = {
		"-oProxyCommand=x",
		"root@-oProxyCommand=x",
		"-x@host",
		"host;id",
		"$(id)",
		"a b",
		"root@",
		"@host",
		"",
		"host:0",
		"host:65536",
		"host:22x",
		"[::1",
		"[::1]x",
		"host:",
	};
	struct pb_ssh s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pb_err err = PB_ERR_INIT;

		if (pb_ssh_target(&s, bad[i], &err) >= 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(err.status, PB_USAGE);
	}
}

static void the_folder_never_reaches_the_shell_as_more_than_a_path(void **state)
{
	static const char *const bad[] = {"a b", "$(id)", "a;b", "'x'", "-rf", "a/../b", "~", "a\nb"};
	struct pb_ssh s;

	(void)state;
	assert_int_equal(pb_ssh_target(&s, "root@host", NULL), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (pb_ssh_option(&s, "dir", bad[i], NULL) >= 0)
			fail_msg("dir=%s was taken", bad[i]);
	assert_int_equal(pb_ssh_option(&s, "dir", "/opt/pass-bench_1.0", NULL), 0);
	assert_int_equal(pb_ssh_option(&s, "nosuch", "x", NULL), -ENOENT);
}

static void the_client_never_asks_and_forwards_nothing(void **state)
{
	struct pb_strv argv = {0};
	struct pb_ssh s;
	size_t at = 0;
	bool batch = false;

	(void)state;
	assert_int_equal(pb_ssh_target(&s, "root@host:2222", NULL), 0);
	assert_int_equal(pb_ssh_args(&argv, &s, "uname -m"), 0);
	for (size_t i = 0; i < argv.n; i++) {
		batch = batch || !strcmp(argv.v[i], "-oBatchMode=yes");
		at = !strcmp(argv.v[i], "--") ? i : at;
	}
	assert_true(batch);
	assert_int_equal(at, argv.n - 3); /* nothing behind the target is an option */
	assert_string_equal(argv.v[at - 1], "-p2222");
	assert_string_equal(argv.v[at + 1], "root@host");
	assert_string_equal(argv.v[at + 2], "uname -m");
	pb_strv_fini(&argv);
}

static void failures_have_names(void **state)
{
	static const struct {
		int status;
		const char *text, *says;
	} cases[] = {
		{255, "ssh: connect to host h port 22: Connection refused\r\n", "cannot be reached"},
		{255, "ssh: Could not resolve hostname h: Name or service not known\n", "cannot be reached"},
		{255, "root@h: Permission denied (publickey).\n", "refused the login"},
		{255, "No ED25519 host key is known for h\nHost key verification failed.\n", "not known yet"},
		{255, "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.\n",
		 "not the one that is known"},
		{255, "", "the connection was lost"},
		{127, "bash: .passbench/passbench-agent: No such file\n", "passbench guest install"},
		{126, "bash: .passbench/passbench-agent: Permission denied\n", "may not run programs"},
		{126, "bash: cannot execute: Exec format error\n", "of another kind"},
		{1, "cat: write error: No space left on device\n", "no space in .passbench"},
		{5, "passbench-agent: bad\a\033[31m\n", "status 5: passbench-agent: bad??[31m"},
		{-ETIMEDOUT, "", "does not answer"},
	};
	struct pb_ssh s;

	(void)state;
	assert_int_equal(pb_ssh_target(&s, "root@h", NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pb_err err = PB_ERR_INIT;

		assert_true(pb_ssh_failed(&s, cases[i].status, cases[i].text, &err) < 0);
		assert_int_equal(err.status, PB_MISSING);
		if (!strstr(err.msg, cases[i].says))
			fail_msg("case %zu says '%s'", i, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_are_read),
		cmocka_unit_test(what_could_be_an_option_or_a_command_is_refused),
		cmocka_unit_test(the_folder_never_reaches_the_shell_as_more_than_a_path),
		cmocka_unit_test(the_client_never_asks_and_forwards_nothing),
		cmocka_unit_test(failures_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
