/* Rates from counters, thinning that keeps extremes, labels gnuplot can be given. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "reports/series.h"

static void rates_of_counters(void **state)
{
	struct pb_series_set s;

	(void)state;
	pb_series_init(&s, 0, 10);
	pb_series_read(&s, "a", "a", 0, 100, 1);
	pb_series_read(&s, "a", "a", 2, 300, 1);
	pb_series_read(&s, "a", "a", 3, 50, 1);  /* went backwards: a new start */
	pb_series_read(&s, "a", "a", 4, NAN, 1); /* not available: no point */
	pb_series_read(&s, "a", "a", 5, 70, 1);  /* nothing to compare with */
	pb_series_read(&s, "a", "a", 6, 80, 2);
	pb_series_read(&s, "a", "a", 11, 90, 1); /* outside */
	assert_int_equal(s.n, 1);
	assert_int_equal(s.v[0].n, 2);
	assert_true(s.v[0].p[0].v == 100 && s.v[0].p[1].v == 20);
	pb_series_fini(&s);
}

static void heaviest_are_kept_in_natural_order(void **state)
{
	static const char *const key[] = {"irq10", "irq2", "irq3", "idle"};
	static const double top[] = {50, 40, 1, 0};
	struct pb_series_set s;

	(void)state;
	pb_series_init(&s, 0, 10);
	for (size_t i = 0; i < 4; i++) {
		pb_series_read(&s, key[i], key[i], 0, 0, 1);
		pb_series_read(&s, key[i], key[i], 1, top[i], 1);
	}
	pb_series_keep(&s, 2);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.v[0].label, "irq2");
	assert_string_equal(s.v[1].label, "irq10");
	pb_series_fini(&s);
}

static void thinning_keeps_the_spike(void **state)
{
	struct pb_series_set s;
	double low = 1e9, high = 0;

	(void)state;
	pb_series_init(&s, 0, 1e6);
	for (int i = 0; i <= 10000; i++)
		pb_series_read(&s, "a", "a", i, i * 10 + (i >= 5001 ? 990 : 0), 1);
	pb_series_thin(&s.v[0], 100);
	assert_true(s.v[0].n <= 100 && s.v[0].n > 50);
	for (size_t i = 0; i < s.v[0].n; i++) {
		low = fmin(low, s.v[0].p[i].v);
		high = fmax(high, s.v[0].p[i].v);
		assert_true(!i || s.v[0].p[i].t > s.v[0].p[i - 1].t);
	}
	assert_true(low == 10 && high == 1000);
	pb_series_fini(&s);
}

static void labels_are_plain(void **state)
{
	char out[64];

	(void)state;
	pb_series_label(out, sizeof(out), "vfio-msix[1]`rm`\"$(x)\n\xff@");
	assert_string_equal(out, "vfio-msix[1]?rm??"
				 "?(x)???");
	pb_series_label(out, 5, "abcdefgh");
	assert_string_equal(out, "abcd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_of_counters),
		cmocka_unit_test(heaviest_are_kept_in_natural_order),
		cmocka_unit_test(thinning_keeps_the_spike),
		cmocka_unit_test(labels_are_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
