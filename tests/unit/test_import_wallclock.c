/* Unit tests of engine/import/wallclock.c: times of other tools, and what is none. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/import/wallclock.h"

#define S INT64_C(1000000000)
/* 2026-11-23 18:20:00 UTC, from date -d */
#define T (INT64_C(1795458000) * S)

static void pdh_stamp_is_month_first_with_or_without_fraction(void **state)
{
	int64_t ns = -1;

	(void)state;
	assert_true(pb_wallclock_pdh("11/23/2026 18:20:00", &ns));
	assert_int_equal(ns, T);
	assert_true(pb_wallclock_pdh("11/23/2026 18:20:00.125", &ns));
	assert_int_equal(ns, T + S / 8);
	assert_true(pb_wallclock_pdh("01/01/1970 00:00:00.000000001", &ns));
	assert_int_equal(ns, 1);
}

static void what_is_no_pdh_stamp_is_refused(void **state)
{
	static const char *const bad[] = {"",
					  "23.11.2026 18:20:00",
					  "13/01/2026 00:00:00",
					  "02/29/2026 00:00:00",
					  "11/23/2026 24:00:00",
					  "11/23/2026 18:20",
					  "11/23/2026 18:20:00.",
					  "11/23/2026 18:20:00 PM",
					  "11/23/1969 00:00:00",
					  "00/00/0000 00:00:00"};
	int64_t ns = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(pb_wallclock_pdh(bad[i], &ns));
	assert_int_equal(ns, 42);
	assert_true(pb_wallclock_pdh("02/29/2028 00:00:00", &ns)); /* a leap year */
}

static void sadf_stamp_has_a_zone_none_or_is_a_number(void **state)
{
	int64_t ns = -1;

	(void)state;
	assert_true(pb_wallclock_sadf("2026-11-23 18:20:00 UTC", &ns));
	assert_int_equal(ns, T);
	assert_true(pb_wallclock_sadf("2026-11-23 18:20:01", &ns));
	assert_int_equal(ns, T + S);
	assert_true(pb_wallclock_sadf("1795458002", &ns));
	assert_int_equal(ns, T + 2 * S);
	assert_false(pb_wallclock_sadf("2026-11-23 18:20:00 CET", &ns));
	assert_false(pb_wallclock_sadf("2026-11-23", &ns));
	assert_false(pb_wallclock_sadf("99999999999999999999", &ns));
	assert_false(pb_wallclock_sadf("-5", &ns));
	assert_false(pb_wallclock_sadf("", &ns));
}

static void sar_prints_days_and_times_apart(void **state)
{
	int64_t day = -1, time = -1, noon = INT64_C(43200) * S;

	(void)state;
	assert_true(pb_wallclock_day("11/23/26", &day));
	assert_int_equal(day, T - INT64_C(66000) * S);
	assert_true(pb_wallclock_day("2026-11-23", &day));
	assert_true(pb_wallclock_day("11/23/2026", &day));
	assert_false(pb_wallclock_day("23.11.2026", &day));
	assert_false(pb_wallclock_day("_x86_64_", &day));
	assert_true(pb_wallclock_time("18:20:11", "", &time));
	assert_int_equal(time, INT64_C(66011) * S);
	assert_true(pb_wallclock_time("12:00:01", "AM", &time));
	assert_int_equal(time, S);
	assert_true(pb_wallclock_time("12:00:01", "PM", &time));
	assert_int_equal(time, noon + S);
	assert_true(pb_wallclock_time("11:59:59", "PM", &time));
	assert_int_equal(time, 2 * noon - S);
	assert_false(pb_wallclock_time("13:00:00", "PM", &time));
	assert_false(pb_wallclock_time("00:10:00", "AM", &time));
	assert_false(pb_wallclock_time("10:00:00", "XM", &time));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pdh_stamp_is_month_first_with_or_without_fraction),
		cmocka_unit_test(what_is_no_pdh_stamp_is_refused),
		cmocka_unit_test(sadf_stamp_has_a_zone_none_or_is_a_number),
		cmocka_unit_test(sar_prints_days_and_times_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
