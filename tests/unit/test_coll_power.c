/* Unit tests of engine/collectors/power.c: an Intel server, a machine without throttle counters, many CPUs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

#define CPU "sys/devices/system/cpu/"

static void put(struct faketree *f, unsigned cpu, const char *file, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), CPU "cpu%u/%s", cpu, file);
	fake_put(f, path, text);
}

static void put_intel(struct faketree *f)
{
	static const char *const state[] = {"POLL", "C1", "C1E", "C6"};

	fake_put(f, CPU "cpufreq/x", "");
	fake_put(f, CPU "online", "0-1\n");
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		char file[64];

		put(f, cpu, "cpufreq/scaling_cur_freq", "2700000\n");
		put(f, cpu, "thermal_throttle/core_throttle_count", "5\n");
		put(f, cpu, "thermal_throttle/core_throttle_total_time_ms", "12\n");
		put(f, cpu, "thermal_throttle/package_throttle_count", "9\n");
		put(f, cpu, "thermal_throttle/package_throttle_total_time_ms", "30\n");
		for (unsigned k = 0; k < 4; k++) {
			snprintf(file, sizeof(file), "cpuidle/state%u/name", k);
			put(f, cpu, file, state[k]);
			snprintf(file, sizeof(file), "cpuidle/state%u/usage", k);
			put(f, cpu, file, "100\n");
			snprintf(file, sizeof(file), "cpuidle/state%u/time", k);
			put(f, cpu, file, "7000\n");
		}
	}
}

static void test_intel_server(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_intel(&f);
	collrun_start(&r, &pb_coll_power, &t);
	assert_int_equal(r.columns.n, 1 + 5 + 8);
	assert_int_equal(collrun_sample(&r, 5), 2);
	assert_int_equal(collrun_i64(&r, 1, "cpu"), 1);
	assert_int_equal(collrun_i64(&r, 1, "freq_khz"), 2700000);
	assert_int_equal(collrun_i64(&r, 1, "core_throttled_ns"), 12000000);
	assert_int_equal(collrun_i64(&r, 1, "package_throttles"), 9);
	assert_int_equal(collrun_i64(&r, 1, "idle3_c6_count"), 100);
	assert_int_equal(collrun_i64(&r, 1, "idle2_c1e_ns"), 7000000);
	collrun_stop(&r);
	fake_remove(&f);
}

/* Removing one file empties its column and nothing else; absurd text is no value. */
static void test_one_file_absent(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_intel(&f);
	unlinkat(f.dir.fd, CPU "cpu0/cpufreq/scaling_cur_freq", 0);
	collrun_start(&r, &pb_coll_power, &t);
	put(&f, 1, "cpuidle/state1/time", "99999999999999999999999\n");
	put(&f, 1, "cpuidle/state2/time", "");
	put(&f, 1, "cpuidle/state3/time", "x");
	assert_int_equal(collrun_sample(&r, 5), 2);
	assert_true(collrun_i64(&r, 0, "freq_khz") == PB_NA);
	assert_int_equal(collrun_i64(&r, 1, "freq_khz"), 2700000);
	assert_int_equal(collrun_i64(&r, 0, "idle1_c1_ns"), 7000000);
	assert_true(collrun_i64(&r, 1, "idle1_c1_ns") == PB_NA);
	assert_true(collrun_i64(&r, 1, "idle2_c1e_ns") == PB_NA);
	assert_true(collrun_i64(&r, 1, "idle3_c6_ns") == PB_NA);
	assert_int_equal(collrun_i64(&r, 1, "idle3_c6_count"), 100);
	put(&f, 1, "cpuidle/state2/time", "8000\n"); /* it reads again */
	collrun_sample(&r, 6);
	assert_int_equal(collrun_i64(&r, 1, "idle2_c1e_ns"), 8000000);
	collrun_stop(&r);
	fake_remove(&f);
}

/* A thousand files are not held open: CPUs are read in turn, and all of them at the end. */
static void test_many_cpus(void **state)
{
	enum { CPUS = 600 };
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;
	size_t seen = 0, samples = 0;

	(void)state;
	fake_make(&f);
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		put(&f, cpu, "cpufreq/scaling_cur_freq", "1000\n");
	collrun_start(&r, &pb_coll_power, &t);
	while (seen < CPUS) {
		size_t n = collrun_sample(&r, 5);

		assert_true(n > 0 && n < CPUS);
		for (size_t i = 0; i < n && seen < CPUS; i++)
			assert_int_equal(collrun_i64(&r, i, "cpu"), seen++);
		samples++;
	}
	assert_true(samples < 20);
	pb_rows_clear(r.rows);
	assert_int_equal(r.c->finish(r.state, 6, r.rows), 0);
	assert_int_equal(pb_rows_count(r.rows), CPUS);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_unavailable(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	char why[128] = "";

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_coll_power.probe(&t, why, sizeof(why)), -ENOENT);
	fake_put(&f, CPU "cpu0/online", "1\n");
	assert_int_equal(pb_coll_power.probe(&t, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "cpuidle"));
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_intel_server),
		cmocka_unit_test(test_one_file_absent),
		cmocka_unit_test(test_many_cpus),
		cmocka_unit_test(test_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
