/* Texts recognized by the format they were printed with: arguments found, order changed, strangers refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reports/sentence.h"

/* Prints with fmt, recognizes, says it again with `other`. */
static void said_as(const char *text, const char *fmt, const char *other, const char *want)
{
	struct pb_sentence s;
	struct pb_buf b = {0};

	if (!pb_sentence_match(&s, fmt, text))
		fail_msg("'%s' does not match '%s'", text, fmt);
	pb_sentence_fill(&b, other, &s, NULL);
	assert_string_equal(b.data, want);
	pb_buf_fini(&b);
}

static void arguments_are_found_and_reordered(void **state)
{
	(void)state;
	said_as("depth 11 at 98% of 6143 IOPS", "depth %u at %.0f%% of %.0f IOPS", "%3$.0f/%1$u/%2$.0f%%",
		"6143/11/98%");
	said_as("a b: c", "%s: %s", "%s = %s", "a b = c");
	said_as("x is -1.5e+06 ns", "%s is %g ns", "%s: %g", "x: -1.5e+06");
	said_as("mask 0xff, inf", "mask %#x, %f", "%2$f %1$#x", "inf 0xff");
	said_as("", "", "empty", "empty");
}

static void stars_count_as_arguments(void **state)
{
	(void)state;
	said_as("p99 in 1.25 ms", "%s in %.*f ms", "%3$.*2$f %1$s", "1.25 p99");
	said_as("p99 in 1.25 ms", "%s in %.*f ms", "%s %.*f", "p99 1.25");
}

static void numbers_are_numbers(void **state)
{
	struct pb_sentence s;

	(void)state;
	assert_false(pb_sentence_match(&s, "depth %u", "depth eight"));
	assert_false(pb_sentence_match(&s, "depth %u", "depth "));
	assert_false(pb_sentence_match(&s, "%s: %.3g%s per I/O", "a: no such thing per I/O"));
	assert_true(pb_sentence_match(&s, "%.3g and %g", "-inf and nan"));
	assert_false(pb_sentence_match(&s, "depth %u", "depth 8 "));
	assert_false(pb_sentence_match(&s, "%s needs %s", "R-I2 lacks pmu.csv"));
	assert_true(pb_sentence_match(&s, "%s needs %s", " needs "));
}

/* The last literal decides where a string ends, not the first that looks like it. */
static void strings_may_hold_what_follows_them(void **state)
{
	(void)state;
	said_as("vector: a: b: end", "vector: %s: end", "[%s]", "[a: b]");
	said_as("CPU 3 of 4 of 5", "%s of %d", "%2$d<%1$s", "5<CPU 3 of 4");
}

static void hostile_text_is_bounded(void **state)
{
	char *text = malloc(60001);
	struct pb_sentence s;

	(void)state;
	memset(text, 'a', 60000);
	text[60000] = '\0';
	assert_false(pb_sentence_match(&s, "%sa%sa%sa%sa%sa%sb", text));
	assert_false(pb_sentence_match(&s, "%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s", "x"));
	free(text);
}

static const char *shout(const char *text)
{
	return !strcmp(text, "read") ? "READ" : text;
}

static void phrases_are_looked_up(void **state)
{
	struct pb_sentence s;
	struct pb_buf b = {0};

	(void)state;
	assert_true(pb_sentence_match(&s, "%s at %d", "read at 5"));
	pb_sentence_fill(&b, "%2$d: %1$s %%", &s, shout);
	assert_string_equal(b.data, "5: READ %");
	pb_buf_fini(&b);
}

static void literals_are_counted(void **state)
{
	(void)state;
	assert_int_equal(pb_sentence_own("%s"), 0);
	assert_int_equal(pb_sentence_own("a %-5.1f%% b"), 5);
	assert_int_equal(pb_sentence_letters("a %-5.1f%% b"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_are_found_and_reordered),
		cmocka_unit_test(stars_count_as_arguments),
		cmocka_unit_test(numbers_are_numbers),
		cmocka_unit_test(strings_may_hold_what_follows_them),
		cmocka_unit_test(hostile_text_is_bounded),
		cmocka_unit_test(phrases_are_looked_up),
		cmocka_unit_test(literals_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
