/* Unit tests of engine/import/timeline.c: rates, clocks and entities of a recording. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/import/timeline.h"
#include "engine/lib/csv.h"
#include "tests/unit/tmpdir.h"

#define S INT64_C(1000000000)

struct test {
	struct tmpdir tmp;
	struct pb_rundir dir;
	struct pb_timeline *t;
	struct pb_err err;
};

static int setup(void **state)
{
	struct test *t = calloc(1, sizeof(*t));
	char path[96];

	assert_non_null(t);
	tmpdir_make(&t->tmp);
	snprintf(path, sizeof(path), "%s/run", t->tmp.path);
	assert_int_equal(pb_rundir_create(&t->dir, path, &t->err), 0);
	assert_int_equal(pb_timeline_new(&t->t, &t->dir, NULL, &t->err), 0);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct test *t = *state;

	pb_timeline_free(t->t);
	pb_rundir_close(&t->dir);
	tmpdir_remove(&t->tmp);
	free(t);
	return 0;
}

static int disk(struct test *t, const char *name)
{
	int id = pb_timeline_entity(t->t, PB_TL_DISK, name, &t->err);

	assert_true(id >= 0);
	pb_timeline_declare(t->t, id, PB_TL_IOS);
	pb_timeline_declare(t->t, id, PB_TL_IO_S);
	return id;
}

static int row(struct test *t, int id, int64_t at_ns, double ios, double seconds)
{
	pb_timeline_set(t->t, id, PB_TL_IOS, ios);
	pb_timeline_set(t->t, id, PB_TL_IO_S, seconds);
	return pb_timeline_row(t->t, id, at_ns, &t->err);
}

static void an_entity_is_made_once(void **state)
{
	struct test *t = *state;
	int a = disk(t, "a"), b = disk(t, "b");

	assert_int_equal(disk(t, "a"), a);
	assert_int_not_equal(a, b);
	assert_int_equal(pb_timeline_count(t->t, PB_TL_DISK), 2);
	/* the same name of another kind is another */
	assert_int_not_equal(pb_timeline_entity(t->t, PB_TL_CPU, "a", &t->err), a);
}

static void names_and_numbers_are_bounded(void **state)
{
	struct test *t = *state;
	char name[200];
	int rc = 0;

	memset(name, 'x', sizeof(name));
	name[199] = '\0';
	assert_true(pb_timeline_entity(t->t, PB_TL_DISK, name, &t->err) < 0);
	for (int i = 0; i < 20000 && rc >= 0; i++) {
		snprintf(name, sizeof(name), "%d", i);
		rc = pb_timeline_entity(t->t, PB_TL_CPU, name, &t->err);
	}
	assert_int_equal(rc, -E2BIG);
}

/* 10/s for 2 s, nothing for 1 s, 20/s for 1 s: 40 I/Os; of 0.1 s each but for the last, 0.2 s. */
static void sums_of_a_disk(void **state)
{
	struct test *t = *state;
	struct pb_timeline_disk d;
	int id = disk(t, "a");

	assert_int_equal(row(t, id, 100 * S, 7, 7), 0);
	assert_int_equal(row(t, id, 102 * S, 10, 0.1), 0);
	assert_int_equal(row(t, id, 103 * S, 0, NAN), 0);
	assert_int_equal(row(t, id, 104 * S, 20, 0.2), 0);
	assert_true(pb_timeline_disk(t->t, 0, &d));
	assert_float_equal(d.ios, 40, 1e-9);
	assert_float_equal(d.lat_s, (20 * 0.1 + 20 * 0.2) / 40, 1e-9);
	assert_float_equal(d.queue, (2 * 1.0 + 0 + 4.0) / 4, 1e-9);
	assert_true(isnan(d.bytes));
	assert_true(isnan(d.failed));
	assert_int_equal(d.iops->n, 3);
	assert_int_equal(d.t1_ns - d.t0_ns, 4 * S);
	assert_false(pb_timeline_disk(t->t, 1, &d));
	pb_timeline_next_file(t->t);
	assert_true(pb_timeline_disk(t->t, 0, &d));
	assert_true(d.ios == 0);
}

static void a_clock_that_does_not_go_forward_is_told(void **state)
{
	struct test *t = *state;
	int a = disk(t, "a"), b = disk(t, "b");

	assert_int_equal(row(t, a, 100 * S, 1, 1), 0);
	assert_int_equal(row(t, b, 100 * S, 1, 1), 0);
	assert_int_equal(row(t, a, 100 * S, 1, 1), -ETIME);
	assert_int_equal(row(t, a, 99 * S, 1, 1), -ETIME);
	assert_int_equal(row(t, a, 101 * S, 1, 1), 0);
	assert_int_equal(row(t, b, 100 * S, 1, 1), -ETIME); /* the table is ahead */
	assert_false(t->err.msg[0]);
	assert_int_equal(pb_timeline_rows(t->t, PB_TL_DISK), 3);
}

static void a_counter_cannot_run_over(void **state)
{
	struct test *t = *state;
	int id = disk(t, "a");

	assert_int_equal(row(t, id, 0, 0, 0), 0);
	assert_int_equal(row(t, id, 4000 * S, 1e15, 1e15), -EOVERFLOW);
	assert_non_null(strstr(t->err.msg, "'a'"));
	assert_int_equal(t->err.status, PB_USAGE);
}

static void what_was_not_finished_leaves_no_file(void **state)
{
	struct test *t = *state;

	assert_int_equal(row(t, disk(t, "a"), 0, 0, 0), 0);
	assert_true(tmpdir_exists(&t->tmp, "run/host/block.csv.tmp"));
	pb_timeline_free(t->t);
	t->t = NULL;
	assert_false(tmpdir_exists(&t->tmp, "run/host/block.csv.tmp"));
	assert_false(tmpdir_exists(&t->tmp, "run/host/block.csv"));
}

static void only_kinds_that_were_recorded_have_a_file(void **state)
{
	struct test *t = *state;

	assert_int_equal(row(t, disk(t, "a"), 0, 0, 0), 0);
	assert_int_equal(pb_timeline_finish(t->t, &t->err), 0);
	assert_true(tmpdir_exists(&t->tmp, "run/host/block.csv"));
	assert_false(tmpdir_exists(&t->tmp, "run/host/cpu.csv"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_entity_is_made_once, setup, teardown),
		cmocka_unit_test_setup_teardown(names_and_numbers_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(sums_of_a_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clock_that_does_not_go_forward_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_counter_cannot_run_over, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_not_finished_leaves_no_file, setup, teardown),
		cmocka_unit_test_setup_teardown(only_kinds_that_were_recorded_have_a_file, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
