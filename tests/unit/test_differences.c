/*
 * What differs between two arms beside the result: environments, and the order in which runs were measured.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "engine/compare/differences.h"

#define RUNS 6

struct fixture {
	struct pb_arm_run base_runs[RUNS], new_runs[RUNS];
	struct pb_arm base, new_arm;
	struct pb_differences d;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	f->base.v = f->base_runs;
	f->new_arm.v = f->new_runs;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < RUNS; i++) {
		pb_environment_fini(&f->base_runs[i].environment);
		pb_environment_fini(&f->new_runs[i].environment);
	}
	pb_differences_fini(&f->d);
	free(f);
	return 0;
}

/* One more run, with up to two facts about it (NULL = not known). */
static void run(struct pb_arm *arm, char *started, const char *kernel, const char *disk)
{
	struct pb_arm_run *r = &arm->v[arm->n++];

	r->started_utc = started;
	r->dir = (char *)"dir";
	if (kernel) {
		pb_strv_add(&r->environment.kv, "host kernel");
		pb_strv_add(&r->environment.kv, kernel);
	}
	if (disk) {
		pb_strv_add(&r->environment.kv, "disk serial");
		pb_strv_add(&r->environment.kv, disk);
	}
}

static char *at(const char *text)
{
	return (char *)text;
}

static void find(struct fixture *f)
{
	assert_int_equal(pb_differences_find(&f->d, &f->base, &f->new_arm, NULL), 0);
}

static void one_value_against_another(void **state)
{
	struct fixture *f = *state;

	run(&f->base, at("1"), "6.1", "S1");
	run(&f->base, at("3"), "6.1", "S1");
	run(&f->new_arm, at("2"), "6.12", "S1");
	find(f);
	assert_int_equal(f->d.n, 1);
	assert_string_equal(f->d.v[0].name, "host kernel");
	assert_string_equal(f->d.v[0].base, "6.1");
	assert_string_equal(f->d.v[0].new_value, "6.12");
	assert_false(f->d.v[0].subject);
	assert_int_equal(f->d.mixed.n, 0);
}

static void another_disk_is_another_setup(void **state)
{
	struct fixture *f = *state;

	run(&f->base, at("1"), "6.1", "S1");
	run(&f->new_arm, at("2"), "6.1", "S2");
	find(f);
	assert_int_equal(f->d.n, 1);
	assert_true(f->d.v[0].subject);
}

static void arms_that_are_mixed_say_how(void **state)
{
	struct fixture *f = *state;

	run(&f->base, at("1"), "6.1", "S1");
	run(&f->base, at("2"), "6.2", "S1");
	run(&f->base, at("3"), "6.2", "S2");
	run(&f->new_arm, at("4"), "6.2", "S2");
	run(&f->new_arm, at("5"), NULL, "S1");
	find(f);
	assert_int_equal(f->d.n, 1);
	assert_string_equal(f->d.v[0].base, "6.1 (1 of 3 runs), 6.2 (2 of 3 runs)");
	assert_string_equal(f->d.v[0].new_value, "6.2 (1 of 2 runs)");
	assert_int_equal(f->d.mixed.n, 1);
	assert_string_equal(f->d.mixed.v[0],
			    "disk serial: BASE S1 (2 of 3 runs), S2 (1 of 3 runs); NEW S2 (1 of 2 "
			    "runs), S1 (1 of 2 runs)");
}

static void what_one_side_does_not_know_is_no_difference(void **state)
{
	struct fixture *f = *state;

	run(&f->base, at("1"), "6.1", NULL);
	run(&f->new_arm, at("2"), NULL, "S1");
	find(f);
	assert_int_equal(f->d.n, 0);
	assert_int_equal(f->d.mixed.n, 0);
}

static void turns_are_counted(void **state)
{
	struct fixture *f = *state;
	struct pb_turns turns;

	run(&f->base, at("2026-11-23T10:00:00Z"), NULL, NULL);
	run(&f->base, at("2026-11-23T10:02:00Z"), NULL, NULL);
	run(&f->new_arm, at("2026-11-23T10:01:00Z"), NULL, NULL);
	run(&f->new_arm, at("2026-11-23T10:03:00Z"), NULL, NULL);
	turns = pb_differences_turns(&f->base, &f->new_arm);
	assert_true(turns.known && turns.base_first && !turns.separated);
	assert_int_equal(turns.n, 3);
}

static void one_side_after_the_other_is_seen(void **state)
{
	struct fixture *f = *state;
	struct pb_turns turns;

	run(&f->base, at("2026-11-24T10:00:00Z"), NULL, NULL);
	run(&f->base, at("2026-11-24T09:00:00Z"), NULL, NULL);
	run(&f->new_arm, at("2026-11-23T10:01:00Z"), NULL, NULL);
	turns = pb_differences_turns(&f->base, &f->new_arm);
	assert_true(turns.known && turns.separated && !turns.base_first);
	run(&f->new_arm, at(""), NULL, NULL);
	assert_false(pb_differences_turns(&f->base, &f->new_arm).known);
	f->new_arm.n = 0;
	assert_false(pb_differences_turns(&f->base, &f->new_arm).known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_value_against_another, setup, teardown),
		cmocka_unit_test_setup_teardown(another_disk_is_another_setup, setup, teardown),
		cmocka_unit_test_setup_teardown(arms_that_are_mixed_say_how, setup, teardown),
		cmocka_unit_test_setup_teardown(what_one_side_does_not_know_is_no_difference, setup,
						teardown),
		cmocka_unit_test_setup_teardown(turns_are_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(one_side_after_the_other_is_seen, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
