/* Clock alignment: planted offset and drift come back within the printed bound. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <cmocka.h>

#include "engine/run/guest/clock.h"

#define OFFSET_NS 1234567000.0 /* guest = host - 1.234567 s at the start */
#define DRIFT 40e-6

static int64_t guest_at(int64_t host_ns)
{
	return host_ns - (int64_t)OFFSET_NS - (int64_t)llround(DRIFT * (double)host_ns);
}

static void offset_and_drift_are_recovered_within_the_bound(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (unsigned trial = 0; trial < 100; trial++) {
		struct pb_clock k = {0};

		for (int64_t t = 0; t < 60000000000LL; t += 5000000000LL) {
			int64_t there = 5000 + rand_r(&seed) % 200000, back = 5000 + rand_r(&seed) % 200000;

			pb_clock_add(&k, t, guest_at(t + there), t + there + back);
		}
		assert_int_equal(pb_clock_fit(&k), 0);
		assert_true(k.bound_ns > 0 && k.bound_ns < 1e6);
		for (int64_t t = 0; t < 60000000000LL; t += 777000000LL)
			assert_true(fabs((double)(pb_clock_to_host(&k, guest_at(t)) - t)) <= k.bound_ns);
	}
}

static void two_points_give_no_drift(void **state)
{
	struct pb_clock k = {0};

	(void)state;
	pb_clock_add(&k, 0, 100, 20);
	pb_clock_add(&k, 10000000000LL, 10000000100LL, 10000000020LL);
	assert_int_equal(pb_clock_fit(&k), 0);
	assert_true(k.drift == 0);
	assert_int_equal(pb_clock_to_host(&k, 100), 10);
}

static void no_point_is_an_error(void **state)
{
	struct pb_clock k = {0};

	(void)state;
	assert_true(pb_clock_fit(&k) < 0);
}

static void asymmetric_delay_stays_inside_the_bound(void **state)
{
	struct pb_clock k = {0};

	(void)state;
	/* all of the delay on the way back: the worst case of the midpoint rule */
	for (int64_t t = 0; t < 10000000000LL; t += 1000000000LL)
		pb_clock_add(&k, t, t + 1000, t + 100000);
	assert_int_equal(pb_clock_fit(&k), 0);
	assert_true(fabs((double)(pb_clock_to_host(&k, 5000001000LL) - 5000000000LL)) <= k.bound_ns);
}

#define PINGS "tests/fixtures/clock/pings.csv"

/*
 * Pings recorded over a pipe between two processes of one machine, the middle third while all CPUs were busy:
 * both ends read one clock, so that what is planted is the whole truth. `distort` makes the guest's stamp of
 * the real one.
 */
static void replay(struct pb_clock *k, int64_t (*distort)(int64_t))
{
	long long burst, send, guest, recv, last = -1, best[3] = {0, 0, 0};
	FILE *f = fopen(PINGS, "r");
	char line[128];

	if (!f)
		fail_msg("cannot open " PINGS);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lld,%lld,%lld,%lld", &burst, &send, &guest, &recv) != 4)
			continue; /* the header */
		if (last >= 0 && burst != last)
			pb_clock_add(k, best[0], distort(best[1]), best[2]);
		if (burst != last || recv - send < best[2] - best[0]) {
			best[0] = send;
			best[1] = guest;
			best[2] = recv;
		}
		last = burst;
	}
	pb_clock_add(k, best[0], distort(best[1]), best[2]);
	fclose(f);
}

static double worst_error(const struct pb_clock *k, int64_t (*distort)(int64_t))
{
	double worst = 0;

	for (int64_t t = k->p[0].host_ns; t <= k->p[k->n - 1].host_ns; t += 10000000)
		worst = fmax(worst, fabs((double)(pb_clock_to_host(k, distort(t)) - t)));
	return worst;
}

static void a_recorded_stream_gives_back_what_was_planted(void **state)
{
	struct pb_clock k = {0};
	double worst;

	(void)state;
	replay(&k, guest_at);
	assert_int_equal(pb_clock_fit(&k), 0);
	worst = worst_error(&k, guest_at);
	print_message("%u points: error %.0f ns, bound %.0f ns, drift %.3f ppm\n", k.n, worst, k.bound_ns,
		      k.drift * 1e6);
	assert_true(k.steady);
	assert_true(worst <= k.bound_ns);
	assert_true(k.bound_ns < 100000);
	assert_true(fabs(k.drift - DRIFT) * 1e6 < 10);
	assert_true(fabs(k.offset_ns - OFFSET_NS - DRIFT * (double)k.p[0].host_ns) <= k.bound_ns);
}

/* 3 ms forward after half of the time: no line fits, and the bound has to say so. */
static int64_t stepped(int64_t host_ns)
{
	return guest_at(host_ns) + (host_ns > 13000000000LL ? 3000000 : 0);
}

static void a_step_makes_the_bound_grow(void **state)
{
	struct pb_clock k = {0}, even = {0};

	(void)state;
	replay(&even, guest_at);
	replay(&k, stepped);
	assert_int_equal(pb_clock_fit(&even), 0);
	assert_int_equal(pb_clock_fit(&k), 0);
	assert_false(k.steady);
	assert_true(k.bound_ns > 10 * even.bound_ns);
	assert_true(worst_error(&k, stepped) <= k.bound_ns);
}

/* Delays as under load: rarely short, sometimes 50 ms, and all of it on one way. */
static void slow_lopsided_pings_give_a_wide_bound_that_holds(void **state)
{
	unsigned seed = 11;

	(void)state;
	for (unsigned trial = 0; trial < 200; trial++) {
		struct pb_clock k = {0}, fast = {0};

		for (int64_t t = 0; t < 30000000000LL; t += 1000000000LL) {
			int64_t there = 20000 + rand_r(&seed) % 2000000, back = 3000 + rand_r(&seed) % 10000;

			there += rand_r(&seed) % 10 == 0 ? 50000000 : 0;
			pb_clock_add(&k, t, guest_at(t + there), t + there + back);
			pb_clock_add(&fast, t, guest_at(t + 5000), t + 5000 + back);
		}
		assert_int_equal(pb_clock_fit(&k), 0);
		assert_int_equal(pb_clock_fit(&fast), 0);
		assert_true(k.steady);
		assert_true(k.bound_ns > 5 * fast.bound_ns);
		assert_true(worst_error(&k, guest_at) <= k.bound_ns);
		assert_true(worst_error(&fast, guest_at) <= fast.bound_ns);
	}
}

static void bad_pings_do_not_spoil_good_ones(void **state)
{
	struct pb_clock k = {0};

	(void)state;
	for (int64_t t = 0; t < 20000000000LL; t += 1000000000LL) {
		int64_t there = t % 3000000000LL ? 40000000 : 4000;

		pb_clock_add(&k, t, guest_at(t + there), t + there + 4000);
	}
	assert_int_equal(pb_clock_fit(&k), 0);
	assert_true(k.bound_ns < 20000);
	assert_true(fabs(k.drift - DRIFT) * 1e6 < 1);
}

static void many_windows_are_thinned_and_still_covered(void **state)
{
	struct pb_clock k = {0};

	(void)state;
	for (int64_t t = 0; t < 3000000000000LL; t += 1000000000LL)
		pb_clock_add(&k, t, guest_at(t + 5000), t + 10000);
	assert_true(k.n <= PB_CLOCK_POINTS);
	assert_int_equal(k.p[0].host_ns, 5000);
	assert_int_equal(k.p[k.n - 1].host_ns, 2999000005000LL);
	assert_int_equal(pb_clock_fit(&k), 0);
	assert_true(worst_error(&k, guest_at) <= k.bound_ns);
}

#define EPOCH_NS 1763900000000000000LL

static struct pb_clock_pair pair_at(int64_t raw_ns)
{
	return (struct pb_clock_pair){raw_ns, EPOCH_NS + raw_ns + raw_ns / 10000, 60};
}

/* Pings of 100 us a way, and ptp_kvm within them. */
static void add_both(struct pb_clock *k, int64_t t, int64_t ptp_lies_ns)
{
	struct pb_clock_pair before = pair_at(t), after = pair_at(t + 200000), at = pair_at(t + 90000);

	pb_clock_add(k, t, guest_at(t + 100000), t + 200000);
	assert_true(pb_clock_add_ptp(k, &before, guest_at(t + 90000), at.real_ns + ptp_lies_ns, 400, &after));
}

static void ptp_narrows_the_bound(void **state)
{
	struct pb_clock k = {0};
	json_t *j;

	(void)state;
	for (int64_t t = 0; t < 20000000000LL; t += 1000000000LL)
		add_both(&k, t, 0);
	assert_int_equal(pb_clock_fit(&k), 0);
	assert_true(k.steady && k.bound_ns < 2000);
	assert_true(worst_error(&k, guest_at) <= k.bound_ns);
	j = pb_clock_json(&k);
	assert_string_equal(json_string_value(json_object_get(j, "method")), "ptp_kvm+ping");
	assert_string_equal(json_string_value(json_object_get(j, "ptp")), "ok");
	json_decref(j);
}

/* Within the pings' round trips, but drifting away from what they allow. */
static void ptp_that_contradicts_the_pings_is_dropped(void **state)
{
	struct pb_clock k = {0};

	(void)state;
	for (int64_t t = 0; t < 20000000000LL; t += 1000000000LL)
		add_both(&k, t, t % 2000000000LL ? -80000 : 90000);
	assert_int_equal(pb_clock_fit(&k), 0);
	assert_true(k.steady);
	assert_int_equal(k.n, 20);
	assert_string_equal(k.ptp_why, "ptp_kvm contradicts the pings");
	assert_true(worst_error(&k, guest_at) <= k.bound_ns);
}

static void impossible_ptp_readings_are_refused(void **state)
{
	struct pb_clock_pair before = pair_at(0), after = pair_at(200000), set = after;
	struct pb_clock k = {0};

	(void)state;
	set.real_ns += 3600000000000LL; /* somebody set the host's time meanwhile */
	assert_false(pb_clock_add_ptp(&k, &before, 5, EPOCH_NS + 100, 0, &set));
	assert_non_null(strstr(k.ptp_why, "was set"));
	assert_false(pb_clock_add_ptp(&k, &before, 5, EPOCH_NS + 3600000000000LL, 0, &after));
	assert_non_null(strstr(k.ptp_why, "not give this host"));
	assert_false(pb_clock_add_ptp(&k, &before, 5, 0, 0, &after));
	assert_false(pb_clock_add_ptp(&k, &before, 5, EPOCH_NS + 100, -1, &after));
	assert_int_equal(k.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offset_and_drift_are_recovered_within_the_bound),
		cmocka_unit_test(two_points_give_no_drift),
		cmocka_unit_test(no_point_is_an_error),
		cmocka_unit_test(asymmetric_delay_stays_inside_the_bound),
		cmocka_unit_test(a_recorded_stream_gives_back_what_was_planted),
		cmocka_unit_test(a_step_makes_the_bound_grow),
		cmocka_unit_test(slow_lopsided_pings_give_a_wide_bound_that_holds),
		cmocka_unit_test(bad_pings_do_not_spoil_good_ones),
		cmocka_unit_test(many_windows_are_thinned_and_still_covered),
		cmocka_unit_test(ptp_narrows_the_bound),
		cmocka_unit_test(ptp_that_contradicts_the_pings_is_dropped),
		cmocka_unit_test(impossible_ptp_readings_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
