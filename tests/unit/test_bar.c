/* One line of progress as text, in terminals of any width. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine/cli/bar.h"

static char *render(struct pb_buf *b, const struct pb_bar *bar, unsigned columns)
{
	unsigned taken;

	pb_buf_clear(b);
	taken = pb_bar_render(b, bar, columns, (locale_t)0);
	assert_int_equal(taken, b->len); /* ASCII: a byte is a column */
	assert_true(taken <= columns);
	return b->data;
}

static void what_is_known_is_shown_and_nothing_else(void **state)
{
	struct pb_buf b = {0};

	(void)state;
	assert_string_equal(render(&b, &(struct pb_bar){"depth 8", 34, 0.35, 72}, 100),
			    "[0:34] [#######.............] 35% depth 8, 72 s left");
	assert_string_equal(render(&b, &(struct pb_bar){"depth 8", 34, 0.35, -1}, 100),
			    "[0:34] [#######.............] 35% depth 8");
	assert_string_equal(render(&b, &(struct pb_bar){"depth 8", 3754, NAN, -1}, 100), "[1:02:34] depth 8");
	pb_buf_clear(&b);
	pb_bar_plain(&b, &(struct pb_bar){"depth 8", 34, 0.35, 72});
	assert_string_equal(b.data, "[0:34] 35% depth 8, 72 s left");
	pb_buf_clear(&b);
	pb_bar_plain(&b, &(struct pb_bar){"depth 8", 34, NAN, -1});
	assert_string_equal(b.data, "[0:34] depth 8");
	pb_buf_fini(&b);
}

/* 100% is what is over, and then the line is gone. */
static void shares_stay_inside(void **state)
{
	struct pb_buf b = {0};

	(void)state;
	assert_non_null(strstr(render(&b, &(struct pb_bar){"x", 0, 0.999, -1}, 120), "] 99% x"));
	assert_non_null(
		strstr(render(&b, &(struct pb_bar){"x", 0, 7, -1}, 100), "[####################] 99% x"));
	assert_non_null(
		strstr(render(&b, &(struct pb_bar){"x", 0, -3, -1}, 100), "[....................]  0% x"));
	pb_buf_fini(&b);
}

static void narrow_terminals_lose_the_bar_then_the_text(void **state)
{
	const struct pb_bar bar = {"path virtio-blk-writeback, round 2 of 5", 75, 0.5, 130};
	struct pb_buf b = {0};

	(void)state;
	assert_string_equal(render(&b, &bar, 70),
			    "[1:15] [###...] 50% path virtio-blk-writeback, rou..., 2 min 10 s left");
	/* what a run shows fits into the narrowest terminal that people have */
	assert_null(strstr(
		render(&b, &(struct pb_bar){"depth 16 (2/7): 81250 IOPS +- 1.4%, p99 385 us", 75, 0.5, 25},
		       79),
		"..., "));
	assert_string_equal(render(&b, &bar, 40), "[1:15] 50% path virt..., 2 min 10 s left");
	assert_string_equal(render(&b, &bar, 28), "50% ");
	for (unsigned columns = 0; columns < 200; columns++)
		render(&b, &bar, columns);
	pb_buf_fini(&b);
}

static void times_are_as_exact_as_they_are_long(void **state)
{
	static const struct {
		double s;
		const char *text;
	} of[] = {{0, "0 s"},
		  {-3, "0 s"},
		  {99.4, "99 s"},
		  {100, "1 min 40 s"},
		  {605, "10 min 05 s"},
		  {3599.6, "1 h 00 min"},
		  {90061, "25 h 01 min"},
		  {NAN, "0 s"}};
	char buf[48];

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		pb_bar_duration(buf, sizeof(buf), of[i].s);
		assert_string_equal(buf, of[i].text);
	}
}

static unsigned fit(struct pb_buf *b, const char *text, unsigned columns, locale_t l)
{
	pb_buf_clear(b);
	pb_buf_str(b, "");
	return pb_bar_fit(b, text, columns, l);
}

static void width_is_counted_in_columns_not_bytes(void **state)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	struct pb_buf b = {0};

	(void)state;
	assert_true(utf8 != (locale_t)0);
	/* two columns each */
	assert_int_equal(fit(&b, "\xe6\xb7\xb1\xe5\xba\xa6 8", 10, utf8), 6);
	assert_string_equal(b.data, "\xe6\xb7\xb1\xe5\xba\xa6 8");
	assert_int_equal(fit(&b, "\xe6\xb7\xb1\xe5\xba\xa6 8", 5, utf8), 5);
	assert_string_equal(b.data, "\xe6\xb7\xb1...");
	/* the second half of a wide one does not fit: it is left out whole */
	assert_int_equal(fit(&b, "\xe6\xb7\xb1\xe5\xba\xa6\xe6\xb7\xb1", 4, utf8), 3);
	assert_string_equal(b.data, "...");
	/* e and a combining accent: one column */
	assert_int_equal(fit(&b, "e\xcc\x81tat", 4, utf8), 4);
	assert_string_equal(b.data, "e\xcc\x81tat");
	/* a terminal without UTF-8 */
	assert_int_equal(fit(&b, "\xe6\xb7\xb1\xe5\xba\xa6 8", 10, (locale_t)0), 4);
	assert_string_equal(b.data, "?? 8");
	pb_buf_fini(&b);
	freelocale(utf8);
}

static void hostile_text_cannot_move_the_cursor(void **state)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	struct pb_buf b = {0};

	(void)state;
	fit(&b, "a\x1b[2J\r\n\tb\x7f", 80, utf8);
	assert_string_equal(b.data, "a?[2J???b?");
	/* C1 control, right-to-left override, zero-width joiner, byte order mark */
	fit(&b, "\xc2\x9b\xe2\x80\xae\xe2\x80\x8d\xef\xbb\xbf", 80, utf8);
	assert_string_equal(b.data, "????");
	/* not UTF-8, cut off, overlong */
	fit(&b, "\xff\xe6\xb7|\xc0\xaf", 80, utf8);
	assert_string_equal(b.data, "??|?");
	pb_buf_fini(&b);
	freelocale(utf8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known_is_shown_and_nothing_else),
		cmocka_unit_test(shares_stay_inside),
		cmocka_unit_test(narrow_terminals_lose_the_bar_then_the_text),
		cmocka_unit_test(times_are_as_exact_as_they_are_long),
		cmocka_unit_test(width_is_counted_in_columns_not_bytes),
		cmocka_unit_test(hostile_text_cannot_move_the_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
