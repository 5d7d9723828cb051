/* The language of a report: chosen, refused, left again; every message complete and with all its arguments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reports/format.h"
#include "reports/lang.h"
#include "reports/messages.h"

#define NBSP "\xc2\xa0"

static int use_zh(void **state)
{
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	setenv("PASSBENCH_DATA", ".", 1);
	if (pb_lang_use("zh", &err) < 0)
		fail_msg("%s", err.msg);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	return pb_lang_use(NULL, NULL);
}

static void english_is_the_text_itself(void **state)
{
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	assert_int_equal(pb_lang_use("en", &err), 0);
	assert_string_equal(pb_lang()->tag, "en");
	assert_string_equal(pb_lang_file("report/index.html").s, "report/index.html");
	assert_string_equal(pb_messages_get(PB_MSG_H_CURVE), "Depth curve");
	assert_string_equal(pb_lang_say("Depth curve"), "Depth curve");
}

static void unknown_language_is_refused(void **state)
{
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	assert_true(pb_lang_use("tlh", &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	assert_string_equal(err.msg, "no language 'tlh'; known: en, zh");
	assert_string_equal(pb_lang()->name, "en");
}

static void files_stand_side_by_side(void **state)
{
	(void)state;
	assert_string_equal(pb_lang()->tag, "zh-CN");
	assert_string_equal(pb_lang_file("report/index.html").s, "report/index.zh.html");
	assert_string_equal(pb_lang_file("charts").s, "charts.zh");
}

/* Arguments %1 to %9 that a text uses, as bits. */
static unsigned arguments(const char *text)
{
	unsigned used = 0;

	for (; *text; text++)
		if (text[0] == '%' && text[1] >= '1' && text[1] <= '9')
			used |= 1u << (text[1] - '0');
	return used;
}

static unsigned columns(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '|';
	return n;
}

static void every_message_has_its_arguments(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	const char *english[PB_MSG_COUNT], *zh;

	(void)state;
	pb_lang_use(NULL, NULL);
	for (unsigned i = 0; i < PB_MSG_COUNT; i++)
		english[i] = pb_messages_get((enum pb_message)i);
	assert_int_equal(pb_lang_use("zh", &err), 0);
	for (unsigned i = 0; i < PB_MSG_COUNT; i++) {
		zh = pb_messages_get((enum pb_message)i);
		if (arguments(zh) != arguments(english[i]) || columns(zh) != columns(english[i]))
			fail_msg("'%s' is translated with other arguments or columns: '%s'", english[i], zh);
	}
}

static void numbers_are_written_in_myriads(void **state)
{
	(void)state;
	assert_string_equal(pb_format_count(999).s, "999");
	assert_string_equal(pb_format_count(6053).s, "6053");
	assert_string_equal(pb_format_iops(124321).s, "12.4" NBSP "万" NBSP "IOPS");
	assert_string_equal(pb_format_count(1.21e6).s, "121" NBSP "万");
	assert_string_equal(pb_format_count(1.21e8).s, "1.21" NBSP "亿");
	assert_string_equal(pb_format_ns(85210).s, "85.2" NBSP "\xc2\xb5s");
	assert_string_equal(pb_format_bytes_s(508e6).s, "508" NBSP "MB/s");
	assert_string_equal(pb_format_seconds(12.4).s, "12.40" NBSP "秒");
	assert_string_equal(pb_format_pct(7.1).s, "+7.1%");
	assert_string_equal(pb_format_pct_range(-76.5, 2).s, "\xe2\x88\x92"
							     "76.5%～+2.0%");
	assert_string_equal(pb_format_count_range((struct pb_ci){124000, 120000, 128000}).s,
			    "12.0～12.8" NBSP "万");
	assert_string_equal(pb_format_window(1, 2.5).s, "1.0～2.5" NBSP "秒");
	assert_string_equal(pb_format_utc("2026-11-03T14:05:09Z").s, "2026年11月3日 14:05（UTC）");
	assert_string_equal(pb_format_utc("yesterday").s, "yesterday");
}

static void english_numbers_are_as_ever(void **state)
{
	(void)state;
	assert_string_equal(pb_format_count(124321).s, "124" NBSP "k");
	assert_string_equal(pb_format_window(1, 2.5).s, "1.0" NBSP "–" NBSP "2.5" NBSP "s");
	assert_string_equal(pb_format_utc("2026-11-03T14:05:09Z").s, "2026-11-03T14:05:09Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(english_is_the_text_itself),
		cmocka_unit_test_setup_teardown(unknown_language_is_refused, use_zh, leave),
		cmocka_unit_test_setup_teardown(files_stand_side_by_side, use_zh, leave),
		cmocka_unit_test_setup_teardown(every_message_has_its_arguments, use_zh, leave),
		cmocka_unit_test_setup_teardown(numbers_are_written_in_myriads, use_zh, leave),
		cmocka_unit_test(english_numbers_are_as_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
