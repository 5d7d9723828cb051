/*
 * The environment of a run under the names that people know.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/compare/environment.h"
#include "tests/unit/mkrun.h"
#include "tests/unit/tmpdir.h"

static void read_run(const struct mk_run *run, struct tmpdir *tmp, struct pb_environment *e)
{
	char path[128];
	struct pb_err err = PB_ERR_INIT;

	tmpdir_make(tmp);
	snprintf(path, sizeof(path), "%s/run", tmp->path);
	assert_int_equal(mk_write(run, path), 0);
	if (pb_environment_read(e, path, &err) < 0)
		fail_msg("%s", err.msg);
}

static void names_are_those_of_people(void **state)
{
	struct pb_environment e = {0};
	struct tmpdir tmp;
	struct mk_run run;

	(void)state;
	mk_default(&run);
	run.patch =
		"{\"disk\": {\"stack\": [{\"name\": \"dm-0\", \"kind\": \"crypt\"}, {\"kind\": \"disk\"}]}, "
		"\"environment\": {\"thp\": \"madvise\", \"kernel\": \"6.12.0-lab\", \"smt\": null}}";
	read_run(&run, &tmp, &e);
	assert_string_equal(pb_environment_get(&e, "host kernel"), "6.12.0-lab");
	assert_string_equal(pb_environment_get(&e, "QEMU"), "10.0.2");
	assert_string_equal(pb_environment_get(&e, "disk firmware"), "10.0.2");
	assert_string_equal(pb_environment_get(&e, "link"), "2.5 GT/s x1");
	assert_string_equal(pb_environment_get(&e, "irqbalance"), "no");
	assert_string_equal(pb_environment_get(&e, "CPUs"), "4");
	assert_string_equal(pb_environment_get(&e, "vCPU pinning"), "[\"0-3\",\"0-3\"]");
	assert_string_equal(pb_environment_get(&e, "measured with"), "passbench");
	assert_int_equal(strlen(pb_environment_get(&e, "job file (sha256)")), 12);
	assert_string_equal(pb_environment_get(&e, "thp"), "madvise");
	assert_string_equal(pb_environment_get(&e, "disk stands on"), "crypt, disk");
	assert_true(pb_environment_is_subject("disk stands on"));
	assert_null(pb_environment_get(&e, "kernel"));
	assert_null(pb_environment_get(&e, "smt"));
	assert_null(pb_environment_get(&e, "cache mode"));
	pb_environment_fini(&e);
	tmpdir_remove(&tmp);
}

static void an_imported_run_says_with_what_it_was_measured(void **state)
{
	struct pb_environment e = {0};
	struct tmpdir tmp;
	struct mk_run run;

	(void)state;
	mk_default(&run);
	run.path = "virtio-blk";
	run.patch = "{\"origin\": {\"tool\": \"esxtop\"}, \"host\": 7, \"guest\": null}";
	read_run(&run, &tmp, &e);
	assert_string_equal(pb_environment_get(&e, "measured with"), "esxtop");
	assert_string_equal(pb_environment_get(&e, "cache mode"), "none");
	assert_null(pb_environment_get(&e, "host kernel"));
	assert_null(pb_environment_get(&e, "guest kernel"));
	pb_environment_fini(&e);
	tmpdir_remove(&tmp);
}

static void what_was_measured_is_told_from_where(void **state)
{
	(void)state;
	assert_true(pb_environment_is_subject("disk serial"));
	assert_true(pb_environment_is_subject("cache mode"));
	assert_true(pb_environment_is_subject("measured with"));
	assert_false(pb_environment_is_subject("host kernel"));
	assert_false(pb_environment_is_subject("disk firmware"));
	assert_false(pb_environment_is_subject("thp"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_people),
		cmocka_unit_test(an_imported_run_says_with_what_it_was_measured),
		cmocka_unit_test(what_was_measured_is_told_from_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
