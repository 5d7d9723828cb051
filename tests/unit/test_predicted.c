/*
 * Unit tests of reports/predicted.c: two lists become one table by depth.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine/lib/json.h"
#include "reports/predicted.h"

static void rows_by_depth(void **state)
{
	json_t *j = json_pack("{s:s,s:f,s:[{s:f,s:f,s:[f,f,f]}],s:[{s:f,s:[f,f,f]},{s:f,s:[f,n,n]}]}", "kind",
			      "prediction", "error", .0312, "check", "depth", 4.0, "measured", 4400.0,
			      "predicted", 4000.0, 3900.0, 4100.0, "curve", "depth", 3.0, "iops", 3100.0,
			      3000.0, 3200.0, "depth", 6.0, "iops", 5000.0);

	(void)state;
	assert_non_null(j);
	assert_int_equal(pb_predicted_rows(j), 3);
	assert_string_equal(pb_predicted_cell(j, 0, 0).s, "3");
	assert_string_equal(pb_predicted_cell(j, 1, 0).s, "4");
	assert_string_equal(pb_predicted_cell(j, 2, 0).s, "6");
	assert_non_null(strstr(pb_predicted_cell(j, 1, 4).s, "10"));
	assert_string_equal(pb_predicted_cell(j, 1, 3).s, pb_format_count(4400).s);
	assert_string_equal(pb_predicted_cell(j, 0, 3).s, pb_format_count(NAN).s);
	assert_string_equal(pb_predicted_error(j).s, "3.12");
	json_decref(j);
	assert_int_equal(pb_predicted_rows(NULL), 0);
}

static void the_axis_is_the_findings(void **state)
{
	json_t *j =
		json_pack("{s:s,s:s,s:f,s:[{s:i,s:f,s:[f,n,n]}],s:[{s:i,s:[f,f,f]}]}", "kind",
			  "prediction-vcpus", "axis", "vcpus", "error", .01, "check", "vcpus", 2, "measured",
			  4400.0, "predicted", 4000.0, "curve", "vcpus", 3, "iops", 3100.0, 3000.0, 3200.0);
	json_t *later = json_pack("{s:s,s:s}", "kind", "prediction-later", "axis", "depth");

	(void)state;
	assert_non_null(j);
	assert_string_equal(pb_predicted_cell(j, 0, 0).s, "2");
	assert_string_equal(pb_predicted_cell(j, 1, 0).s, "3");
	assert_int_equal(pb_predicted_caption(j), PB_MSG_CAP_PREDICT_VCPUS);
	assert_int_equal(pb_predicted_columns(j), PB_MSG_COLS_PREDICT_VCPUS);
	assert_int_equal(pb_predicted_caption(later), PB_MSG_CAP_PREDICT_LATER);
	assert_int_equal(pb_predicted_columns(later), PB_MSG_COLS_PREDICT);
	json_decref(j);
	json_decref(later);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_by_depth),
		cmocka_unit_test(the_axis_is_the_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
