/*
 * What an earlier run predicted against what a later one measured: hits, a miss, runs that do not belong
 * together, and a file that is damaged.
 */
#include "analyzers/predict_later.h"
#include "tests/unit/mkvcpus.h"

struct pair {
	struct mkv w;
	char was[150], is[150];
};

static double law(double n)
{
	return 2000 * n / (1 + .05 * (n - 1) + .0003 * n * (n - 1));
}

/* A run of the law's curve times `factor` at these depths. */
static void run_at(const char *dir, const int *depths, int n, double factor, const char *patch)
{
	struct mk_run m;

	mk_default(&m);
	m.steps = n;
	m.patch = patch;
	for (int i = 0; i < n; i++) {
		m.step[i] =
			(struct mk_step){.depth = depths[i], .iops = factor * law(depths[i]), .half = .01};
		/* within the model's own interval of a few percent */
		m.step[i].iops *= i % 2 ? 1.004 : .996;
	}
	assert_int_equal(mk_write(&m, dir), 0);
}

static const int first[] = {1, 2, 4, 8, 16, 32, 64}, later[] = {1, 6, 12, 24, 256};

#define LATER "\"started_utc\": \"2026-11-24T10:00:00Z\", \"ended_utc\": \"2026-11-24T10:01:00Z\""

static void make(struct pair *p, double factor, const char *patch)
{
	tmpdir_make(&p->w.t);
	snprintf(p->was, sizeof(p->was), "%s/was", p->w.t.path);
	snprintf(p->is, sizeof(p->is), "%s/is", p->w.t.path);
	run_at(p->was, first, 7, 1, NULL);
	run_at(p->is, later, 5, factor, patch);
}

static int hold(const struct pair *p, struct pb_err *err)
{
	struct pb_run *run = NULL;
	int rc = pb_run_open(&run, p->is, err);

	if (rc == 0)
		rc = pb_predict_later_write(run, p->was, err);
	pb_run_close(run);
	return rc;
}

static void depths_that_were_predicted_are_held_against_it(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs;
	struct pb_finding *f;
	struct pair p;

	(void)state;
	make(&p, 1, "{" LATER "}");
	if (hold(&p, &err) < 0)
		fail_msg("%s", err.msg);
	f = mkv_find(p.is, "predict-later", &fs);
	assert_non_null(f);
	/* 6, 12 and 24: depth 1 was measured before, 256 lies beyond */
	assert_int_equal(json_array_size(json_object_get(f->params, "check")), 3);
	assert_non_null(strstr(f->title, "3 of 3"));
	assert_true(pb_json_num(f->params, "error", 1) < .01);
	pb_findings_fini(&fs);
	tmpdir_remove(&p.w.t);
}

static void a_miss_is_said_to_be_one(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs;
	struct pb_finding *f;
	struct pair p;

	(void)state;
	make(&p, .6, "{" LATER "}");
	assert_int_equal(hold(&p, &err), 0);
	f = mkv_find(p.is, "predict-later", &fs);
	assert_non_null(strstr(f->title, "0 of 3"));
	assert_true(json_is_false(
		json_object_get(json_array_get(json_object_get(f->params, "check"), 0), "inside")));
	pb_findings_fini(&fs);
	tmpdir_remove(&p.w.t);
}

static void without_an_earlier_run_nothing_is_said(void **state)
{
	struct pb_findings fs;
	struct pair p;

	(void)state;
	make(&p, 1, "{" LATER "}");
	assert_null(mkv_find(p.is, "predict-later", &fs));
	pb_findings_fini(&fs);
	tmpdir_remove(&p.w.t);
}

static void expect_refusal(double factor, const char *patch, const char *text)
{
	struct pb_err err = PB_ERR_INIT;
	struct pair p;

	make(&p, factor, patch);
	assert_true(hold(&p, &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	if (!strstr(err.msg, text))
		fail_msg("'%s' does not say '%s'", err.msg, text);
	assert_true(faccessat(p.w.t.fd, "is/predicted.json", F_OK, 0) < 0);
	tmpdir_remove(&p.w.t);
}

static void runs_that_do_not_belong_together_are_refused(void **state)
{
	(void)state;
	expect_refusal(1, "{" LATER ", \"disk\": {\"serial\": \"OTHER\"}}", "disk");
	expect_refusal(1, "{" LATER ", \"profile\": {\"name\": \"seqread-1m\"}}", "profile");
	expect_refusal(1, "{\"started_utc\": \"2026-11-23T10:00:19Z\"}", "earlier");
	expect_refusal(1, "{" LATER ", \"guest\": {\"vcpus\": 4}}", "predicts nothing");
}

static void one_that_began_when_the_earlier_ended_is_later(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pair p;

	(void)state;
	make(&p, 1, "{\"started_utc\": \"2026-11-23T10:00:20Z\", \"ended_utc\": \"2026-11-23T10:01:00Z\"}");
	assert_int_equal(hold(&p, &err), 0);
	tmpdir_remove(&p.w.t);
}

static void numbers_of_vcpus_are_held_against_it_too(void **state)
{
	static const int was[] = {1, 2, 4}, is[] = {2, 3, 8};
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs;
	struct pb_finding *f;
	struct pair p;

	(void)state;
	tmpdir_make(&p.w.t);
	mkv_run(&p.w, "was", NULL);
	strcpy(p.was, p.w.dir);
	for (int i = 0; i < 3; i++)
		mkv_visits(&p.w, was[i], 5000 * was[i] / (1 + .1 * (was[i] - 1)));
	mkv_end(&p.w);
	mkv_run(&p.w, "is", "{" LATER "}");
	strcpy(p.is, p.w.dir);
	for (int i = 0; i < 3; i++)
		mkv_visits(&p.w, is[i], 5000 * is[i] / (1 + .1 * (is[i] - 1)));
	mkv_end(&p.w);
	if (hold(&p, &err) < 0)
		fail_msg("%s", err.msg);
	f = mkv_find(p.is, "predict-later", &fs);
	assert_string_equal(pb_json_str(f->params, "axis", ""), "vcpus");
	assert_int_equal(json_array_size(json_object_get(f->params, "check")), 2); /* 3 and 8 */
	assert_true(pb_json_num(f->params, "error", 1) < .001);
	pb_findings_fini(&fs);
	tmpdir_remove(&p.w.t);
}

static void a_prediction_of_a_newer_passbench_is_refused(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs;
	struct pair p;

	(void)state;
	make(&p, 1, "{" LATER "}");
	tmpdir_write(&p.w.t, "is/predicted.json", "{\"schema\": 9}");
	assert_true(mkv_look(p.is, &fs, &err) < 0);
	assert_non_null(strstr(err.msg, "schema 9"));
	pb_findings_fini(&fs);
	tmpdir_remove(&p.w.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(depths_that_were_predicted_are_held_against_it),
		cmocka_unit_test(a_miss_is_said_to_be_one),
		cmocka_unit_test(without_an_earlier_run_nothing_is_said),
		cmocka_unit_test(runs_that_do_not_belong_together_are_refused),
		cmocka_unit_test(one_that_began_when_the_earlier_ended_is_later),
		cmocka_unit_test(numbers_of_vcpus_are_held_against_it_too),
		cmocka_unit_test(a_prediction_of_a_newer_passbench_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
