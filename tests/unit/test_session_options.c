/* The options that run and poc share: defaults, what contradicts itself, what does not exist. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "engine/cli/cli.h"
#include "engine/cli/session_options.h"

static void nothing_typed_means_the_defaults(void **state)
{
	struct pb_run_opts o = {0};
	struct pb_run_texts t = {0};

	(void)state;
	assert_int_equal(pb_run_options_take(&o, &t, NULL), 0);
	assert_int_equal(o.duration_ms, 5000);
	assert_int_equal(o.round_ms, 60000);
	assert_int_equal(o.session.interval_ns, 100000000);
}

static void what_is_typed_is_taken(void **state)
{
	struct pb_run_opts o = {.steady = true, .session.backend = "uring,iopoll"};
	struct pb_run_texts t = {.duration = "2m", .interval = "50ms", .round = "500ms"};

	(void)state;
	assert_int_equal(pb_run_options_take(&o, &t, NULL), 0);
	assert_int_equal(o.duration_ms, 120000);
	assert_int_equal(o.round_ms, 500);
	assert_int_equal(o.session.interval_ns, 50000000);
}

static void refused(struct pb_run_opts o, struct pb_run_texts t, const char *because)
{
	struct pb_err err = PB_ERR_INIT;

	assert_true(pb_run_options_take(&o, &t, &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	assert_non_null(strstr(err.msg, because));
}

static void contradictions_and_unknown_names_are_refused(void **state)
{
	(void)state;
	refused((struct pb_run_opts){.quick = true, .steady = true}, (struct pb_run_texts){0}, "--quick");
	refused((struct pb_run_opts){.quick = true, .session.precondition = true}, (struct pb_run_texts){0},
		"--quick");
	refused((struct pb_run_opts){0}, (struct pb_run_texts){.round = "10s"}, "--steady");
	refused((struct pb_run_opts){.session.backend = "uringg"}, (struct pb_run_texts){0}, "'uringg'");
	refused((struct pb_run_opts){.session.backend = ""}, (struct pb_run_texts){0}, "no backend");
	refused((struct pb_run_opts){0}, (struct pb_run_texts){.duration = "5 parsecs"}, "parsecs");
	refused((struct pb_run_opts){0}, (struct pb_run_texts){.interval = "1ms"}, "1ms");
}

/* Both commands have every option of the table: a missing one would end in "no such option". */
static void run_and_poc_know_the_same_options(void **state)
{
	const struct pb_command *const both[] = {&pb_command_run, &pb_command_poc};

	(void)state;
	for (int i = 0; i < 2; i++) {
		char *argv[] = {(char *)both[i]->name,
				"--profile",
				"randread-4k",
				"--depth",
				"auto",
				"--slo",
				"p99=2ms",
				"--duration",
				"5s",
				"--interval",
				"100ms",
				"--backend",
				"auto",
				"--steady",
				"--round",
				"1s",
				"--precondition",
				"--quick",
				NULL};
		struct pb_cli cli = {.root = {.fd = -1}};
		struct pb_err err = PB_ERR_INIT;

		assert_true(both[i]->run(&cli, 18, argv, &err) < 0);
		assert_int_equal(err.status, PB_USAGE);
		assert_non_null(strstr(err.msg, "--quick skips")); /* read to the end, then judged */
		pb_root_close(&cli.root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_typed_means_the_defaults),
		cmocka_unit_test(what_is_typed_is_taken),
		cmocka_unit_test(contradictions_and_unknown_names_are_refused),
		cmocka_unit_test(run_and_poc_know_the_same_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
