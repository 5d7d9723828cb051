/* Unit tests of engine/collectors/latest.c: which rows are one series, rates, and series that end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/latest.h"

#define S 1000000000LL

static const struct pb_collector fast = {
	.name = "fake", .period = PB_PERIOD_FAST, .labels = "cpu name", .gauges = "temp"};
static const struct pb_collector slow = {.name = "slow", .period = PB_PERIOD_SLOW};

struct fixture {
	struct pb_latest l;
	struct pb_rows *rows;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct pb_strv names = {0};

	assert_non_null(f);
	assert_int_equal(pb_latest_init(&f->l), 0);
	pb_strv_add(&names, "cpu");
	pb_strv_add(&names, "name");
	pb_strv_add(&names, "run_ns");
	pb_strv_add(&names, "temp");
	assert_int_equal(f->l.watch.source(&f->l, &fast, &names, NULL), 0);
	assert_int_equal(f->l.watch.source(&f->l, &slow, NULL, "no such thing"), 0);
	pb_strv_fini(&names);
	f->rows = pb_rows_new(4);
	assert_non_null(f->rows);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	pb_latest_fini(&f->l);
	pb_rows_free(f->rows);
	free(f);
	return 0;
}

static void put(struct fixture *f, int64_t t, int64_t cpu, const char *name, int64_t run, int64_t temp)
{
	pb_rows_clear(f->rows);
	pb_rows_begin(f->rows, t);
	pb_rows_i64(f->rows, cpu);
	pb_rows_str(f->rows, name);
	pb_rows_i64(f->rows, run);
	pb_rows_i64(f->rows, temp);
	pb_rows_end(f->rows);
	f->l.watch.rows(&f->l, &fast, f->rows);
}

static void test_series_and_roles(void **state)
{
	struct fixture *f = *state;
	const struct pb_latest_source *s = pb_latest_find(&f->l, "fake");

	put(f, S, 0, "a", 10, 50);
	put(f, S, 1, "a", 20, 50);
	put(f, S, 1, NULL, 30, 50);
	put(f, 2 * S, 0, "a", 11, PB_NA);
	put(f, 2 * S, 0, "b", 5, 50);
	assert_int_equal(s->n, 4);
	assert_true(s->row[0].now[2] == 11);
	assert_true(s->row[0].now[3] == 50); /* a state that is not told again is still that state */
	assert_string_equal(s->row[3].text[1], "b");
	assert_int_equal(s->col[0].role, PB_LATEST_LABEL);
	assert_int_equal(s->col[2].role, PB_LATEST_COUNTER);
	assert_int_equal(s->col[3].role, PB_LATEST_GAUGE);
	assert_string_equal(pb_latest_find(&f->l, "slow")->why, "no such thing");
	assert_null(pb_latest_find(&f->l, "fak"));
}

static void test_rates(void **state)
{
	struct fixture *f = *state;
	const struct pb_latest_source *s = pb_latest_find(&f->l, "fake");

	put(f, S, 0, "a", 10, 50);
	assert_true(isnan(pb_latest_rate(&s->row[0], 2)));
	pb_latest_mark(&f->l);
	assert_true(isnan(pb_latest_rate(&s->row[0], 2))); /* no time has passed */
	put(f, 3 * S, 0, "a", 40, 50);
	assert_true(pb_latest_rate(&s->row[0], 2) == 15);
	put(f, 4 * S, 0, "a", PB_NA, 50);
	assert_true(isnan(pb_latest_rate(&s->row[0], 2)));
}

static void test_ended_series_are_forgotten(void **state)
{
	struct fixture *f = *state;
	const struct pb_latest_source *s = pb_latest_find(&f->l, "fake");

	put(f, S, 0, "gone", 1, 1);
	put(f, S, 0, "stays", 1, 1);
	put(f, 5 * S, 0, "stays", 1, 1);
	assert_int_equal(s->n, 2);
	put(f, 7 * S, 0, "stays", 1, 1);
	assert_int_equal(s->n, 1);
	assert_string_equal(s->row[0].text[1], "stays");
}

static void test_bounded(void **state)
{
	struct fixture *f = *state;
	const struct pb_latest_source *s = pb_latest_find(&f->l, "fake");

	for (int i = 0; i < (int)PB_LATEST_ROWS_MAX + 10; i++)
		put(f, S, i, "x", 1, 1);
	assert_int_equal(s->n, PB_LATEST_ROWS_MAX);
	assert_int_equal(s->left_out, 10);
}

static void test_cpu_columns(void **state)
{
	struct fixture *f = *state;
	struct pb_strv names = {0};
	const struct pb_latest_source *s;

	pb_strv_add(&names, "cpu12");
	pb_strv_add(&names, "cpu");
	pb_strv_add(&names, "cpu1x");
	assert_int_equal(f->l.watch.source(&f->l, &slow, &names, NULL), 0);
	s = &f->l.src[2];
	assert_int_equal(s->col[0].cpu, 12);
	assert_int_equal(s->col[1].cpu, -1);
	assert_int_equal(s->col[2].cpu, -1);
	assert_int_equal(pb_latest_column(s, "cpu"), 1);
	assert_int_equal(pb_latest_column(s, "none"), -1);
	pb_strv_fini(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_series_and_roles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rates, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ended_series_are_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cpu_columns, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
