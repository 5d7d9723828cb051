/* What a user is shown while something is measured, and when it is expected to end. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/lib/stats.h"
#include "engine/lib/ui.h"

struct seen {
	char text[256];
	unsigned shown, cleared;
	double share, left_s;
};

static void keep(void *arg, const char *text, double share, double left_s)
{
	struct seen *s = arg;

	snprintf(s->text, sizeof(s->text), "%s", text);
	s->shown++;
	s->share = share;
	s->left_s = left_s;
}

static void cleared(void *arg)
{
	((struct seen *)arg)->cleared++;
}

static void known_values_are_shown_and_unknown_ones_left_out(void **state)
{
	struct seen s = {0};
	struct pb_ui ui = {.arg = &s, .progress = keep};

	(void)state;
	pb_ui_measuring(&ui, 0.5, 12, "depth 8", &(struct pb_ci){2000, 1980, 2020}, 153e3);
	assert_string_equal(s.text, "depth 8: 2000 IOPS +- 1.0%, p99 153 us");
	assert_true(s.share == 0.5 && s.left_s == 12);
	pb_ui_measuring(&ui, 0.5, 12, "depth 8", &(struct pb_ci){2000, NAN, NAN}, NAN);
	assert_string_equal(s.text, "depth 8: 2000 IOPS");
	pb_ui_measuring(&ui, 0, -1, "depth 8", NULL, 0);
	assert_string_equal(s.text, "depth 8");
	pb_ui_measuring(NULL, 0, 0, "nobody looks", NULL, 0);
}

static void time_left_is_what_the_rest_takes_at_the_same_pace(void **state)
{
	(void)state;
	assert_true(fabs(pb_ui_left(0.25, 10) - 30) < 1e-9);
	assert_true(fabs(pb_ui_left(0.01, 1) - 99) < 1e-9);
	assert_true(pb_ui_left(1, 10) == 0 && pb_ui_left(1.2, 10) == 0);
}

static void too_little_to_go_by_is_no_time_left(void **state)
{
	(void)state;
	assert_true(pb_ui_left(0, 100) < 0);
	assert_true(pb_ui_left(0.009, 100) < 0);
	assert_true(pb_ui_left(0.5, 0.9) < 0);
	assert_true(pb_ui_left(NAN, 100) < 0 && pb_ui_left(0.5, NAN) < 0 && pb_ui_left(-1, 100) < 0);
}

/* Work that began so many seconds ago. */
static struct pb_ui_work began(const struct pb_ui *ui, double done_before, int64_t seconds)
{
	struct pb_ui_work w;

	pb_ui_work_begin(&w, ui, done_before);
	w.start_ns -= seconds * 1000000000;
	return w;
}

static void work_shows_its_share_and_what_is_left(void **state)
{
	struct seen s = {0};
	struct pb_ui ui = {.arg = &s, .progress = keep, .clear = cleared};
	struct pb_ui_work w = began(&ui, 0, 20);

	(void)state;
	pb_ui_work_show(&w, 200, 800, "reading %s", "big.csv");
	assert_string_equal(s.text, "reading big.csv");
	assert_true(s.share == 0.25 && fabs(s.left_s - 60) < 1);
	pb_ui_work_end(&w);
	assert_int_equal(s.cleared, 1);
}

static void what_was_done_before_says_nothing_about_the_pace(void **state)
{
	struct seen s = {0};
	struct pb_ui ui = {.arg = &s, .progress = keep};
	struct pb_ui_work w = began(&ui, 6, 20);

	(void)state;
	pb_ui_work_show(&w, 8, 10, "visit");
	assert_true(s.share == 0.8 && fabs(s.left_s - 20) < 1);
	w = began(&ui, 6, 20);
	pb_ui_work_show(&w, 6, 10, "visit");
	assert_true(s.share == 0.6 && s.left_s < 0);
	w = began(&ui, 10, 20);
	pb_ui_work_show(&w, 10, 10, "visit");
	assert_true(s.share == 1 && s.left_s < 0);
}

static void unknown_size_is_no_share(void **state)
{
	struct seen s = {0};
	struct pb_ui ui = {.arg = &s, .progress = keep};
	struct pb_ui_work w = began(&ui, 0, 20);

	(void)state;
	pb_ui_work_show(&w, 200, 0, "reading");
	assert_true(isnan(s.share) && s.left_s < 0);
}

static void every_chunk_may_show_itself_and_few_do(void **state)
{
	struct seen s = {0};
	struct pb_ui ui = {.arg = &s, .progress = keep};
	struct pb_ui_work w;
	int64_t start;

	(void)state;
	pb_ui_work_begin(&w, &ui, 0);
	start = w.start_ns;
	for (int i = 0; i < 100000; i++)
		pb_ui_work_show(&w, i, 100000, "chunk");
	assert_true(s.shown >= 1 && s.shown <= (w.shown_ns - start) / 100000000 + 1);
	pb_ui_work_begin(&w, NULL, 0);
	pb_ui_work_show(&w, 1, 2, "nobody looks");
	pb_ui_work_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values_are_shown_and_unknown_ones_left_out),
		cmocka_unit_test(time_left_is_what_the_rest_takes_at_the_same_pace),
		cmocka_unit_test(too_little_to_go_by_is_no_time_left),
		cmocka_unit_test(work_shows_its_share_and_what_is_left),
		cmocka_unit_test(what_was_done_before_says_nothing_about_the_pace),
		cmocka_unit_test(unknown_size_is_no_share),
		cmocka_unit_test(every_chunk_may_show_itself_and_few_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
