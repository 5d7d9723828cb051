/*
 * The family prediction: curves of known form, too few depths, and a curve that no model fits.
 */
#include "engine/lib/json.h"
#include "tests/unit/ruletest.h"

static void a_saturating_curve_is_predicted(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	const json_t *check, *j;
	struct mk_run m;
	size_t i;

	(void)state;
	mk_default(&m);
	for (int k = 0; k < m.steps; k++) {
		double n = m.step[k].depth;

		m.step[k].iops = 2000 * n / (1 + .05 * (n - 1) + .0003 * n * (n - 1));
	}
	rt_analyze(&m, &fs);
	f = rt_find(&fs, "predict");
	assert_non_null(f);
	assert_int_equal(f->severity, PB_SEV_INFO);
	assert_string_equal(pb_json_str(f->params, "model", ""), "usl");
	assert_true(pb_json_num(f->params, "error", 1) < 1e-3);
	check = json_object_get(f->params, "check");
	assert_int_equal(json_array_size(check), 5);
	json_array_foreach(check, i, j)
	{
		double predicted = json_number_value(json_array_get(json_object_get(j, "predicted"), 0));

		assert_true(fabs(predicted / pb_json_num(j, "measured", NAN) - 1) < 1e-3);
	}
	assert_true(json_array_size(json_object_get(f->params, "curve")) >= 5);
	pb_findings_fini(&fs);
}

static void a_hard_limit_is_the_asymptotes_case(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	for (int k = 0; k < m.steps; k++)
		m.step[k].iops = fmin(1000.0 * m.step[k].depth, 8000) * (k % 2 ? 1.01 : .99);
	rt_analyze(&m, &fs);
	assert_string_equal(pb_json_str(rt_find(&fs, "predict")->params, "model", ""), "asymptotes");
	pb_findings_fini(&fs);
}

static void a_curve_without_form_is_not_predicted(void **state)
{
	static const double iops[] = {1000, 5000, 1200, 9000, 2500, 11000, 3000};
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	for (int k = 0; k < m.steps; k++)
		m.step[k].iops = iops[k];
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "predict")->params);
	assert_string_equal(rt_find(&fs, "predict")->confidence, "low");
	pb_findings_fini(&fs);
}

static void too_few_depths_are_said(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.steps = 5;
	assert_true(rt_says_missing(&m, "predict", "6 valid depths"));
	m.steps = 6;
	assert_false(rt_says_missing(&m, "predict", "valid depths"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_saturating_curve_is_predicted),
		cmocka_unit_test(a_hard_limit_is_the_asymptotes_case),
		cmocka_unit_test(a_curve_without_form_is_not_predicted),
		cmocka_unit_test(too_few_depths_are_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
