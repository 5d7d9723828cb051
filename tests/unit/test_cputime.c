/*
 * Counters over windows: interpolation at the edges, several series, and what does not count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/compare/cputime.h"
#include "tests/unit/tmpdir.h"

static const char *const columns[] = {"user_ns", "system_ns", NULL};

static double spent(const char *csv, int64_t t0_ns, int64_t t1_ns)
{
	const struct pb_window w[2] = {{t0_ns, t1_ns}, {t1_ns + 1000000, t1_ns + 2000000}};
	struct pb_table *t = NULL;
	struct tmpdir tmp;
	double out[2] = {0, 0};

	tmpdir_make(&tmp);
	tmpdir_write(&tmp, "c.csv", csv);
	assert_int_equal(pb_table_read(&t, tmp.fd, "c.csv", NULL), 0);
	assert_int_equal(pb_cputime(t, "cpu", columns, w, 2, out), 0);
	assert_true(isnan(out[1])); /* behind the last sample */
	pb_table_free(t);
	tmpdir_remove(&tmp);
	return out[0];
}

#define HEAD "t_ns,cpu,user_ns,system_ns\n"

static void edges_are_interpolated(void **state)
{
	(void)state;
	/* 10 a ns from 100, 30 a ns from 200: 50 ns of the first, 50 of the second. */
	assert_float_equal(spent(HEAD "100,0,0,5\n200,0,900,105\n300,0,3900,105\n", 150, 250), 500 + 1500,
			   1e-9);
	assert_float_equal(spent(HEAD "100,0,0,5\n200,0,900,105\n300,0,3900,105\n", 100, 300), 4000, 1e-9);
}

static void series_add_up(void **state)
{
	(void)state;
	assert_float_equal(spent(HEAD "100,0,0,0\n100,1,50,0\n300,0,20,0\n300,1,80,10\n", 100, 300), 60,
			   1e-9);
	/* The second began inside the window: it is not known what it had spent before. */
	assert_float_equal(spent(HEAD "100,0,0,0\n200,1,50,0\n300,0,20,0\n300,1,80,10\n", 100, 300), 20,
			   1e-9);
}

static void what_is_not_known_is_not_zero(void **state)
{
	(void)state;
	assert_true(isnan(spent("t_ns,cpu,user_ns\n100,0,0\n300,0,9\n", 100, 300)));
	assert_true(isnan(spent(HEAD "100,0,0,\n300,0,9,\n", 100, 300)));
	assert_true(isnan(spent(HEAD "150,0,0,0\n300,0,9,0\n", 100, 300)));
	assert_true(isnan(spent(HEAD "100,0,9,9\n300,0,1,1\n", 100, 300)));
}

static void a_clock_that_goes_back_is_survived(void **state)
{
	(void)state;
	assert_float_equal(spent(HEAD "100,0,0,0\n50,0,5,0\n300,0,30,0\n", 100, 300), 25 * 200.0 / 250, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges_are_interpolated),
		cmocka_unit_test(series_add_up),
		cmocka_unit_test(what_is_not_known_is_not_zero),
		cmocka_unit_test(a_clock_that_goes_back_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
