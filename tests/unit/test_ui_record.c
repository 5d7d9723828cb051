/* Progress as lines from one passbench to another. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine/lib/ui_record.h"

struct seen {
	char text[256];
	double share, left_s;
	unsigned shown, cleared;
};

static void keep(void *arg, const char *text, double share, double left_s)
{
	struct seen *s = arg;

	snprintf(s->text, sizeof(s->text), "%s", text);
	s->share = share;
	s->left_s = left_s;
	s->shown++;
}

static void cleared(void *arg)
{
	((struct seen *)arg)->cleared++;
}

/* What was written, as the other side shows it. */
static struct seen there_and_back(const char *text, double share, double left_s)
{
	struct seen s = {0};
	struct pb_ui ui = {.arg = &s, .progress = keep, .clear = cleared};
	struct pb_buf b = {0};

	assert_int_equal(pb_ui_record_add(&b, text, share, left_s), 0);
	assert_int_equal(b.data[0], PB_UI_RECORD_START);
	assert_ptr_equal(strchr(b.data, '\n'), b.data + b.len - 1);
	assert_true(b.len <= PB_UI_RECORD_MAX);
	b.data[b.len - 1] = '\0';
	pb_ui_record_show(&ui, b.data + 1);
	pb_buf_fini(&b);
	return s;
}

static void what_was_said_is_shown(void **state)
{
	struct seen s = there_and_back("depth 8: 2000 IOPS", 0.25, 12);

	(void)state;
	assert_string_equal(s.text, "depth 8: 2000 IOPS");
	assert_true(s.share == 0.25 && s.left_s == 12);
	s = there_and_back("starting the guest", NAN, -1);
	assert_string_equal(s.text, "starting the guest");
	assert_true(isnan(s.share) && s.left_s < 0);
	s = there_and_back(NULL, NAN, -1);
	assert_true(s.cleared == 1 && s.shown == 0);
}

static void text_cannot_break_the_line(void **state)
{
	char longest[4096];

	(void)state;
	assert_string_equal(there_and_back("a\nb\x1b[2J\x7f\x1e", 0.5, 1).text, "a?b?[2J??");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(strlen(there_and_back(longest, 0.123456789, 999999999).text), 255);
}

static void damaged_lines_show_nothing(void **state)
{
	static const char *const bad[] = {"x",           "0.5",        "0.5 ",        "0.5 12",
					  "0.5,12 text", "- text",     "-1 2 text",   "- -",
					  "inf 1 text",  "nan - text", "1e300 1 text"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct seen s = {0};
		struct pb_ui ui = {.arg = &s, .progress = keep, .clear = cleared};

		pb_ui_record_show(&ui, bad[i]);
		if (s.shown || s.cleared)
			fail_msg("'%s' was shown as '%s'", bad[i], s.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_said_is_shown),
		cmocka_unit_test(text_cannot_break_the_line),
		cmocka_unit_test(damaged_lines_show_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
