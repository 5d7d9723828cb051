/* Unit tests of analyzers/import.c: what imported runs say of themselves, and which rules are silent. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzers/analyzer.h"
#include "tests/unit/importtest.h"

struct test {
	struct importtest in;
	struct pb_findings fs;
};

static int setup(void **state)
{
	struct test *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	importtest_init(&t->in);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct test *t = *state;

	pb_findings_fini(&t->fs);
	importtest_fini(&t->in);
	free(t);
	return 0;
}

static void analyze(struct test *t, char *const *files, size_t n)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_run *run = NULL;

	assert_int_equal(importtest_files(&t->in, files, n, NULL), 0);
	assert_int_equal(pb_run_open(&run, t->in.out, &err), 0);
	assert_int_equal(pb_analyze(run, &t->fs, &err), 0);
	pb_run_close(run);
}

static const struct pb_finding *find(const struct test *t, const char *rule)
{
	for (size_t i = 0; i < t->fs.n; i++)
		if (strcmp(t->fs.v[i]->rule, rule) == 0)
			return t->fs.v[i];
	return NULL;
}

static bool names(const struct pb_finding *f, const char *words)
{
	for (size_t i = 0; f && i < f->missing.n; i++)
		if (strstr(f->missing.v[i], words))
			return true;
	return false;
}

static void a_load_is_judged_by_its_curve_and_nothing_else(void **state)
{
	char *files[] = {FIXTURES "fio-curve.json"};
	struct test *t = *state;
	const struct pb_finding *f;

	analyze(t, files, 1);
	f = find(t, "import-origin");
	assert_non_null(f);
	assert_string_equal(f->title, "Imported from fio JSON");
	assert_true(names(f, "R-I2"));
	assert_true(names(f, "limit"));
	assert_false(names(f, "R-Q3"));
	assert_non_null(find(t, "R-Q3"));
	assert_null(find(t, "valid-clock"));
	assert_null(find(t, "valid-ok"));
	assert_true(names(find(t, "import-cpu"), "host/cpu.csv"));
}

static void a_recording_is_no_curve(void **state)
{
	char *files[] = {FIXTURES "esxtop.csv"};
	struct test *t = *state;

	analyze(t, files, 1);
	assert_null(find(t, "R-Q2"));
	assert_null(find(t, "predict"));
	assert_true(names(find(t, "import-origin"), "R-Q3"));
}

/* Util 40 + 20 + 10 + 10%: 0.8 CPUs; 88,240 I/Os in 22 s; each vCPU ran for 30%. */
static void cpu_time_per_io_is_what_was_not_idle(void **state)
{
	char *files[] = {FIXTURES "esxtop.csv"};
	struct test *t = *state;
	const struct pb_finding *f;

	analyze(t, files, 1);
	f = find(t, "import-cpu");
	assert_non_null(f);
	assert_int_equal(f->n_evidence, 2);
	assert_near(f->evidence[0].value, 0.8e6 * 22 / 88240);
	assert_near(f->evidence[1].value, 0.6e6 * 22 / 88240);
}

/* The same number where waiting for I/O is told apart: it is idle time. */
static void waiting_for_io_is_idle(void **state)
{
	char *files[] = {FIXTURES "sadf.csv"};
	struct test *t = *state;

	analyze(t, files, 1);
	/* idle 53 and 73%, waiting 1% each */
	assert_near(find(t, "import-cpu")->evidence[0].value, (0.46 + 0.26) * 1e6 / 2000);
}

static void failed_io_is_not_valid(void **state)
{
	char *files[] = {FIXTURES "fio-error.json"};
	struct test *t = *state;

	analyze(t, files, 1);
	assert_int_equal(find(t, "valid-failed-io")->severity, PB_SEV_CRITICAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_load_is_judged_by_its_curve_and_nothing_else, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_recording_is_no_curve, setup, teardown),
		cmocka_unit_test_setup_teardown(cpu_time_per_io_is_what_was_not_idle, setup, teardown),
		cmocka_unit_test_setup_teardown(waiting_for_io_is_idle, setup, teardown),
		cmocka_unit_test_setup_teardown(failed_io_is_not_valid, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
