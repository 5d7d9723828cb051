/* Long times: the unit of which there are two, and one unit for both ends of an interval. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "reports/duration.h"

#define NBSP "\xc2\xa0"

static void unit_of_which_there_are_two(void **state)
{
	(void)state;
	assert_string_equal(pb_duration_text(119).s, "119" NBSP "s");
	assert_string_equal(pb_duration_text(120).s, "2" NBSP "min");
	assert_string_equal(pb_duration_text(7200).s, "2" NBSP "h");
	assert_string_equal(pb_duration_text(2 * 86400).s, "2" NBSP "days");
	assert_string_equal(pb_duration_text(NAN).s, "\xe2\x80\x93");
}

static void an_interval_has_one_unit(void **state)
{
	(void)state;
	assert_string_equal(pb_duration_range((struct pb_ci){0, 47 * 3600, 50 * 3600}).s,
			    "47 \xe2\x80\x93 50" NBSP "h");
	assert_string_equal(pb_duration_range((struct pb_ci){0, NAN, 9}).s, "\xe2\x80\x93");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unit_of_which_there_are_two),
		cmocka_unit_test(an_interval_has_one_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
