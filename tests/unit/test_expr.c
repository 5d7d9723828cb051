/* Unit tests of engine/lib/expr.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/expr.h"

static const char *const names[] = {"a", "b", "a_long_name", "zero", "none"};
static const double values[] = {6, 4, 0.5, 0, NAN};

static double eval(const char *text)
{
	struct pb_expr e;
	char why[128] = "";

	if (pb_expr_parse(&e, text, names, 5, why, sizeof(why)))
		fail_msg("%s: %s", text, why);
	return pb_expr_eval(&e, values);
}

static void refused(const char *text, const char *because)
{
	struct pb_expr e;
	char why[128] = "";

	assert_int_equal(pb_expr_parse(&e, text, names, 5, why, sizeof(why)), -EINVAL);
	if (!strstr(why, because))
		fail_msg("%s: '%s' does not say '%s'", text, why, because);
}

static void test_arithmetic(void **state)
{
	(void)state;
	assert_true(eval("a") == 6);
	assert_true(eval("  1.5e3 ") == 1500);
	assert_true(eval("a+b*2") == 14);
	assert_true(eval("(a+b)*2") == 20);
	assert_true(eval("a-b-1") == 1); /* from the left */
	assert_true(eval("a/b/2") == 0.75);
	assert_true(eval("1000 * b / (a + b)") == 400);
	assert_true(eval("-a + -(b - 1)") == -9);
	assert_true(eval("--a") == 6);
	assert_true(eval("a_long_name\t* a") == 3);
}

/* What cannot be computed is not available, never 0 and never infinite. */
static void test_not_available(void **state)
{
	(void)state;
	assert_true(isnan(eval("a / zero")));
	assert_true(isnan(eval("zero / zero")));
	assert_true(isnan(eval("1 + a / (b - 4)")));
	assert_true(isnan(eval("none")));
	assert_true(isnan(eval("0 * none")));
	assert_true(isnan(eval("1e300 * 1e300")));
	assert_true(eval("zero / a") == 0);
}

static void test_refused(void **state)
{
	(void)state;
	refused("", "ends too early");
	refused("a +", "ends too early");
	refused("a b", "cannot be read from 'b'");
	refused("(a", "')' is missing");
	refused("a)", "cannot be read from ')'");
	refused("misses / a", "'misses'");
	refused("a_long / a", "'a_long'");
	refused("1.2.3", "1.2.3");
	refused("0x10", "not a number");
	refused("inf", "no such name");
	refused("1e999", "not a number");
	refused("a ^ b", "cannot be read");
	refused("*a", "must stand before");
}

static void test_limits(void **state)
{
	char text[512] = "";

	(void)state;
	for (int i = 0; i < 31; i++)
		strcat(text, "a+");
	strcat(text, "a"); /* 32 names and 31 operators */
	assert_true(eval(text) == 192);
	strcat(text, "+a");
	refused(text, "too long");
	memset(text, '(', 20);
	strcpy(text + 20, "a");
	refused(text, "nested too deeply");
	text[0] = '\0';
	for (int i = 0; i < 20; i++)
		strcat(text, "a+(");
	refused(text, "nested too deeply");
	memset(text, '-', 100);
	strcpy(text + 100, "a");
	refused(text, "nested too deeply");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_not_available),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
