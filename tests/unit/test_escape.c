/* Hostile text in pages: nothing active, nothing invisible, nothing broken comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reports/escape.h"

static void expect(enum pb_escape how, const char *in, const char *out)
{
	struct pb_buf b = {0};

	assert_int_equal(pb_escape_add(&b, how, in), 0);
	assert_string_equal(b.data, out);
	pb_buf_fini(&b);
}

static void markup_is_text(void **state)
{
	(void)state;
	expect(PB_ESCAPE_HTML, "<b a=\"x\" c='y'>&", "&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;");
	expect(PB_ESCAPE_MD, "a|b `c` [d](e) <f> *g* \\",
	       "a\\|b \\`c\\` \\[d\\]\\(e\\) &lt;f&gt; \\*g\\* \\\\");
	expect(PB_ESCAPE_NONE, "<b>&|", "<b>&|");
}

static void controls_and_bidi_are_shown(void **state)
{
	(void)state;
	for (int how = PB_ESCAPE_NONE; how <= PB_ESCAPE_MD; how++) {
		expect((enum pb_escape)how, "a\x01z\x7f", "a\xef\xbf\xbdz\xef\xbf\xbd");
		expect((enum pb_escape)how, "a\nb\tc", "a b c");
		expect((enum pb_escape)how, "\xe2\x80\xae", "\xef\xbf\xbd");     /* U+202E override */
		expect((enum pb_escape)how, "\xe2\x81\xa6", "\xef\xbf\xbd");     /* U+2066 isolate */
		expect((enum pb_escape)how, "\xef\xbb\xbf", "\xef\xbf\xbd");     /* U+FEFF */
		expect((enum pb_escape)how, "\xc2\x85", "\xef\xbf\xbd");         /* C1 control */
		expect((enum pb_escape)how, "\xf3\xa0\x81\x81", "\xef\xbf\xbd"); /* tag character */
		expect((enum pb_escape)how, "\xc2\xb5s \xe7\xa3\x81", "\xc2\xb5s \xe7\xa3\x81");
	}
}

static void broken_utf8_is_replaced(void **state)
{
	(void)state;
	expect(PB_ESCAPE_HTML, "\xff", "\xef\xbf\xbd");
	expect(PB_ESCAPE_HTML, "\xc0\xbc", "\xef\xbf\xbd\xef\xbf\xbd"); /* overlong '<' */
	expect(PB_ESCAPE_HTML, "\xe0\x80\xbc", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	expect(PB_ESCAPE_HTML, "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* surrogate */
	expect(PB_ESCAPE_HTML, "\xe2\x80", "\xef\xbf\xbd\xef\xbf\xbd");                 /* cut short */
	expect(PB_ESCAPE_HTML, "\xe2<b>", "\xef\xbf\xbd&lt;b&gt;"); /* must not swallow '<' */
}

static void slots_take_escaped_arguments(void **state)
{
	struct pb_buf b = {0};

	(void)state;
	assert_int_equal(pb_escape_fmt(&b, PB_ESCAPE_HTML, "<i>%2</i> 5 % %1 %0", "<", "%1"), 0);
	assert_string_equal(b.data, "<i>%1</i> 5 % &lt; %0");
	pb_buf_clear(&b);
	assert_int_equal(pb_escape_fmt(&b, PB_ESCAPE_HTML, "%1", NULL), 0);
	assert_string_equal(b.data, "\xe2\x80\x93");
	pb_buf_fini(&b);
}

static void code_keeps_lines(void **state)
{
	struct pb_buf b = {0};

	(void)state;
	assert_int_equal(pb_escape_code(&b, PB_ESCAPE_HTML, "a\n\t<b>\r"), 0);
	assert_string_equal(b.data, "a\n\t&lt;b&gt;\xef\xbf\xbd");
	pb_buf_fini(&b);
}

static void url_has_no_scheme(void **state)
{
	struct pb_buf b = {0};

	(void)state;
	assert_int_equal(pb_escape_url(&b, "javascript:alert(1)/a b\"?#\xff"), 0);
	assert_string_equal(b.data, "javascript%3Aalert%281%29/a%20b%22%3F%23%FF");
	pb_buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markup_is_text),          cmocka_unit_test(controls_and_bidi_are_shown),
		cmocka_unit_test(broken_utf8_is_replaced), cmocka_unit_test(slots_take_escaped_arguments),
		cmocka_unit_test(code_keeps_lines),        cmocka_unit_test(url_has_no_scheme),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
