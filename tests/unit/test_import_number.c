/* Unit tests of engine/import/number.c: numbers, what is not available, what is neither. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/import/number.h"

static double number(const char *text)
{
	double v = -1;

	assert_null(pb_number_parse(text, &v));
	return v;
}

static void numbers_with_either_decimal_separator(void **state)
{
	(void)state;
	assert_true(number("12.5") == 12.5);
	assert_true(number("12,5") == 12.5);
	assert_true(number(" 7 ") == 7);
	assert_true(number("0.00") == 0);
	assert_true(number("1e3") == 1000);
}

static void what_a_tool_had_no_number_for_is_not_zero(void **state)
{
	static const char *const none[] = {"", " ", "-", "nan", "-nan", "NaN", "-1.#IND", "1.#QNAN0", "N/A"};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_true(isnan(number(none[i])));
}

static void what_cannot_be_is_refused_with_its_reason(void **state)
{
	static const char *const bad[][2] = {
		{"-5", "negative"},
		{"1,234.5", "separators"},
		{"1,234,567", "separators"},
		{"inf", "infinite"},
		{"1e16", "larger"},
		{"12x", "not a number"},
		{"0x10", "not a number"},
		{"1.2.3", "not a number"},
		{"+-1", "not a number"},
		{"99999999999999999999999999999999999999999999999999999999999999999999", "not a number"},
	};
	double v = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = pb_number_parse(bad[i][0], &v);

		assert_non_null(why);
		assert_non_null(strstr(why, bad[i][1]));
	}
	assert_true(v == 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_with_either_decimal_separator),
		cmocka_unit_test(what_a_tool_had_no_number_for_is_not_zero),
		cmocka_unit_test(what_cannot_be_is_refused_with_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
