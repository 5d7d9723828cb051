/*
 * JUnit XML: its shape, its counts, and text that must not come out as it went in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/junit.h"

static void a_whole_document(void **state)
{
	struct pb_junit j = {.name = "s", .class_name = "c", .timestamp = "2026-11-23T10:00:00Z"};
	struct pb_buf b = {0};

	(void)state;
	pb_junit_property(&j, "alpha", "0.02");
	pb_junit_case(&j, "one", PB_JUNIT_PASSED, NULL, NULL);
	pb_junit_case(&j, "two", PB_JUNIT_FAILED, "slow", "by\nmuch");
	pb_junit_case(&j, "three", PB_JUNIT_SKIPPED, "no values", "ignored");
	pb_junit_case(&j, "four", PB_JUNIT_ERROR, "lost", NULL);
	assert_int_equal(pb_junit_end(&j, &b), 0);
	assert_string_equal(
		b.data,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites tests=\"4\" failures=\"1\" errors=\"1\">\n"
		"  <testsuite name=\"s\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\" time=\"0\" "
		"timestamp=\"2026-11-23T10:00:00Z\">\n"
		"    <properties>\n"
		"      <property name=\"alpha\" value=\"0.02\"/>\n"
		"    </properties>\n"
		"    <testcase classname=\"c\" name=\"one\" time=\"0\"/>\n"
		"    <testcase classname=\"c\" name=\"two\" time=\"0\">\n"
		"      <failure message=\"slow\" type=\"failure\">by\nmuch</failure>\n"
		"    </testcase>\n"
		"    <testcase classname=\"c\" name=\"three\" time=\"0\">\n"
		"      <skipped message=\"no values\"/>\n"
		"    </testcase>\n"
		"    <testcase classname=\"c\" name=\"four\" time=\"0\">\n"
		"      <error message=\"lost\" type=\"error\">lost</error>\n"
		"    </testcase>\n"
		"  </testsuite>\n"
		"</testsuites>\n");
	pb_buf_fini(&b);
}

static void an_empty_suite_is_a_document(void **state)
{
	struct pb_junit j = {.name = "s", .class_name = "c"};
	struct pb_buf b = {0};

	(void)state;
	assert_int_equal(pb_junit_end(&j, &b), 0);
	assert_non_null(strstr(b.data, "<testsuite name=\"s\" tests=\"0\""));
	assert_null(strstr(b.data, "timestamp"));
	assert_null(strstr(b.data, "properties"));
	pb_buf_fini(&b);
}

/* The name of one case, as it comes out. */
static void comes_out(const char *name, const char *want)
{
	struct pb_junit j = {.name = "s", .class_name = "c"};
	struct pb_buf b = {0};
	char all[256];

	pb_junit_case(&j, name, PB_JUNIT_PASSED, NULL, NULL);
	assert_int_equal(pb_junit_end(&j, &b), 0);
	snprintf(all, sizeof(all), "classname=\"c\" name=\"%s\" time", want);
	if (!strstr(b.data, all))
		fail_msg("%s is not in %s", all, b.data);
	pb_buf_fini(&b);
}

static void hostile_text_is_only_text(void **state)
{
	(void)state;
	comes_out("<script>a&b</script>\"'", "&lt;script&gt;a&amp;b&lt;/script&gt;&quot;'");
	comes_out("]]>", "]]&gt;");
	comes_out("a\nb\tc", "a b c");
	comes_out("\x01\x1b[31m\x7f", "??[31m?");
	comes_out("\xc2\x9bm", "?m");     /* C1 */
	comes_out("\xe2\x80\xae|", "?|"); /* right-to-left override */
	comes_out("\xef\xbf\xbe", "?");   /* U+FFFE, no XML character */
	comes_out("\xed\xa0\x80", "???"); /* a surrogate */
	comes_out("\xc0\xbc", "??");      /* overlong < */
	comes_out("\xff\xe2\x82", "???"); /* cut off */
	comes_out("\xe4\xb8\xad \xf0\x9f\x98\x80 \xc2\xb5s", "\xe4\xb8\xad \xf0\x9f\x98\x80 \xc2\xb5s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_document),
		cmocka_unit_test(an_empty_suite_is_a_document),
		cmocka_unit_test(hostile_text_is_only_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
