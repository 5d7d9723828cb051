/*
 * Rules of the depth family: known answers, noise, missing columns, boundaries.
 */
#include "tests/unit/ruletest.h"

static void plateau_names_the_knee(void **state)
{
	struct pb_findings fs;
	struct pb_evidence *e;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "R-Q2");
	assert_non_null(f);
	assert_int_equal(json_integer_value(json_object_get(f->params, "depth")), 16);
	assert_string_equal(f->gain_of, "lat_p99");
	assert_true(f->gain_pct < -50 && f->gain_lo_pct < f->gain_pct && f->gain_pct < f->gain_hi_pct);
	assert_true(rt_list_has(&f->apply, "iodepth=16"));
	assert_true(rt_list_has(&f->undo, "1023"));
	e = rt_evidence(f, "steps.csv", "iops_lo");
	assert_non_null(e);
	assert_true(fabs(e->value - 11300 * .988) < 1);
	assert_true(fabs(e->threshold - .95 * 11520) < 1);
	assert_int_equal(e->t0_ns, mk_start(4));
	assert_null(rt_find(&fs, "R-Q1"));
	assert_null(rt_find(&fs, "R-Q3"));
	pb_findings_fini(&fs);
}

static void plateau_ignores_noise_on_top(void **state)
{
	static const double noise[] = {1, .99, 1.02, 1.01, 1.0, .985, 1.01};
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	for (int i = 0; i < m.steps; i++)
		m.step[i].iops *= noise[i];
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "R-Q3"));
	assert_int_equal(json_integer_value(json_object_get(rt_loud(&fs, "R-Q2")->params, "depth")), 16);
	pb_findings_fini(&fs);
}

static void plateau_boundary_is_inclusive(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	for (int i = 0; i < m.steps; i++)
		m.step[i].half = 0;
	m.step[3].iops = 9000;
	m.step[5].iops = m.step[6].iops = 10000;
	m.step[4].iops = 9500;
	rt_analyze(&m, &fs);
	assert_int_equal(json_integer_value(json_object_get(rt_loud(&fs, "R-Q2")->params, "depth")), 16);
	pb_findings_fini(&fs);
	m.step[4].iops = 9499;
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "R-Q3"));
	assert_int_equal(json_integer_value(json_object_get(rt_loud(&fs, "R-Q2")->params, "depth")), 32);
	pb_findings_fini(&fs);
}

static void plateau_says_what_it_lacks(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.drop_file = "steps.csv";
	assert_true(rt_says_missing(&m, "R-Q2", "steps.csv"));
	mk_default(&m);
	m.steps = 6;
	assert_true(rt_speaks(&m, "R-Q2"));
	m.step[4].iops = 9950; /* flat, but five depths are not a curve */
	m.steps = 5;
	assert_true(rt_says_missing(&m, "R-Q2", "more measured depths"));
	mk_default(&m);
	rt_blank(&m, "steps.csv", "iops_lo");
	assert_true(rt_says_missing(&m, "R-Q2", "iops_lo"));
}

static void wide_intervals_name_nothing(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	for (int i = 0; i < m.steps; i++)
		m.step[i].half = 0.06;
	assert_true(rt_says_missing(&m, "R-Q2", "narrower intervals"));
}

static void far_little_lowers_confidence(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.step[3].iops = 7400; /* the knee moves to 32: 32 / (11520 * R1 = 4.9) > 4 */
	m.step[4].iops = 9000;
	rt_analyze(&m, &fs);
	assert_string_equal(rt_loud(&fs, "R-Q2")->confidence, "low");
	pb_findings_fini(&fs);
	mk_default(&m);
	rt_analyze(&m, &fs);
	assert_string_equal(rt_loud(&fs, "R-Q2")->confidence, "high");
	pb_findings_fini(&fs);
}

static void invalid_steps_are_not_used(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.step[4].reason = "above-ceiling";
	rt_analyze(&m, &fs);
	assert_int_equal(json_integer_value(json_object_get(rt_loud(&fs, "R-Q2")->params, "depth")), 32);
	pb_findings_fini(&fs);
}

static void slo_takes_the_largest_throughput_within(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.slo_ns = 2e6; /* upper p99: 808 us * 1.04 at 1 ... 1.6 ms at 8, 2.8 ms at 16 */
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "R-Q1");
	assert_non_null(f);
	assert_int_equal(json_integer_value(json_object_get(f->params, "depth")), 8);
	assert_non_null(rt_evidence(f, "steps.csv", "lat_p99_hi_ns"));
	assert_null(rt_find(&fs, "R-Q2"));
	pb_findings_fini(&fs);
}

static void slo_boundary_is_the_upper_bound(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.step[3].p99_ns = 1e6;
	m.slo_ns = 1.04e6; /* exactly the upper bound at 8 */
	rt_analyze(&m, &fs);
	assert_int_equal(json_integer_value(json_object_get(rt_loud(&fs, "R-Q1")->params, "depth")), 8);
	pb_findings_fini(&fs);
	m.slo_ns = 1.03e6; /* the estimate is within, the upper bound is not */
	rt_analyze(&m, &fs);
	assert_int_equal(json_integer_value(json_object_get(rt_loud(&fs, "R-Q1")->params, "depth")), 2);
	pb_findings_fini(&fs);
}

static void slo_unmet_is_a_warning(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.slo_ns = 1e5;
	rt_analyze(&m, &fs);
	assert_int_equal(rt_loud(&fs, "R-Q1")->severity, PB_SEV_WARNING);
	assert_null(rt_loud(&fs, "R-Q1")->params);
	pb_findings_fini(&fs);
}

static void slo_says_what_it_lacks(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.slo_ns = 2e6;
	rt_blank(&m, "steps.csv", "lat_p99_hi_ns");
	assert_true(rt_says_missing(&m, "R-Q1", "upper bound of p99"));
	mk_default(&m);
	m.slo_ns = 2e6;
	m.slo_q = 0.95; /* steps.csv has no such column */
	assert_true(rt_says_missing(&m, "R-Q1", "upper bound of p95"));
}

static void rising_curve_has_no_knee(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.steps = 5; /* 9900 -> 11300 */
	rt_analyze(&m, &fs);
	assert_non_null(rt_loud(&fs, "R-Q3"));
	assert_int_equal(json_integer_value(json_object_get(rt_loud(&fs, "R-Q3")->params, "extend_to")), 64);
	assert_null(rt_loud(&fs, "R-Q2"));
	pb_findings_fini(&fs);
}

static void rising_boundary(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.step[5].iops = 10000;
	m.step[4].iops = 9800;
	m.step[6].iops = 10500; /* exactly 1.05 */
	assert_false(rt_speaks(&m, "R-Q3"));
	m.step[6].iops = 10501;
	assert_true(rt_speaks(&m, "R-Q3"));
}

/* Under noise the search names a depth with a range: the bare estimates do not overrule it. */
static void rising_estimates_yield_to_the_search(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.step[5].iops = 10000;
	m.step[4].iops = 9800;
	m.step[6].iops = 10900;
	m.patch = "{\"search\": {\"mode\": \"auto\", \"chosen_depth\": 8, \"range\": [8, 64], \"reason\": "
		  "\"\"}}";
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "R-Q3"));
	f = rt_loud(&fs, "R-Q2");
	assert_non_null(f);
	assert_int_equal(json_integer_value(json_object_get(f->params, "depth")), 8);
	assert_string_equal(f->confidence, "medium");
	assert_non_null(rt_evidence(f, "manifest.json", "search.range"));
	pb_findings_fini(&fs);
	m.patch = "{\"search\": {\"mode\": \"auto\", \"chosen_depth\": null, \"range\": null, \"reason\": "
		  "\"\"}}";
	assert_true(rt_speaks(&m, "R-Q3"));
}

static void rising_within_the_interval_is_noise(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.step[5].iops = 10000;
	m.step[4].iops = 9800;
	m.step[6].iops = 10900;
	m.step[6].half = 0.1; /* 9810 .. 11990 */
	assert_false(rt_speaks(&m, "R-Q3"));
	m.step[6].half = 0.08;
	assert_true(rt_speaks(&m, "R-Q3"));
}

static void rising_curve_beyond_the_slo_is_not_extended(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.steps = 5;
	m.slo_ns = 1e6;
	assert_false(rt_speaks(&m, "R-Q3"));
	m.slo_ns = 1e7;
	assert_true(rt_speaks(&m, "R-Q3"));
}

static void rising_without_curve_is_left_to_plateau(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	rt_blank(&m, "steps.csv", "iops");
	assert_false(rt_speaks(&m, "R-Q3"));
	assert_true(rt_says_missing(&m, "R-Q2", "more measured depths"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plateau_names_the_knee),
		cmocka_unit_test(plateau_ignores_noise_on_top),
		cmocka_unit_test(plateau_boundary_is_inclusive),
		cmocka_unit_test(plateau_says_what_it_lacks),
		cmocka_unit_test(wide_intervals_name_nothing),
		cmocka_unit_test(far_little_lowers_confidence),
		cmocka_unit_test(invalid_steps_are_not_used),
		cmocka_unit_test(slo_takes_the_largest_throughput_within),
		cmocka_unit_test(slo_boundary_is_the_upper_bound),
		cmocka_unit_test(slo_unmet_is_a_warning),
		cmocka_unit_test(slo_says_what_it_lacks),
		cmocka_unit_test(rising_curve_has_no_knee),
		cmocka_unit_test(rising_boundary),
		cmocka_unit_test(rising_estimates_yield_to_the_search),
		cmocka_unit_test(rising_within_the_interval_is_noise),
		cmocka_unit_test(rising_curve_beyond_the_slo_is_not_extended),
		cmocka_unit_test(rising_without_curve_is_left_to_plateau),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
