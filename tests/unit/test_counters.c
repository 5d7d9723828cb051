/* Unit tests of engine/lib/counters.c and counters_find.c, and of every counter group there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/counters.h"
#include "tests/unit/tmpdir.h"

static const char good[] = "# a comment\n"
			   "title   what it counts\r\n"
			   "about   one line\n"
			   "about   and another\n"
			   "caveat  not always\n"
			   "default yes\n"
			   "\n"
			   "event   exits  trace:kvm:kvm_exit isa == 2 && exit_reason == 0x78\n"
			   "event\tcycles\tperf::CYCLES:mg  \n"
			   "metric  rate   1/s  exits / seconds\n"
			   "metric  cost   cycles  cycles / exits";

static void test_reads_a_group(void **state)
{
	double v[] = {50, 1000, 2};
	struct pb_err err = PB_ERR_INIT;
	struct pb_counters g;

	(void)state;
	assert_int_equal(pb_counters_parse(&g, "perf/x", good, strlen(good), &err), 0);
	assert_string_equal(g.name, "perf/x");
	assert_string_equal(g.title, "what it counts");
	assert_string_equal(g.about, "one line and another");
	assert_string_equal(g.caveat, "not always");
	assert_true(g.preset);
	assert_int_equal(g.n_events, 2);
	assert_string_equal(g.event[0].name, "exits");
	assert_string_equal(g.event[0].text, "trace:kvm:kvm_exit");
	assert_string_equal(g.event[0].filter, "isa == 2 && exit_reason == 0x78");
	assert_string_equal(g.event[1].text, "perf::CYCLES:mg");
	assert_string_equal(g.event[1].filter, "");
	assert_int_equal(g.n_metrics, 2);
	assert_string_equal(g.metric[0].unit, "1/s");
	assert_true(pb_expr_eval(&g.metric[0].formula, v) == 25);
	assert_true(pb_expr_eval(&g.metric[1].formula, v) == 20);
	v[0] = 0;
	assert_true(isnan(pb_expr_eval(&g.metric[1].formula, v)));
}

static void refused(const char *text, const char *because)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_counters g;

	assert_int_equal(pb_counters_parse(&g, "x", text, strlen(text), &err), -EINVAL);
	assert_int_equal(err.status, PB_USAGE);
	if (!strstr(err.msg, because))
		fail_msg("'%s' does not say '%s'", err.msg, because);
}

static void test_refused(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_counters g;
	char text[1024] = "title x\n";

	(void)state;
	refused("", "no event");
	refused("title x\n", "no event");
	refused("event a perf::CYCLES\n", "no title");
	refused("title x\nsum a perf::CYCLES\n", "line 2: no such statement: 'sum'");
	refused("title x\nevent A perf::CYCLES\n", "lower case");
	refused("title x\nevent a\n", "an event is");
	refused("title x\nevent a CYCLES\n", "an event is");
	refused("title x\nevent a perf::CYCLES b > 1\n", "only tracepoints");
	refused("title x\nevent a perf::CYCLES\nevent a perf::CYCLES\n", "stands twice");
	refused("title x\nevent seconds perf::CYCLES\n", "stands twice");
	refused("title x\nevent a perf::CYCLES\nmetric a 1 a\n", "stands twice");
	refused("title x\nevent a perf::CYCLES\nmetric m 1 b / a\n", "no such name: 'b'");
	refused("title x\nevent a perf::CYCLES\nmetric m\n", "nothing is said");
	refused("title x\nevent a perf::CYCLES\nmetric m 1/s\n", "ends too early");
	refused("title x\ndefault maybe\n", "default is yes or no");
	refused("title x\x1b[31m\n", "printable");
	for (int i = 0; i < 9; i++)
		sprintf(text + strlen(text), "event e%d perf::CYCLES\n", i);
	refused(text, "more events than can be counted together");
	assert_int_equal(pb_counters_parse(&g, "x", "title\0x", 7, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "zero bytes"));
}

static void test_finds_groups(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_strv names = {0};
	struct pb_counters g;
	struct tmpdir t;

	(void)state;
	tmpdir_make(&t);
	setenv("PASSBENCH_DATA", t.path, 1);
	tmpdir_mkdir(&t, "profiles");
	tmpdir_mkdir(&t, "profiles/counters");
	tmpdir_mkdir(&t, "profiles/counters/my-cpu");
	tmpdir_write(&t, "profiles/counters/README", "not a folder");
	tmpdir_write(&t, "profiles/counters/my-cpu/notes.md", "not a group");
	tmpdir_write(&t, "profiles/counters/my-cpu/one.txt", good);
	assert_int_equal(pb_counters_names(&names, &err), 0);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.v[0], "my-cpu/one");
	assert_int_equal(pb_counters_load(&g, "my-cpu/one", &err), 0);
	assert_string_equal(g.name, "my-cpu/one");
	assert_int_equal(pb_counters_load(&g, "my-cpu/two", &err), -ENOENT);
	assert_non_null(strstr(err.msg, "my-cpu/one"));
	assert_int_equal(pb_counters_load(&g, "../counters/my-cpu/one", NULL), -ENOENT);
	assert_int_equal(pb_counters_load(&g, "one", NULL), -ENOENT);
	pb_strv_fini(&names);
	unsetenv("PASSBENCH_DATA");
	tmpdir_remove(&t);
}

/* Tests run in the checkout's top directory: the groups that ship with passbench. */
static void test_every_group_there_is(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_strv names = {0};
	struct pb_counters g;

	(void)state;
	setenv("PASSBENCH_DATA", ".", 1);
	assert_int_equal(pb_counters_names(&names, &err), 0);
	assert_true(names.n >= 20);
	for (size_t i = 0; i < names.n; i++) {
		if (pb_counters_load(&g, names.v[i], &err))
			fail_msg("%s", err.msg);
		if (!g.about[0] || !g.caveat[0] || !g.n_metrics)
			fail_msg("%s: about, caveat or metrics are missing", names.v[i]);
	}
	pb_strv_fini(&names);
	unsetenv("PASSBENCH_DATA");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_a_group),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_finds_groups),
		cmocka_unit_test(test_every_group_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
