/*
 * What a comparison decides: known changes, noise, ties, missing values, and the boundaries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/compare/compare.h"
#include "tests/unit/mkset.h"
#include "tests/unit/tmpdir.h"

struct fixture {
	struct pb_comparison c;
	struct pb_arm base, new_arm;
	struct tmpdir tmp;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	f->c = (struct pb_comparison){.alpha = PB_COMPARE_ALPHA, .min_effect = PB_COMPARE_MIN_EFFECT};
	tmpdir_make(&f->tmp);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	pb_comparison_fini(&f->c);
	pb_arm_fini(&f->base);
	pb_arm_fini(&f->new_arm);
	tmpdir_remove(&f->tmp);
	free(f);
	return 0;
}

/* A metric with n values on each side: 100 and 100 * factor, off by the fixed deviations times noise. */
static struct pb_compared *metric(struct fixture *f, const char *name, bool higher, int n, double factor,
				  double noise)
{
	struct pb_compared *m = pb_compare_add(&f->c, name, "ns", higher);

	for (int i = 0; i < n; i++) {
		pb_compared_value(m, true, 100 * exp(noise * mks_deviation(i)));
		pb_compared_value(m, false, 100 * factor * exp(noise * mks_deviation(i + 5)));
	}
	return m;
}

static enum pb_change judged(struct fixture *f)
{
	f->c.n_base = f->c.v[0].n_base;
	f->c.n_new = f->c.v[0].n_new;
	f->c.turns.known = true;
	assert_int_equal(pb_compare_judge(&f->c), 0);
	assert_int_equal(pb_compare_conclude(&f->c), 0);
	return f->c.v[0].change;
}

static void more_latency_is_worse(void **state)
{
	struct fixture *f = *state;

	metric(f, "lat_p99@1", false, 10, 1.08, 0.01);
	assert_int_equal(judged(f), PB_CHANGE_WORSE);
	assert_int_equal(f->c.verdict, PB_VERDICT_REGRESSION);
	assert_int_equal(pb_comparison_status(&f->c), PB_REGRESSION);
	assert_float_equal(f->c.v[0].ratio.est, 1.08, 0.01);
	assert_string_equal(pb_compared_word(&f->c, &f->c.v[0]), "regression");
	assert_non_null(strstr(f->c.sentence.data, "1 of 1 metrics got worse, most of all lat_p99@1"));
}

static void more_iops_are_better(void **state)
{
	struct fixture *f = *state;

	metric(f, "iops@1", true, 10, 1.08, 0.01);
	assert_int_equal(judged(f), PB_CHANGE_BETTER);
	assert_int_equal(pb_comparison_status(&f->c), PB_OK);
	assert_non_null(strstr(f->c.sentence.data, "1 got better"));
}

static void fewer_iops_are_worse(void **state)
{
	struct fixture *f = *state;

	metric(f, "iops@1", true, 10, 0.93, 0.01);
	assert_int_equal(judged(f), PB_CHANGE_WORSE);
}

static void noise_is_no_change(void **state)
{
	struct fixture *f = *state;

	metric(f, "iops@1", true, 10, 1.0, 0.05);
	assert_int_equal(judged(f), PB_CHANGE_NONE);
	assert_int_equal(f->c.verdict, PB_VERDICT_NO_REGRESSION);
	assert_int_equal(f->c.blind, 1);
	assert_non_null(strstr(f->c.sentence.data, "in 1 of them a change of 5% could have stayed unseen"));
}

/* Certain, and certainly below what matters; the same change is a regression when less matters. */
static void a_change_too_small_to_matter(void **state)
{
	struct fixture *f = *state;

	metric(f, "lat_p50@1", false, 10, 1.02, 0.003);
	assert_int_equal(judged(f), PB_CHANGE_SMALL);
	assert_int_equal(pb_comparison_status(&f->c), PB_OK);
	f->c.min_effect = 0.01;
	assert_int_equal(judged(f), PB_CHANGE_WORSE);
}

static void all_equal_is_no_change(void **state)
{
	struct fixture *f = *state;

	metric(f, "lat_p50@1", false, 10, 1, 0);
	assert_int_equal(judged(f), PB_CHANGE_NONE);
	assert_float_equal(f->c.v[0].p, 1, 1e-12);
	assert_float_equal(f->c.v[0].detectable, 0, 1e-12);
}

/* Each side constant: all values of a side tie, and every arrangement but two is less extreme. */
static void ties_within_sides_still_show_a_step(void **state)
{
	struct fixture *f = *state;

	metric(f, "lat_p50@1", false, 5, 1.2, 0);
	assert_int_equal(judged(f), PB_CHANGE_WORSE);
	assert_float_equal(f->c.v[0].p, 2.0 / 252, 1e-9);
}

static void too_few_runs_are_no_verdict(void **state)
{
	struct fixture *f = *state;

	metric(f, "lat_p50@1", false, 3, 2, 0.01);
	assert_int_equal(judged(f), PB_CHANGE_UNKNOWN);
	assert_int_equal(f->c.verdict, PB_VERDICT_TOO_FEW);
	assert_int_equal(pb_comparison_status(&f->c), PB_INVALID);
	assert_non_null(strstr(f->c.sentence.data, "3 and 3 cannot give a p below 0.1 (alpha 0.01)"));
	assert_non_null(strstr(f->c.sentence.data, "at least 5 of each"));
	assert_true(isnan(f->c.v[0].p) && isnan(f->c.v[0].q));
}

static void five_runs_are_enough_and_four_are_not(void **state)
{
	struct fixture *f = *state;

	metric(f, "lat_p50@1", false, 4, 2, 0.01);
	assert_int_equal(judged(f), PB_CHANGE_UNKNOWN);
	f->c.alpha = 0.05;
	assert_int_equal(judged(f), PB_CHANGE_WORSE);
}

static void values_that_runs_lack_are_counted_out(void **state)
{
	struct fixture *f = *state;
	struct pb_compared *m = metric(f, "lat_p50@1", false, 10, 1.2, 0.01);

	pb_compared_value(m, true, NAN);
	pb_compared_value(m, false, 0);
	pb_compared_value(m, false, -3);
	pb_compared_value(m, false, INFINITY);
	assert_int_equal(m->n_base, 10);
	assert_int_equal(m->n_new, 10);
	m = metric(f, "lat_p50@2", false, 0, 1, 0);
	for (int i = 0; i < 10; i++)
		pb_compared_value(m, true, 100 + i);
	assert_int_equal(judged(f), PB_CHANGE_WORSE);
	assert_int_equal(f->c.v[1].change, PB_CHANGE_UNKNOWN);
	assert_string_equal(f->c.v[1].why, "NEW has no value of it");
	assert_int_equal(f->c.tested, 1);
}

/* With 5 and 5 the least p is 0.0079: eight of ten metrics must share it to be called. */
static void few_runs_need_company(void **state)
{
	struct fixture *f = *state;
	char name[16];

	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "m@%d", i);
		metric(f, name, false, 5, i < 7 ? 1.2 : 1, 0.01);
	}
	assert_int_equal(judged(f), PB_CHANGE_NONE);
	assert_int_equal(f->c.v[0].company, 8);
	assert_true(f->c.notes.n == 1 &&
		    strstr(f->c.notes.v[0], "at least 8 of 10 metrics change together; 7 runs"));
	for (int i = 0; i < 5; i++)
		f->c.v[7].new_values[i] *= 1.2;
	assert_int_equal(judged(f), PB_CHANGE_WORSE);
	assert_int_equal(f->c.worse, 8);
}

static void read_sets(struct fixture *f, struct mks base, struct mks new_set)
{
	char a[128], b[128];
	struct pb_err err = PB_ERR_INIT;

	snprintf(a, sizeof(a), "%s/a", f->tmp.path);
	snprintf(b, sizeof(b), "%s/b", f->tmp.path);
	assert_int_equal(mks_write(&base, a) | mks_write(&new_set, b), 0);
	if (pb_arm_read(&f->base, a, &err) < 0 || pb_arm_read(&f->new_arm, b, &err) < 0 ||
	    pb_compare_arms(&f->c, &f->base, &f->new_arm, PB_COMPARE_ALPHA, PB_COMPARE_MIN_EFFECT, &err) < 0)
		fail_msg("%s", err.msg);
}

static const struct mks base_set = {.runs = 8, .noise = 0.01, .every = 2};
static const struct mks slow_set = {
	.runs = 8, .noise = 0.01, .every = 2, .minute = 1, .factor = 0.85, .turn = 5};

static void another_kernel_takes_the_blame_from_the_code(void **state)
{
	struct fixture *f = *state;
	struct mks slow = slow_set;

	slow.patch = ", \"host\": {\"kernel\": \"6.99\"}";
	read_sets(f, base_set, slow);
	assert_int_equal(f->c.verdict, PB_VERDICT_ENVIRONMENT);
	assert_int_equal(pb_comparison_status(&f->c), PB_REGRESSION); /* a gate must not stay green */
	assert_non_null(strstr(f->c.sentence.data, "but so did host kernel: 6.12.0-lab -> 6.99"));
	assert_int_equal(f->c.notes.n, 0);
	assert_string_equal(pb_compared_word(&f->c, &f->c.v[0]), "environment changed");
}

static void other_setups_are_compared_as_such(void **state)
{
	struct fixture *f = *state;
	struct mks slow = slow_set;

	slow.patch = ", \"disk\": {\"attach\": \"virtio-blk\", \"firmware\": \"2\"}";
	read_sets(f, base_set, slow);
	assert_int_equal(f->c.verdict, PB_VERDICT_WORSE);
	assert_int_equal(pb_comparison_status(&f->c), PB_REGRESSION);
	assert_non_null(strstr(f->c.sentence.data, "different setups (attachment: vfio -> virtio-blk)"));
}

static void the_same_environment_leaves_the_code(void **state)
{
	struct fixture *f = *state;

	read_sets(f, base_set, slow_set);
	assert_int_equal(f->c.verdict, PB_VERDICT_REGRESSION);
	assert_int_equal(f->c.turns.n, 15);
	assert_int_equal(f->c.notes.n, 0);
}

static void one_side_after_the_other_is_said(void **state)
{
	struct fixture *f = *state;
	struct mks later = slow_set;

	later.minute = 100;
	read_sets(f, base_set, later);
	assert_int_equal(f->c.notes.n, 1);
	assert_non_null(strstr(f->c.notes.v[0], "all BASE runs were measured before the first NEW run"));
}

static void a_rejected_depth_is_not_green(void **state)
{
	struct fixture *f = *state;
	struct mks broken = slow_set;

	broken.factor = 1;
	broken.reason = "failed-io";
	read_sets(f, base_set, broken);
	assert_int_equal(f->c.verdict, PB_VERDICT_INVALID);
	assert_int_equal(f->c.lost, 8);
	assert_non_null(strstr(f->c.sentence.data, "rejected"));
}

/* A search goes where it likes: a window rejected at another depth says nothing about this one. */
static void a_depth_rejected_elsewhere_loses_nothing(void **state)
{
	struct fixture *f = *state;
	struct mks other = slow_set;

	other.factor = 1;
	other.depths = 3;
	other.reason = "failed-io";
	read_sets(f, base_set, other);
	assert_int_equal(f->c.lost, 0);
	assert_int_equal(f->c.verdict, PB_VERDICT_NO_REGRESSION);
}

static void a_depth_that_only_one_side_measured_is_left_out(void **state)
{
	struct fixture *f = *state;
	struct mks more = slow_set;

	more.factor = 1;
	more.depths = 3;
	read_sets(f, base_set, more);
	assert_int_equal(f->c.verdict, PB_VERDICT_NO_REGRESSION);
	assert_int_equal(f->c.n, 24);
	assert_int_equal(f->c.unknown, 8);
	assert_int_equal(f->c.lost, 0);
}

static void several_profiles_are_compared_apart(void **state)
{
	struct fixture *f = *state;
	struct mks other = base_set;
	struct pb_err err = PB_ERR_INIT;
	char dir[128];

	other.minute = 30;
	other.patch = ", \"profile\": {\"name\": \"randwrite\"}";
	read_sets(f, base_set, slow_set);
	snprintf(dir, sizeof(dir), "%s/c", f->tmp.path);
	assert_int_equal(mks_write(&other, dir), 0);
	assert_int_equal(pb_arm_read(&f->base, dir, &err), 0);
	pb_comparison_fini(&f->c);
	assert_int_equal(pb_compare_arms(&f->c, &f->base, &f->new_arm, 0.02, 0.05, &err), 0);
	assert_int_equal(f->c.n, 32);
	assert_string_equal(f->c.v[0].name, "randread-4k/bandwidth@1");
	assert_int_equal(f->c.v[0].n_base, 8);
}

static void runs_without_windows_are_not_valid(void **state)
{
	struct fixture *f = *state;
	struct mks none = base_set, none_new = slow_set;

	none.depths = none_new.depths = 1;
	none.reason = none_new.reason = "failed-io";
	read_sets(f, none, none_new);
	assert_int_equal(f->c.verdict, PB_VERDICT_INVALID);
	assert_int_equal(pb_comparison_status(&f->c), PB_INVALID);
	assert_non_null(strstr(f->c.sentence.data, "no run has a valid measured window"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(more_latency_is_worse),
		TEST(more_iops_are_better),
		TEST(fewer_iops_are_worse),
		TEST(noise_is_no_change),
		TEST(a_change_too_small_to_matter),
		TEST(all_equal_is_no_change),
		TEST(ties_within_sides_still_show_a_step),
		TEST(too_few_runs_are_no_verdict),
		TEST(five_runs_are_enough_and_four_are_not),
		TEST(values_that_runs_lack_are_counted_out),
		TEST(few_runs_need_company),
		TEST(another_kernel_takes_the_blame_from_the_code),
		TEST(other_setups_are_compared_as_such),
		TEST(the_same_environment_leaves_the_code),
		TEST(one_side_after_the_other_is_said),
		TEST(a_rejected_depth_is_not_green),
		TEST(a_depth_rejected_elsewhere_loses_nothing),
		TEST(a_depth_that_only_one_side_measured_is_left_out),
		TEST(several_profiles_are_compared_apart),
		TEST(runs_without_windows_are_not_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
