/* Depth search against simulated devices: known knees, noise, SLOs, curves that never flatten. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <stdlib.h>
#include <cmocka.h>

#include "engine/run/search.h"

/* A device that serves `width` I/Os at once, `service_ns` each: X = min(N, width) / service. */
struct device {
	double width, service_ns, noise;
	unsigned seed;
};

static double jitter(struct device *d)
{
	return 1 + d->noise * (2.0 * rand_r(&d->seed) / RAND_MAX - 1);
}

static void measure(struct device *d, struct pb_search *s, unsigned depth)
{
	/* a smooth saturation: harmonic blend of the two regimes to the 8th power */
	double light = depth / d->service_ns, heavy = d->width / d->service_ns;
	double x = 1e9 / pow(pow(1 / light, 8) + pow(1 / heavy, 8), 1.0 / 8) * jitter(d);
	struct pb_search_point p = {.depth = depth,
				    .iops = x,
				    .iops_lo = x * (1 - d->noise),
				    .iops_hi = x * (1 + d->noise),
				    .slo_hi_ns = depth / x * 1e9 * 2,
				    .valid = true};

	pb_search_add(s, &p);
}

static unsigned search(struct device *d, struct pb_search *s)
{
	unsigned depth, n = 0;

	while ((depth = pb_search_next(s)) != 0) {
		measure(d, s, depth);
		assert_true(++n <= PB_SEARCH_POINTS);
	}
	return n;
}

static void auto_finds_known_knees_in_500_seeds(void **state)
{
	unsigned good = 0, points = 0;

	(void)state;
	for (unsigned seed = 1; seed <= 500; seed++) {
		struct device d = {.width = 4 << (seed % 5), .service_ns = 80e3, .noise = 0.01, .seed = seed};
		struct pb_search s;
		char why[160];
		unsigned found;

		assert_int_equal(pb_search_parse(&s, "auto", NULL), 0);
		points += search(&d, &s);
		found = pb_search_choose(&s, why, sizeof(why));
		good += found >= d.width / 2 && found <= d.width * 2;
	}
	assert_true(good >= 475); /* 95% within one doubling */
	assert_true(points / 500.0 <= 12);
}

static void slo_is_never_exceeded(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 200; seed++) {
		struct device d = {.width = 32, .service_ns = 100e3, .noise = 0.02, .seed = seed};
		struct pb_search s;
		char why[160];
		unsigned found;

		assert_int_equal(pb_search_parse(&s, "auto", NULL), 0);
		s.slo_ns = 400e3;
		search(&d, &s);
		found = pb_search_choose(&s, why, sizeof(why));
		assert_true(found > 0);
		for (unsigned i = 0; i < s.n; i++)
			if (s.p[i].depth == found)
				assert_true(s.p[i].slo_hi_ns <= s.slo_ns);
	}
}

static void slo_that_cannot_be_met_gives_no_depth(void **state)
{
	struct device d = {.width = 8, .service_ns = 100e3, .noise = 0, .seed = 1};
	struct pb_search s;
	char why[160];

	(void)state;
	assert_int_equal(pb_search_parse(&s, "auto", NULL), 0);
	s.slo_ns = 1000;
	search(&d, &s);
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 0);
	assert_string_equal(why, "no measured depth meets the SLO");
}

static void rising_curve_names_no_knee(void **state)
{
	struct device d = {.width = 1e6, .service_ns = 100e3, .noise = 0, .seed = 1};
	struct pb_search s;
	char why[160];

	(void)state;
	assert_int_equal(pb_search_parse(&s, "1,2,4,8,16,32,64", NULL), 0);
	assert_int_equal(search(&d, &s), 7);
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 0);
	assert_non_null(strstr(why, "not flattened"));
}

static void invalid_points_are_not_chosen(void **state)
{
	struct device d = {.width = 8, .service_ns = 100e3, .noise = 0, .seed = 1};
	struct pb_search s;
	char why[160];

	(void)state;
	assert_int_equal(pb_search_parse(&s, "1,2,4,8,16,32", NULL), 0);
	search(&d, &s);
	for (unsigned i = 0; i < s.n; i++)
		s.p[i].valid = s.p[i].depth == 32;
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 32);
	s.p[s.n - 1].valid = false;
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 0);
}

static void bad_lists_are_refused(void **state)
{
	static const char *const bad[] = {"", "0", "1,,2", "1,2,", "-4", "1025", "x", "4 8", "1;2", "autos"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pb_err err = PB_ERR_INIT;
		struct pb_search s;

		assert_true(pb_search_parse(&s, bad[i], &err) < 0);
		assert_int_equal(err.status, PB_USAGE);
	}
}

static void list_keeps_order_and_drops_duplicates(void **state)
{
	struct pb_search s;

	(void)state;
	assert_int_equal(pb_search_parse(&s, "8,1,8,2", NULL), 0);
	assert_int_equal(s.n_list, 3);
	assert_int_equal(s.max_depth, 8);
	assert_int_equal(pb_search_next(&s), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auto_finds_known_knees_in_500_seeds),
		cmocka_unit_test(slo_is_never_exceeded),
		cmocka_unit_test(slo_that_cannot_be_met_gives_no_depth),
		cmocka_unit_test(rising_curve_names_no_knee),
		cmocka_unit_test(invalid_points_are_not_chosen),
		cmocka_unit_test(bad_lists_are_refused),
		cmocka_unit_test(list_keeps_order_and_drops_duplicates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
