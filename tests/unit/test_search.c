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
#include "tests/unit/simdisk.h"

#define SEEDS 500

/* Searches knees at 4, 8 .. 64 under the given noise; the share of seeds that end within one doubling. */
static double hit_rate_on(double noise, double phi, double drift, double steal, double shift, double *seconds)
{
	struct simdisk *d = calloc(1, sizeof(*d));
	unsigned good = 0, rates = 0, none = 0, low = 0, high = 0;
	double share, elapsed = 0;

	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		struct pb_search s;
		char why[256];
		unsigned found;

		*d = (struct simdisk){.width = 4 << (seed % 5),
				      .service_ns = 80e3,
				      .noise = noise,
				      .phi = phi,
				      .drift = drift,
				      .steal = steal,
				      .shift = shift};
		sim_begin(d, seed);
		assert_int_equal(pb_search_parse(&s, "auto", NULL), 0);
		found = sim_search(d, &s, 0, 5, why, sizeof(why));
		good += found >= d->width / 2 && found <= d->width * 2;
		none += found == 0;
		low += found && found < d->width / 2;
		high += found > d->width * 2;
		rates += d->rates;
		elapsed += d->now_s;
		sim_end(d);
	}
	free(d);
	share = (double)good / SEEDS;
	*seconds = elapsed / SEEDS;
	print_message(
		"noise %.0f%%, lag-1 %.1f, drift %.0f%%, stolen %.0f%% of the time, %.1f shifts/s: %.1f%% "
		"within one doubling, %u below, %u above, %u without a depth, %.1f s sampled in %.1f s "
		"each\n",
		100 * noise, phi, 100 * drift, 100 * steal, shift, 100 * share, low, high, none,
		rates * SIM_RATE_S / SEEDS, *seconds);
	return share;
}

static double hit_rate(double noise, double phi, double drift, double *seconds)
{
	return hit_rate_on(noise, phi, drift, 0, 0, seconds);
}

static void auto_finds_known_knees_in_500_seeds(void **state)
{
	double seconds;

	(void)state;
	assert_true(hit_rate(0.01, 0, 0, &seconds) >= 0.95);
	assert_true(seconds <= 7);
	assert_true(hit_rate(0.10, 0, 0.01, &seconds) >= 0.95);
	assert_true(seconds <= 12);
}

static void auto_finds_known_knees_in_correlated_noise(void **state)
{
	double seconds;

	(void)state;
	assert_true(hit_rate(0.05, 0.7, 0.01, &seconds) >= 0.95);
	assert_true(hit_rate(0.10, 0.5, 0.02, &seconds) >= 0.95);
}

/* Somebody else's bursts on a shared machine: 5 to 30% less for 50 to 500 ms. */
static void auto_finds_known_knees_under_steal(void **state)
{
	double seconds;

	(void)state;
	assert_true(hit_rate_on(0.05, 0.5, 0.01, 0.2, 0, &seconds) >= 0.95);
	assert_true(hit_rate_on(0.10, 0.5, 0.02, 0.5, 0, &seconds) >= 0.95);
}

/* A machine whose speed changes to between 40 and 100%, and stays there for seconds. */
static void auto_finds_known_knees_while_speed_shifts(void **state)
{
	double seconds;

	(void)state;
	assert_true(hit_rate_on(0.05, 0.5, 0.02, 0.2, 0.3, &seconds) >= 0.95);
	assert_true(hit_rate_on(0.10, 0.5, 0.02, 0.2, 1, &seconds) >= 0.90);
}

/* The truth at the chosen depth keeps the SLO, whatever the sample said. */
static void slo_is_never_exceeded(void **state)
{
	struct simdisk *d = calloc(1, sizeof(*d));
	unsigned exceeded = 0, near = 0, none = 0;

	(void)state;
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		struct pb_search s;
		char why[256];
		unsigned found, limit = 0;

		*d = (struct simdisk){
			.width = 32, .service_ns = 1e6, .noise = 0.05, .phi = 0.5, .drift = 0.01};
		sim_begin(d, seed);
		assert_int_equal(pb_search_parse(&s, "auto", NULL), 0);
		s.slo_ns = 3e6 + 20e3 * (seed % 200); /* p99 of depth 1 is 2.5 ms */
		found = sim_search(d, &s, 0.99, 5, why, sizeof(why));
		while (sim_quantile_ns(d, limit + 1, 0.99) <= s.slo_ns)
			limit++;
		none += found == 0;
		exceeded += found && sim_quantile_ns(d, found, 0.99) > s.slo_ns;
		near += found && (2 * found >= limit || sim_iops(d, found) >= 0.9 * sim_iops(d, limit));
		for (unsigned i = 0; i < s.n; i++)
			if (s.p[i].depth == found)
				assert_true(s.p[i].confirmed && !s.p[i].broken &&
					    s.p[i].slo_hi_ns <= s.slo_ns);
		sim_end(d);
	}
	free(d);
	print_message("SLO: exceeded %u of %d, within one doubling or 90%% of what it allows %u, without a "
		      "depth %u\n",
		      exceeded, SEEDS, near, none);
	assert_int_equal(exceeded, 0);
	assert_true(near >= SEEDS * 95 / 100);
}

/* A point with an interval of +- rel. */
static void put(struct pb_search *s, unsigned depth, double iops, double rel)
{
	struct pb_search_point p = {.depth = depth,
				    .iops = iops,
				    .iops_lo = iops * (1 - rel),
				    .iops_hi = iops * (1 + rel),
				    .slo_lo_ns = depth * 95e3,
				    .slo_hi_ns = depth * 105e3,
				    .valid = true,
				    .windows = 1};

	for (unsigned i = 0; i < s->n; i++)
		if (s->p[i].depth == depth)
			p.windows = s->p[i].windows + 1;
	pb_search_add(s, &p);
}

static const double flat_curve[] = {10, 20, 40, 78, 100, 100, 100}; /* depths 1, 2, 4 .. 64 */

static void put_curve(struct pb_search *s, double rel)
{
	for (unsigned i = 0; i < 7; i++)
		put(s, 1u << i, flat_curve[i], rel);
}

static void slo_that_cannot_be_met_gives_no_depth(void **state)
{
	struct pb_search s;
	char why[256];

	(void)state;
	assert_int_equal(pb_search_parse(&s, "auto", NULL), 0);
	s.slo_ns = 1000;
	put(&s, 1, 10, 0.01);
	assert_int_equal(pb_search_next(&s), 2);
	put(&s, 2, 20, 0.01);
	assert_int_equal(pb_search_next(&s), 0); /* two that surely break it: nothing deeper can help */
	assert_int_equal(pb_search_confirm(&s), 0);
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 0);
	assert_string_equal(why, "no measured depth meets the SLO");
}

static void unbounded_quantile_is_not_a_broken_slo(void **state)
{
	struct pb_search s;
	char why[256];

	(void)state;
	assert_int_equal(pb_search_parse(&s, "1,2", NULL), 0);
	s.slo_ns = 1e6;
	put(&s, 1, 10, 0.01);
	s.p[0].slo_hi_ns = NAN;
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 0);
	assert_non_null(strstr(why, "too few I/Os"));
}

static void broken_confirmation_steps_down(void **state)
{
	struct pb_search s;
	char why[256];

	(void)state;
	assert_int_equal(pb_search_parse(&s, "auto", NULL), 0);
	s.slo_ns = 900e3;
	for (unsigned depth; (depth = pb_search_next(&s));)
		put(&s, depth, depth, 0.01);
	assert_int_equal(pb_search_confirm(&s), 8);
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 8);
	pb_search_confirmed(&s, 8, false);
	while (pb_search_next(&s))
		put(&s, pb_search_next(&s), pb_search_next(&s), 0.01);
	assert_int_equal(pb_search_confirm(&s), 6);
	pb_search_confirmed(&s, 6, true);
	assert_int_equal(pb_search_confirm(&s), 0);
	put(&s, 6, 6, 0.01); /* another window does not take the confirmation away */
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 6);
	assert_non_null(strstr(why, "confirmed"));
}

/* A sound but noisy curve has a depth, and the reason says how far it is known. */
static void wide_intervals_are_called_wide(void **state)
{
	struct pb_search s;
	char why[256];

	(void)state;
	assert_int_equal(pb_search_parse(&s, "1,2,4,8,16,32,64", NULL), 0);
	put_curve(&s, 0.3);
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 16);
	assert_non_null(strstr(why, "leave open 8 to 64"));
	put_curve(&s, 0.02);
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 16);
	assert_null(strstr(why, "leave open"));
}

/* Time goes to the depths that decide, and ends. */
static void candidates_are_sampled_again(void **state)
{
	struct pb_search s;
	unsigned depth, extra = 0;

	(void)state;
	assert_int_equal(pb_search_parse(&s, "auto", NULL), 0);
	while ((depth = pb_search_next(&s)))
		put(&s, depth, depth <= 8 ? flat_curve[(unsigned)log2(depth)] : 100, 0.2);
	for (unsigned i = 0; i < s.n; i++) {
		assert_true(s.p[i].windows <= PB_SEARCH_VISITS);
		if (s.p[i].depth < 8)
			assert_int_equal(s.p[i].windows, 1);
		if (s.p[i].depth == 11)
			assert_true(s.p[i].windows >= 4);
		extra += s.p[i].windows - 1;
	}
	assert_true(extra <= PB_SEARCH_LONGER);
}

/* A machine that changes from window to window must not keep the search going. */
static void restless_machines_end(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 200; seed++) {
		struct pb_search s;
		unsigned depth, windows = 0, r = seed;

		assert_int_equal(pb_search_parse(&s, "auto", NULL), 0);
		while ((depth = pb_search_next(&s))) {
			put(&s, depth, 50 + 200.0 * rand_r(&r) / RAND_MAX, 0.3);
			windows++;
		}
		assert_true(windows <= 9 + PB_SEARCH_LONGER);
	}
}

static void spent_depths_are_left_alone(void **state)
{
	struct pb_search s;

	(void)state;
	assert_int_equal(pb_search_parse(&s, "auto", NULL), 0);
	for (unsigned d = 1; d <= 256; d *= 2)
		put(&s, d, d < 16 ? d : 16, 0.2);
	put(&s, 11, 11, 0.2);
	assert_int_not_equal(pb_search_next(&s), 0);
	for (unsigned i = 0; i < s.n; i++)
		s.p[i].spent = true;
	assert_int_equal(pb_search_next(&s), 0);
}

static void auto_on_an_endless_curve_names_no_knee(void **state)
{
	struct simdisk *d = calloc(1, sizeof(*d));

	(void)state;
	for (unsigned seed = 1; seed <= 50; seed++) {
		struct pb_search s;
		char why[256];

		*d = (struct simdisk){
			.width = 1e6, .service_ns = 80e3, .noise = 0.05, .phi = 0.5, .drift = 0.01};
		sim_begin(d, seed);
		assert_int_equal(pb_search_parse(&s, "auto", NULL), 0);
		assert_int_equal(sim_search(d, &s, 0, 5, why, sizeof(why)), 0);
		assert_non_null(strstr(why, "not flattened"));
		assert_int_equal(s.p[s.n - 1].depth, 256);
		sim_end(d);
	}
	free(d);
}

static void rising_curve_names_no_knee(void **state)
{
	struct pb_search s;
	char why[256];

	(void)state;
	assert_int_equal(pb_search_parse(&s, "1,2,4,8,16,32,64", NULL), 0);
	for (unsigned i = 0; i < 7; i++)
		put(&s, 1u << i, 10 << i, 0.01);
	assert_int_equal(pb_search_next(&s), 0);
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 0);
	assert_non_null(strstr(why, "not flattened"));
}

/* A gain that the intervals do not bear out is no reason to name nothing; what they leave open is said. */
static void a_gain_within_the_noise_is_no_refusal(void **state)
{
	struct pb_search s;
	char why[256];

	(void)state;
	assert_int_equal(pb_search_parse(&s, "1,2,4,8,16,32,64", NULL), 0);
	put_curve(&s, 0.02);
	put(&s, 64, 130, 0.3);
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 16);
	assert_non_null(strstr(why, "leave open"));
	assert_non_null(strstr(why, "to 64"));
	put(&s, 64, 130, 0.1);
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 0);
	assert_non_null(strstr(why, "not flattened"));
}

static void invalid_points_are_not_chosen(void **state)
{
	struct pb_search s;
	char why[256];

	(void)state;
	assert_int_equal(pb_search_parse(&s, "1,2,4,8,16,32,64", NULL), 0);
	put_curve(&s, 0.01);
	s.p[4].valid = false;
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 32);
	for (unsigned i = 0; i < s.n; i++)
		s.p[i].valid = false;
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 0);
	assert_string_equal(why, "no valid step");
}

/* Depths that could not be held must not hide that the curve still rose. */
static void invalid_deep_points_do_not_flatten_the_curve(void **state)
{
	struct pb_search s;
	char why[256];

	(void)state;
	assert_int_equal(pb_search_parse(&s, "1,2,4,8,16,32,64", NULL), 0);
	for (unsigned i = 0; i < 7; i++)
		put(&s, 1u << i, 10 << (i < 5 ? i : 5), 0.01);
	s.p[6].valid = false;
	assert_int_equal(pb_search_choose(&s, why, sizeof(why)), 0);
	assert_non_null(strstr(why, "depth 32 still gives"));
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

static void what_cannot_be_known_is_not_promised(void **state)
{
	struct pb_search s;

	(void)state;
	assert_int_equal(pb_search_parse(&s, "1,2,16", NULL), 0);
	assert_int_equal(pb_search_most(&s), 3);
	assert_int_equal(pb_search_parse(&s, "auto", NULL), 0);
	assert_int_equal(pb_search_most(&s), 9 + PB_SEARCH_LONGER); /* 1 to 256; that it holds: simdisk.h */
	s.slo_ns = 1e6;
	assert_int_equal(pb_search_most(&s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auto_finds_known_knees_in_500_seeds),
		cmocka_unit_test(auto_finds_known_knees_in_correlated_noise),
		cmocka_unit_test(auto_finds_known_knees_under_steal),
		cmocka_unit_test(auto_finds_known_knees_while_speed_shifts),
		cmocka_unit_test(slo_is_never_exceeded),
		cmocka_unit_test(slo_that_cannot_be_met_gives_no_depth),
		cmocka_unit_test(unbounded_quantile_is_not_a_broken_slo),
		cmocka_unit_test(broken_confirmation_steps_down),
		cmocka_unit_test(wide_intervals_are_called_wide),
		cmocka_unit_test(candidates_are_sampled_again),
		cmocka_unit_test(restless_machines_end),
		cmocka_unit_test(spent_depths_are_left_alone),
		cmocka_unit_test(auto_on_an_endless_curve_names_no_knee),
		cmocka_unit_test(rising_curve_names_no_knee),
		cmocka_unit_test(a_gain_within_the_noise_is_no_refusal),
		cmocka_unit_test(invalid_points_are_not_chosen),
		cmocka_unit_test(invalid_deep_points_do_not_flatten_the_curve),
		cmocka_unit_test(bad_lists_are_refused),
		cmocka_unit_test(list_keeps_order_and_drops_duplicates),
		cmocka_unit_test(what_cannot_be_known_is_not_promised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
