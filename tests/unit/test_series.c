/* Rates from counters, thinning that keeps extremes, labels gnuplot can be given. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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
	assert_true(s.v[0].n <= 100 && s.v[0].n >= 33);
	for (size_t i = 0; i < s.v[0].n; i++) {
		low = fmin(low, s.v[0].p[i].v);
		high = fmax(high, s.v[0].p[i].v);
		assert_true(!i || s.v[0].p[i].t > s.v[0].p[i - 1].t);
	}
	assert_true(low == 10 && high == 1000);
	pb_series_fini(&s);
}

static bool has(const struct pb_series *s, double t, double v)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->p[i].t == t && (s->p[i].v == v || (isnan(v) && isnan(s->p[i].v))))
			return true;
	return false;
}

/* Lowest and highest of p[from..end) must still be there, and a gap when there was one. */
static void check_bucket(const struct pb_point *p, size_t from, size_t end, const struct pb_series *thin)
{
	double low = INFINITY, high = -INFINITY, t_low = 0, t_high = 0;
	bool gap = false, kept_gap = false;

	for (size_t i = from; i < end; i++) {
		gap = gap || isnan(p[i].v);
		kept_gap = kept_gap || (isnan(p[i].v) && has(thin, p[i].t, NAN));
		if (p[i].v < low) {
			low = p[i].v;
			t_low = p[i].t;
		}
		if (p[i].v > high) {
			high = p[i].v;
			t_high = p[i].t;
		}
	}
	assert_true(!isfinite(low) || has(thin, t_low, low));
	assert_true(!isfinite(high) || has(thin, t_high, high));
	assert_int_equal(gap, kept_gap);
}

/* Whatever the line: every bucket's extremes and gaps are in the thinned line, in order, and nothing is new.
 */
static void thinning_keeps_every_extreme_and_every_gap(void **state)
{
	unsigned seed = 20261123;

	(void)state;
	for (int round = 0; round < 300; round++) {
		size_t n = 1 + (size_t)rand_r(&seed) % 5000, max = 6 + (size_t)rand_r(&seed) % 600;
		size_t gaps = (size_t)rand_r(&seed) % 4, buckets = max / 3, b;
		struct pb_series_set s;
		struct pb_point *p = calloc(n, sizeof(*p));

		assert_non_null(p);
		pb_series_init(&s, 0, 1e9);
		for (size_t i = 0; i < n; i++) {
			double v = (double)(rand_r(&seed) % 1000) * (rand_r(&seed) % 50 ? 1 : 1e6);

			p[i] = (struct pb_point){(double)i, gaps && !(rand_r(&seed) % (10 * gaps)) ? NAN : v};
			assert_int_equal(pb_series_point(&s, "a", p[i].t, p[i].v), 0);
		}
		pb_series_thin(&s.v[0], max);
		assert_true(s.v[0].n <= max);
		for (size_t i = 1; i < s.v[0].n; i++)
			assert_true(s.v[0].p[i].t > s.v[0].p[i - 1].t);
		for (size_t i = 0; i < s.v[0].n; i++)
			assert_true(s.v[0].p[i].v == p[(size_t)s.v[0].p[i].t].v || isnan(s.v[0].p[i].v));
		for (b = 0; n > max && b < buckets; b++)
			check_bucket(p, b * n / buckets, (b + 1) * n / buckets, &s.v[0]);
		if (n <= max)
			assert_int_equal(s.v[0].n, n);
		pb_series_fini(&s);
		free(p);
	}
}

static void gaps_are_written_as_such(void **state)
{
	struct pb_series_set s;
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	pb_series_init(&s, 0, 10);
	pb_series_point(&s, "p50", 1, 5);
	pb_series_point(&s, "p50", 2, NAN);
	pb_series_point(&s, "p50", 3, 6);
	pb_series_point(&s, "p50", 11, 6); /* outside */
	pb_series_write(&s, f);
	fclose(f);
	assert_string_equal(text, "t_s,\"p50\"\n1.0000,5\n2.0000,NaN\n3.0000,6\n");
	free(text);
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
		cmocka_unit_test(thinning_keeps_every_extreme_and_every_gap),
		cmocka_unit_test(gaps_are_written_as_such),
		cmocka_unit_test(labels_are_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
