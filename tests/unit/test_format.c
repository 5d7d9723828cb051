/* Numbers as a person reads them: unit, digits, ranges, and nothing where nothing is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/lib/csv.h"
#include "reports/format.h"

#define SP "\xc2\xa0"
#define DASH "\xe2\x80\x93"

static void units_follow_size(void **state)
{
	(void)state;
	assert_string_equal(pb_format_count(7).s, "7");
	assert_string_equal(pb_format_count(999.4).s, "999");
	assert_string_equal(pb_format_count(999.6).s, "1.00" SP "k");
	assert_string_equal(pb_format_count(124321).s, "124" SP "k");
	assert_string_equal(pb_format_count(1.2e6).s, "1.20" SP "M");
	assert_string_equal(pb_format_ns(850).s, "850" SP "ns");
	assert_string_equal(pb_format_ns(85210).s, "85.2" SP "\xc2\xb5s");
	assert_string_equal(pb_format_ns(2690000).s, "2.69" SP "ms");
	assert_string_equal(pb_format_bytes_s(508e6).s, "508" SP "MB/s");
	assert_string_equal(pb_format_iops(11300).s, "11.3" SP "k" SP "IOPS");
}

static void unknown_is_a_dash(void **state)
{
	(void)state;
	assert_string_equal(pb_format_ns(NAN).s, DASH);
	assert_string_equal(pb_format_count(INFINITY).s, DASH);
	assert_string_equal(pb_format_int(PB_NA).s, DASH);
	assert_string_equal(pb_format_pct(NAN).s, DASH);
	assert_string_equal(pb_format_count_range((struct pb_ci){5, NAN, 6}).s, "");
}

static void ranges_share_the_unit_of_the_estimate(void **state)
{
	(void)state;
	assert_string_equal(pb_format_count_range((struct pb_ci){1000, 985, 1015}).s,
			    "0.98" SP DASH SP "1.01" SP "k");
	assert_string_equal(pb_format_ns_range((struct pb_ci){2.69e6, 2.58e6, 2.8e6}).s,
			    "2.58" SP DASH SP "2.80" SP "ms");
	assert_string_equal(pb_format_pct_range(-76.5, 2).s, "\xe2\x88\x92"
							     "76.5 to" SP "+2.0" SP "%");
}

static void hostile_unit_stays_bounded(void **state)
{
	char unit[400];
	struct pb_text t;

	(void)state;
	memset(unit, 'x', sizeof(unit) - 1);
	unit[sizeof(unit) - 1] = '\0';
	t = pb_format_unit(1, unit);
	assert_true(strlen(t.s) < sizeof(t.s));
	assert_string_equal(pb_format_unit(5300, "1/s").s, "5.30" SP "k/s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_follow_size),
		cmocka_unit_test(unknown_is_a_dash),
		cmocka_unit_test(ranges_share_the_unit_of_the_estimate),
		cmocka_unit_test(hostile_unit_stays_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
