/*
 * Rule predict-vcpus: guests of different size whose curve is known, one without form, too few of them, and
 * the ends of what it may say.
 */
#include "tests/unit/mkvcpus.h"

/* Amdahl: each further vCPU loses a tenth to waiting. */
static double amdahl(int n)
{
	return 5000 * n / (1 + .1 * (n - 1));
}

static void visit_all(struct mkv *w, const int *vcpus, int n, double (*curve)(int))
{
	tmpdir_make(&w->t);
	mkv_run(w, "run", "{\"host\": {\"cpus\": 16}}");
	for (int i = 0; i < n; i++)
		mkv_visits(w, vcpus[i], curve(vcpus[i]));
	mkv_end(w);
}

static const json_t *predicted_at(const struct pb_finding *f, const char *list, int vcpus)
{
	const json_t *j;
	size_t i;

	json_array_foreach(json_object_get(f->params, list), i,
			   j) if (pb_json_i64(j, "vcpus", 0) == vcpus ||
				  (int)pb_json_num(j, "vcpus", 0) == vcpus) return j;
	return NULL;
}

static double estimate(const json_t *j, const char *key)
{
	return json_number_value(json_array_get(json_object_get(j, key), 0));
}

static void a_known_curve_is_predicted_between_and_beyond(void **state)
{
	static const int vcpus[] = {1, 2, 4, 6, 8};
	struct pb_findings fs;
	struct pb_finding *f;
	struct mkv w;

	(void)state;
	visit_all(&w, vcpus, 5, amdahl);
	f = mkv_find(w.dir, "predict-vcpus", &fs);
	assert_non_null(f);
	assert_string_equal(pb_json_str(f->params, "model", ""), "amdahl");
	assert_string_equal(f->confidence, "medium");
	assert_true(pb_json_num(f->params, "error", 1) < .001);
	assert_true(fabs(estimate(predicted_at(f, "curve", 3), "iops") / amdahl(3) - 1) < .001);
	assert_true(json_is_false(json_object_get(predicted_at(f, "curve", 3), "extrapolated")));
	assert_true(fabs(estimate(predicted_at(f, "curve", 16), "iops") / amdahl(16) - 1) < .001);
	assert_true(json_is_true(json_object_get(predicted_at(f, "curve", 16), "extrapolated")));
	assert_null(predicted_at(f, "curve", 32));
	assert_non_null(predicted_at(f, "points", 4));
	pb_findings_fini(&fs);
	tmpdir_remove(&w.t);
}

static double jumps(int n)
{
	return n % 2 ? 2000 : 9000;
}

static void a_curve_without_form_is_not_predicted(void **state)
{
	static const int vcpus[] = {1, 2, 3, 4, 5};
	struct pb_findings fs;
	struct pb_finding *f;
	struct mkv w;

	(void)state;
	visit_all(&w, vcpus, 5, jumps);
	f = mkv_find(w.dir, "predict-vcpus", &fs);
	assert_null(f->params);
	assert_string_equal(f->confidence, "low");
	assert_non_null(strstr(f->title, "No prediction"));
	pb_findings_fini(&fs);
	tmpdir_remove(&w.t);
}

static void too_few_sizes_are_said(void **state)
{
	static const int vcpus[] = {1, 2};
	struct pb_findings fs;
	struct pb_finding *f;
	struct mkv w;

	(void)state;
	visit_all(&w, vcpus, 2, amdahl);
	f = mkv_find(w.dir, "predict-vcpus", &fs);
	assert_true(rt_list_has(&f->missing, "3 numbers of vCPUs"));
	assert_null(f->params);
	pb_findings_fini(&fs);
	tmpdir_remove(&w.t);
}

static double plateau(int n)
{
	return n < 4 ? 3000 * n : 9000;
}

/* Three sizes are enough for a number, not for an interval; a plateau seen once is not followed further. */
static void three_sizes_are_the_least(void **state)
{
	static const int vcpus[] = {1, 2, 4};
	struct pb_findings fs;
	struct pb_finding *f;
	struct mkv w;

	(void)state;
	visit_all(&w, vcpus, 3, amdahl);
	f = mkv_find(w.dir, "predict-vcpus", &fs);
	assert_string_equal(f->confidence, "low");
	assert_non_null(predicted_at(f, "curve", 3));
	assert_non_null(predicted_at(f, "curve", 8));
	assert_true(
		json_is_null(json_array_get(json_object_get(predicted_at(f, "check", 2), "predicted"), 1)));
	pb_findings_fini(&fs);
	tmpdir_remove(&w.t);
	visit_all(&w, vcpus, 3, plateau);
	f = mkv_find(w.dir, "predict-vcpus", &fs);
	assert_string_equal(pb_json_str(f->params, "model", ""), "asymptotes");
	assert_null(predicted_at(f, "curve", 8));
	pb_findings_fini(&fs);
	tmpdir_remove(&w.t);
}

/* As many vCPUs as the host has CPUs, and not one more. */
static void nothing_beyond_the_hosts_cpus(void **state)
{
	static const int vcpus[] = {1, 2, 4, 6, 9};
	struct pb_findings fs;
	struct mkv w;

	(void)state;
	visit_all(&w, vcpus, 5, amdahl);
	assert_null(predicted_at(mkv_find(w.dir, "predict-vcpus", &fs), "curve", 18));
	pb_findings_fini(&fs);
	tmpdir_remove(&w.t);
}

static void a_run_without_visits_says_nothing(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "predict-vcpus"));
	pb_findings_fini(&fs);
}

static void a_damaged_visit_stops_the_analysis(void **state)
{
	static const int vcpus[] = {1, 2, 4};
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs;
	struct mkv w;

	(void)state;
	visit_all(&w, vcpus, 3, amdahl);
	tmpdir_write(&w.t, "run/vcpus/2-vcpus-2/steps.csv", "t_ns,depth\n1,1\n");
	assert_true(mkv_look(w.dir, &fs, &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	pb_findings_fini(&fs);
	tmpdir_remove(&w.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_curve_is_predicted_between_and_beyond),
		cmocka_unit_test(a_curve_without_form_is_not_predicted),
		cmocka_unit_test(too_few_sizes_are_said),
		cmocka_unit_test(three_sizes_are_the_least),
		cmocka_unit_test(nothing_beyond_the_hosts_cpus),
		cmocka_unit_test(a_run_without_visits_says_nothing),
		cmocka_unit_test(a_damaged_visit_stops_the_analysis),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
