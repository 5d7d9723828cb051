/* Unit tests of engine/import/fold.h: a long series stays short and keeps its mean. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/import/fold.h"

static void short_series_is_kept_as_it_is(void **state)
{
	struct pb_fold f = {0};

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		pb_fold_add(&f, i);
	assert_int_equal(f.n, 100);
	assert_true(f.v[99] == 99);
}

static void long_series_becomes_means_of_neighbours(void **state)
{
	struct pb_fold f = {0};
	double sum = 0;

	(void)state;
	/* 2^20 values: a power of two leaves no part that is not whole */
	for (unsigned i = 0; i < 1u << 20; i++)
		pb_fold_add(&f, i % 3 + 1);
	assert_true(f.n >= PB_FOLD_MAX / 2 && f.n <= PB_FOLD_MAX);
	for (unsigned i = 0; i < f.n; i++)
		sum += f.v[i];
	assert_float_equal(sum / f.n, 2, 1e-4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_series_is_kept_as_it_is),
		cmocka_unit_test(long_series_becomes_means_of_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
