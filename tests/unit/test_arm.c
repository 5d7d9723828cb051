/*
 * Which run directories an arm of a comparison consists of, and which are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/compare/arm.h"
#include "tests/unit/mkset.h"
#include "tests/unit/tmpdir.h"

struct fixture {
	struct tmpdir tmp;
	struct pb_arm arm, other;
	struct pb_err err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	tmpdir_make(&f->tmp);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	pb_arm_fini(&f->arm);
	pb_arm_fini(&f->other);
	tmpdir_remove(&f->tmp);
	free(f);
	return 0;
}

static const char *below(const struct fixture *f, const char *name)
{
	static char path[4][256];
	static int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", f->tmp.path, name);
	return path[next];
}

static void make_set(const struct fixture *f, const char *name, int runs, int minute)
{
	struct mks s = {.runs = runs, .depths = 1, .noise = 0.01, .minute = minute, .every = 1};

	assert_int_equal(mks_write(&s, below(f, name)), 0);
}

static void refused(struct fixture *f, const char *spec, const char *because)
{
	assert_true(pb_arm_read(&f->arm, spec, &f->err) < 0);
	assert_int_equal(f->err.status, PB_USAGE);
	if (!strstr(f->err.msg, because))
		fail_msg("'%s' is not about '%s'", f->err.msg, because);
}

static void a_folder_of_runs_is_a_set(void **state)
{
	struct fixture *f = *state;

	make_set(f, "set", 3, 0);
	tmpdir_mkdir(&f->tmp, "set/notes");
	tmpdir_write(&f->tmp, "set/README", "not a run");
	assert_int_equal(pb_arm_read(&f->arm, below(f, "set"), &f->err), 0);
	assert_int_equal(f->arm.n, 3);
	assert_string_equal(f->arm.v[2].started_utc, "2026-11-23T10:02:00Z");
	assert_string_equal(f->arm.v[0].profile, "randread-4k");
	assert_int_equal(f->arm.v[0].metrics.n, 8);
	assert_non_null(pb_environment_get(&f->arm.v[0].environment, "host kernel"));
}

/* As make run leaves them: DATE/run, and a link to the latest, which is no second run. */
static void runs_may_lie_deeper_and_links_are_not_followed(void **state)
{
	struct fixture *f = *state;

	tmpdir_mkdir(&f->tmp, "results");
	make_set(f, "results/monday", 1, 0);
	make_set(f, "results/tuesday", 1, 5);
	assert_int_equal(symlinkat("tuesday", f->tmp.fd, "results/latest"), 0);
	assert_int_equal(pb_arm_read(&f->arm, below(f, "results"), &f->err), 0);
	assert_int_equal(f->arm.n, 2);
}

static void what_lies_inside_a_run_is_not_a_run(void **state)
{
	struct fixture *f = *state;

	make_set(f, "set", 1, 0);
	tmpdir_mkdir(&f->tmp, "set/run0/tune");
	make_set(f, "set/run0/tune", 1, 5);
	assert_int_equal(pb_arm_read(&f->arm, below(f, "set"), &f->err), 0);
	assert_int_equal(f->arm.n, 1);
}

static void a_list_names_several(void **state)
{
	struct fixture *f = *state;
	char spec[600];

	make_set(f, "one", 1, 0);
	make_set(f, "two,three", 2, 5);
	snprintf(spec, sizeof(spec), "%s,%s", below(f, "one"), below(f, "one/run0"));
	refused(f, spec, "are the same run");
	pb_arm_fini(&f->arm);
	f->err = (struct pb_err)PB_ERR_INIT;
	assert_int_equal(pb_arm_read(&f->arm, below(f, "two,three"), &f->err), 0);
	assert_int_equal(f->arm.n, 2);
	make_set(f, "four", 1, 10);
	snprintf(spec, sizeof(spec), "%s/run0,%s", below(f, "one"), below(f, "four"));
	assert_int_equal(pb_arm_read(&f->arm, spec, &f->err), 0);
	assert_int_equal(f->arm.n, 4);
}

static void a_copy_is_no_second_measurement(void **state)
{
	struct fixture *f = *state;

	make_set(f, "a", 2, 0);
	make_set(f, "b", 1, 0);
	assert_int_equal(pb_arm_read(&f->arm, below(f, "a"), &f->err), 0);
	assert_int_equal(pb_arm_read(&f->other, below(f, "b"), &f->err), 0);
	assert_true(pb_arm_disjoint(&f->arm, &f->other, &f->err) < 0);
	assert_int_equal(f->err.status, PB_USAGE);
	assert_non_null(strstr(f->err.msg, "a/run0"));
	assert_non_null(strstr(f->err.msg, "b/run0"));
}

static void damage_is_refused(void **state)
{
	struct fixture *f = *state;

	make_set(f, "set", 2, 0);
	tmpdir_write(&f->tmp, "set/run1/steps.csv", "t_ns\n1\n");
	refused(f, below(f, "set"), "is not the file that was measured");
	assert_int_equal(f->arm.n, 1);
}

static void an_unfinished_run_is_refused(void **state)
{
	struct fixture *f = *state;

	tmpdir_mkdir(&f->tmp, "set");
	tmpdir_mkdir(&f->tmp, "set/run");
	tmpdir_write(&f->tmp, "set/run/manifest.json",
		     "{\"schema\": 1, \"passbench\": \"0.1.0\", \"state\": \"incomplete\"}");
	refused(f, below(f, "set"), "did not finish");
}

static void a_newer_schema_is_refused(void **state)
{
	struct fixture *f = *state;

	tmpdir_mkdir(&f->tmp, "run");
	tmpdir_write(&f->tmp, "run/manifest.json",
		     "{\"schema\": 2, \"passbench\": \"9.0\", \"state\": \"complete\", \"files\": {}}");
	refused(f, below(f, "run"), "use the version that wrote it (9.0)");
}

static void what_is_no_run_is_refused(void **state)
{
	struct fixture *f = *state;

	tmpdir_mkdir(&f->tmp, "empty");
	tmpdir_write(&f->tmp, "file", "x");
	refused(f, below(f, "empty"), "holds no run directory");
	f->err = (struct pb_err)PB_ERR_INIT;
	refused(f, below(f, "file"), "is a file");
	f->err = (struct pb_err)PB_ERR_INIT;
	refused(f, below(f, "nowhere"), "cannot open");
	f->err = (struct pb_err)PB_ERR_INIT;
	refused(f, ",", "names no run directory");
}

static void changes_during_a_run_are_read(void **state)
{
	struct fixture *f = *state;
	struct mks s = {.runs = 1,
			.depths = 1,
			.patch = ", \"environment_changes\": {\"thp\": [\"always\", \"never\"], \"odd\": 7}"};

	assert_int_equal(mks_write(&s, below(f, "set")), 0);
	assert_int_equal(pb_arm_read(&f->arm, below(f, "set"), &f->err), 0);
	assert_int_equal(f->arm.v[0].changes.n, 1);
	assert_string_equal(f->arm.v[0].changes.v[0], "thp: always -> never");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_folder_of_runs_is_a_set, setup, teardown),
		cmocka_unit_test_setup_teardown(runs_may_lie_deeper_and_links_are_not_followed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_lies_inside_a_run_is_not_a_run, setup, teardown),
		cmocka_unit_test_setup_teardown(a_list_names_several, setup, teardown),
		cmocka_unit_test_setup_teardown(a_copy_is_no_second_measurement, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unfinished_run_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_newer_schema_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_run_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(changes_during_a_run_are_read, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
