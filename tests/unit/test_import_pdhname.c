/* Unit tests of engine/import/pdhname.c: names and zones of PDH headers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/import/pdhname.h"

static void a_name_has_host_object_instance_and_counter(void **state)
{
	struct pb_pdh_name n;

	(void)state;
	assert_true(pb_pdh_name_parse(&n, "\\\\HV01\\PhysicalDisk(0 C: D:)\\% Idle Time"));
	assert_string_equal(n.host, "HV01");
	assert_string_equal(n.object, "PhysicalDisk");
	assert_string_equal(n.instance, "0 C: D:");
	assert_string_equal(n.counter, "% Idle Time");
	/* names of machines hold what they like */
	assert_true(pb_pdh_name_parse(&n, "\\\\h\\Vcpu(1:db (old)\\x:2:vmx-vcpu-0)\\% Run"));
	assert_string_equal(n.instance, "1:db (old)\\x:2:vmx-vcpu-0");
	assert_true(pb_pdh_name_parse(&n, "\\Memory\\Available MBytes"));
	assert_string_equal(n.host, "");
	assert_string_equal(n.object, "Memory");
	assert_string_equal(n.instance, "");
}

static void what_is_no_name_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "x", "\\", "\\\\", "\\\\host", "\\\\h\\o(i\\c", "\\\\h\\\\c", "\\\\h\\(i)\\c", "\\o\\"};
	struct pb_pdh_name n;
	char text[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(pb_pdh_name_parse(&n, bad[i]));
	memset(text, 'x', sizeof(text));
	memcpy(text, "\\o\\", 3);
	text[sizeof(text) - 1] = '\0';
	assert_false(pb_pdh_name_parse(&n, text));
}

static void the_zone_is_minutes_to_add_for_utc(void **state)
{
	int minutes = 99;
	bool known = false;

	(void)state;
	assert_true(pb_pdh_zone_parse("(PDH-CSV 4.0) (W. Europe Standard Time)(-60)", &minutes, &known));
	assert_true(known);
	assert_int_equal(minutes, -60);
	assert_true(pb_pdh_zone_parse("(PDH-CSV 4.0) (UTC)(0)", &minutes, &known));
	assert_true(known);
	assert_int_equal(minutes, 0);
	/* typeperf writes none; nonsense is none either */
	assert_true(pb_pdh_zone_parse("(PDH-CSV 4.0)", &minutes, &known));
	assert_false(known);
	assert_true(pb_pdh_zone_parse("(PDH-CSV 4.0) (Mars)(99999)", &minutes, &known));
	assert_false(known);
	assert_int_equal(minutes, 0);
	assert_false(pb_pdh_zone_parse("(PDH-TSV 4.0)", &minutes, &known));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_has_host_object_instance_and_counter),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(the_zone_is_minutes_to_add_for_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
