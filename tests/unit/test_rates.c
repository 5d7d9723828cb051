/*
 * Rates over windows: interpolation, coverage, gaps, sums over series.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "analyzers/rates.h"
#include "tests/unit/tmpdir.h"

#define S 1000000000LL

static struct pb_table *table(const char *text)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_table *t = NULL;
	struct tmpdir d;

	tmpdir_make(&d);
	tmpdir_write(&d, "t.csv", text);
	if (pb_table_read(&t, d.fd, "t.csv", &err) < 0)
		fail_msg("%s", err.msg);
	tmpdir_remove(&d);
	return t;
}

static void expect(double got, double want)
{
	if (!(fabs(got - want) < 1e-6 * (1 + fabs(want))))
		fail_msg("got %g, expected %g", got, want);
}

static void edges_are_interpolated(void **state)
{
	struct pb_table *t = table("t_ns,n\n0,0\n1000000000,100\n2000000000,300\n3000000000,400\n");

	(void)state;
	expect(pb_rate(t, "n", NULL, S, 2 * S), 200);
	expect(pb_rate(t, "n", NULL, S / 2, 3 * S / 2), 150);
	pb_table_free(t);
}

static void uncovered_window_has_no_rate(void **state)
{
	struct pb_table *t = table("t_ns,n\n1000000000,0\n2000000000,100\n");

	(void)state;
	expect(pb_rate(t, "n", NULL, S - S / 20, 2 * S), 100); /* 95% covered */
	assert_true(isnan(pb_rate(t, "n", NULL, 0, 2 * S)));   /* half */
	assert_true(isnan(pb_rate(t, "n", NULL, 5 * S, 6 * S)));
	assert_true(isnan(pb_rate(t, "n", NULL, 2 * S, 2 * S)));
	assert_true(isnan(pb_rate(t, "absent", NULL, S, 2 * S)));
	assert_true(isnan(pb_rate(NULL, "n", NULL, S, 2 * S)));
	pb_table_free(t);
}

static void empty_cells_are_not_zeros(void **state)
{
	struct pb_table *t = table("t_ns,n,m\n0,10,\n1000000000,,\n2000000000,30,\n");

	(void)state;
	expect(pb_rate(t, "n", NULL, 0, 2 * S), 10);
	assert_true(isnan(pb_rate(t, "m", NULL, 0, 2 * S)));
	pb_table_free(t);
}

static void series_are_told_apart(void **state)
{
	static const struct pb_match a[] = {{"k", "a"}, {NULL, NULL}};
	struct pb_table *t = table("t_ns,k,n\n0,a,0\n0,b,1000\n1000000000,a,10\n1000000000,b,1100\n");
	struct pb_strv keys = {0};

	(void)state;
	expect(pb_rate(t, "n", a, 0, S), 10);
	expect(pb_rate_sum(t, "n", NULL, "k", 0, S), 110);
	assert_int_equal(pb_distinct(t, "k", NULL, &keys), 0);
	assert_int_equal(keys.n, 2);
	pb_strv_fini(&keys);
	pb_table_free(t);
}

static void vectors_are_summed_over_cpus(void **state)
{
	struct pb_table *t = table("t_ns,name,cpu0,cpu2,cpux\n0,v,0,5,1\n1000000000,v,10,95,9\n");
	int cpu;

	(void)state;
	expect(pb_vector_rate(t, "v", 0, S, &cpu), 100);
	assert_int_equal(cpu, 2);
	assert_true(isnan(pb_vector_rate(t, "w", 0, S, &cpu)));
	assert_int_equal(cpu, -1);
	pb_table_free(t);
}

/* A file whose rows are not in the order of their time gives the same rates: the index needs order, the rule
 * does not. */
static void rows_out_of_order_give_the_same_rate(void **state)
{
	static const struct pb_match a[] = {{"k", "7"}, {NULL, NULL}}, none[] = {{"k", "07"}, {NULL, NULL}};
	struct pb_table *sorted =
		table("t_ns,k,n\n0,7,0\n0,8,5\n1000000000,7,\n2000000000,7,40\n2000000000,8,9\n");
	struct pb_table *mixed =
		table("t_ns,k,n\n2000000000,7,40\n0,8,5\n0,7,0\n2000000000,8,9\n1000000000,7,\n");

	(void)state;
	assert_true(pb_table_sorted(sorted) && !pb_table_sorted(mixed));
	expect(pb_rate(sorted, "n", a, 0, 2 * S), 20);
	expect(pb_rate(mixed, "n", a, 0, 2 * S), 20);
	expect(pb_rate_sum(sorted, "n", NULL, "k", S / 2, 3 * S / 2), 22);
	expect(pb_rate_sum(mixed, "n", NULL, "k", S / 2, 3 * S / 2), 22);
	assert_true(isnan(pb_rate(sorted, "n", none, 0, 2 * S)));
	pb_table_free(sorted);
	pb_table_free(mixed);
}

static void rows_of_a_window(void **state)
{
	static const struct pb_match b[] = {{"k", "b"}, {NULL, NULL}};
	static const char *const text[] = {"t_ns,k\n1,a\n2,b\n3,b\n4,a\n5,b\n",
					   "t_ns,k\n4,a\n2,b\n,b\n3,b\n1,a\n5,b\n"};
	struct pb_rows rows;
	size_t row, n;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct pb_table *t = table(text[i]);

		pb_rows_init(&rows, t, b, 2, 4);
		for (n = 0; pb_rows_next(&rows, &row); n++)
			assert_string_equal(pb_table_str(t, row, 1), "b");
		assert_int_equal(n, 2);
		pb_rows_init(&rows, t, NULL, INT64_MIN, INT64_MAX);
		for (n = 0; pb_rows_next(&rows, &row);)
			n++;
		assert_int_equal(n, pb_table_rows(t)); /* the one without a time, too */
		pb_table_free(t);
	}
	pb_rows_init(&rows, NULL, b, 2, 4);
	assert_false(pb_rows_next(&rows, &row));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges_are_interpolated),
		cmocka_unit_test(uncovered_window_has_no_rate),
		cmocka_unit_test(empty_cells_are_not_zeros),
		cmocka_unit_test(series_are_told_apart),
		cmocka_unit_test(vectors_are_summed_over_cpus),
		cmocka_unit_test(rows_out_of_order_give_the_same_rate),
		cmocka_unit_test(rows_of_a_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
