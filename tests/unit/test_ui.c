/* What a user is shown while something is measured. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/lib/stats.h"
#include "engine/run/ui.h"

static void keep(void *arg, const char *text, double share, double left_s)
{
	snprintf(arg, 256, "%.2f %.0f %s", share, left_s, text);
}

static void known_values_are_shown_and_unknown_ones_left_out(void **state)
{
	char text[256] = "";
	struct pb_ui ui = {.arg = text, .progress = keep};

	(void)state;
	pb_ui_measuring(&ui, 0.5, 12, "depth 8", &(struct pb_ci){2000, 1980, 2020}, 153e3);
	assert_string_equal(text, "0.50 12 depth 8: 2000 IOPS +- 1.0%, p99 153 us");
	pb_ui_measuring(&ui, 0.5, 12, "depth 8", &(struct pb_ci){2000, NAN, NAN}, NAN);
	assert_string_equal(text, "0.50 12 depth 8: 2000 IOPS");
	pb_ui_measuring(&ui, 0, -1, "depth 8", NULL, 0);
	assert_string_equal(text, "0.00 -1 depth 8");
	pb_ui_measuring(NULL, 0, 0, "nobody looks", NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values_are_shown_and_unknown_ones_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
