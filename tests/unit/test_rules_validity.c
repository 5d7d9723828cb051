/*
 * Rules of the validity family: known answers, noise, missing columns,
 * boundaries.
 */
#include "tests/unit/ruletest.h"

static void sound_run_is_valid(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	rt_analyze(&m, &fs);
	assert_non_null(rt_find(&fs, "valid-ok"));
	for (size_t i = 0; i < fs.n; i++)
		if (strcmp(fs.v[i]->family, "validity") == 0)
			assert_int_equal(fs.v[i]->severity, PB_SEV_INFO);
	pb_findings_fini(&fs);
}

static void failed_io_is_critical(void **state)
{
	struct pb_findings fs;
	struct pb_evidence *e;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.step[2].failed = 1; /* one is enough */
	rt_analyze(&m, &fs);
	assert_int_equal(rt_loud(&fs, "valid-failed-io")->severity, PB_SEV_CRITICAL);
	assert_ptr_equal(fs.v[0], rt_loud(&fs, "valid-failed-io"));
	e = rt_evidence(fs.v[0], "steps.csv", "failed");
	assert_non_null(e);
	assert_int_equal(e->t0_ns, mk_start(2));
	assert_null(rt_find(&fs, "valid-ok"));
	assert_string_equal(rt_loud(&fs, "R-I2")->confidence, "low"); /* concluded from such numbers */
	assert_true(rt_lacks(&fs, "R-I2", "valid-failed-io"));
	pb_findings_fini(&fs);
	mk_default(&m);
	assert_false(rt_speaks(&m, "valid-failed-io"));
}

/* Which, with errno and place; the first few only. */
static void failed_io_says_what_and_where(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;
	unsigned named = 0;

	(void)state;
	mk_default(&m);
	m.step[6].failed = 5;
	m.step[6].reason = "failed-io;no-completions";
	m.all_failed = 5;
	m.faults = 5;
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "valid-failed-io");
	for (size_t i = 0; i < f->n_evidence; i++) {
		if (strcmp(f->evidence[i].column, "errno") != 0)
			continue;
		assert_string_equal(f->evidence[i].text,
				    named == 0   ? "flush: EIO"
				    : named == 1 ? "read of 4096 bytes at byte 8388608: ENODATA"
						 : "read of 4096 bytes at byte 16777216: ENODATA");
		named++;
	}
	assert_int_equal(named, 3);
	assert_null(rt_evidence(f, "manifest.json", "io_errors.failed"));
	assert_null(rt_find(&fs, "valid-steps")); /* said once */
	pb_findings_fini(&fs);
}

/* Failures between or after the windows are not lost. */
static void failed_io_outside_of_windows(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.all_failed = 2;
	rt_analyze(&m, &fs);
	assert_non_null(rt_evidence(rt_loud(&fs, "valid-failed-io"), "manifest.json", "io_errors.failed"));
	pb_findings_fini(&fs);
}

static void a_bad_end_of_fio_is_critical(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	assert_false(rt_speaks(&m, "valid-fio-end"));
	m.fio_error = "fio ended by itself in the guest (exit 137): no message";
	assert_true(rt_speaks(&m, "valid-fio-end"));
}

static void failed_io_unknown_is_said(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	rt_blank(&m, "steps.csv", "failed");
	rt_analyze(&m, &fs);
	assert_true(rt_lacks(&fs, "valid-failed-io", "failed"));
	pb_findings_fini(&fs);
}

/* The disk's own counters: fewer there than were counted is impossible, more is somebody else's I/O. */
static void the_disk_must_have_seen_them(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.device_share = 1;
	assert_false(rt_speaks(&m, "valid-device-count"));
	m.device_share = 1.5;
	assert_false(rt_speaks(&m, "valid-device-count"));
	m.device_share = .5;
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "valid-device-count");
	assert_int_equal(f->severity, PB_SEV_CRITICAL);
	assert_non_null(rt_evidence(f, "guest/guest0/block.csv", "reads"));
	assert_null(rt_find(&fs, "valid-ok"));
	pb_findings_fini(&fs);
}

static void what_the_disk_has_seen_may_be_unknown(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	assert_true(rt_says_missing(&m, "valid-device-count", "block.csv"));
	m.device_share = 1;
	rt_blank(&m, "guest/guest0/block.csv", "reads");
	assert_true(rt_says_missing(&m, "valid-device-count", "reads"));
	rt_blank(&m, NULL, NULL);
	m.device_frozen = true;
	assert_true(rt_says_missing(&m, "valid-device-count", "iostats"));
}

static void depth_boundary(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.step[6].mean_depth = 64 * .951;
	assert_false(rt_speaks(&m, "valid-depth"));
	m.step[6].mean_depth = 64 * .949;
	assert_true(rt_speaks(&m, "valid-depth"));
	m.step[6].mean_depth = 64 * 1.06;
	assert_true(rt_speaks(&m, "valid-depth"));
	mk_default(&m);
	rt_blank(&m, "steps.csv", "mean_depth");
	assert_true(rt_says_missing(&m, "valid-depth", "mean_depth"));
}

static void rejected_steps_are_listed(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.step[6].reason = "above-ceiling";
	rt_analyze(&m, &fs);
	assert_int_equal(rt_loud(&fs, "valid-steps")->severity, PB_SEV_WARNING);
	pb_findings_fini(&fs);
	m.step[6].reason = "failed-io"; /* that rule speaks for itself */
	assert_false(rt_speaks(&m, "valid-steps"));
	for (int i = 0; i < m.steps; i++)
		m.step[i].reason = "too-few-batches";
	rt_analyze(&m, &fs);
	assert_int_equal(rt_loud(&fs, "valid-steps")->severity, PB_SEV_CRITICAL);
	assert_null(rt_find(&fs, "valid-ok"));
	pb_findings_fini(&fs);
}

static void clock_boundary(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.clock_bound_ns = MK_TICK;
	assert_false(rt_speaks(&m, "valid-clock"));
	m.clock_bound_ns = MK_TICK + 1;
	assert_true(rt_speaks(&m, "valid-clock"));
}

static void fio_total_boundary(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.fio_ratio = 1.0099;
	assert_false(rt_speaks(&m, "valid-fio-total"));
	m.fio_ratio = 1.0101;
	assert_true(rt_speaks(&m, "valid-fio-total"));
	m.fio_ratio = .9899;
	assert_true(rt_speaks(&m, "valid-fio-total"));
}

static void aer_moves(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.aer0 = m.aer1 = 7; /* old errors are no news */
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "R-D4"));
	pb_findings_fini(&fs);
	m.aer1 = 8;
	rt_analyze(&m, &fs);
	assert_int_equal(rt_loud(&fs, "R-D4")->severity, PB_SEV_WARNING);
	pb_findings_fini(&fs);
	m.aer1 = 7 + 19; /* the run lasts 19 s: exactly one a second */
	rt_analyze(&m, &fs);
	assert_int_equal(rt_loud(&fs, "R-D4")->severity, PB_SEV_WARNING);
	pb_findings_fini(&fs);
	m.aer1 = 7 + 20;
	rt_analyze(&m, &fs);
	assert_int_equal(rt_loud(&fs, "R-D4")->severity, PB_SEV_CRITICAL);
	pb_findings_fini(&fs);
	m.aer0 = m.aer1 = -1;
	assert_true(rt_says_missing(&m, "R-D4", "aer_"));
	m.drop_file = "host/pcie.csv";
	assert_true(rt_says_missing(&m, "R-D4", "host/pcie.csv"));
}

static void cost_boundary(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.lab = false;
	m.sampler_cpu_share = .01;
	assert_false(rt_speaks(&m, "valid-cost"));
	m.sampler_cpu_share = .0101;
	assert_true(rt_speaks(&m, "valid-cost"));
}

/* Sampling takes many times longer on an emulated CPU: no reason to doubt the run. */
static void cost_of_an_emulated_cpu_is_no_warning(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.lab = true;
	m.sampler_cpu_share = .15;
	rt_analyze(&m, &fs);
	assert_non_null(rt_find(&fs, "valid-cost"));
	assert_int_equal(rt_find(&fs, "valid-cost")->severity, PB_SEV_INFO);
	pb_findings_fini(&fs);
}

static void absent_collectors_are_listed(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.drop_file = "host/kvm.csv";
	rt_analyze(&m, &fs);
	assert_true(rt_lacks(&fs, "valid-collectors", "kvm (unavailable"));
	assert_true(rt_lacks(&fs, "valid-collectors", "pmu (unavailable"));
	pb_findings_fini(&fs);
	mk_default(&m);
	m.pmu_status = "ok";
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "valid-collectors"));
	pb_findings_fini(&fs);
}

static void lab_is_said(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	rt_analyze(&m, &fs);
	assert_non_null(rt_find(&fs, "valid-lab"));
	pb_findings_fini(&fs);
	m.lab = false;
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "valid-lab"));
	pb_findings_fini(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_run_is_valid),
		cmocka_unit_test(failed_io_is_critical),
		cmocka_unit_test(failed_io_says_what_and_where),
		cmocka_unit_test(failed_io_outside_of_windows),
		cmocka_unit_test(a_bad_end_of_fio_is_critical),
		cmocka_unit_test(failed_io_unknown_is_said),
		cmocka_unit_test(the_disk_must_have_seen_them),
		cmocka_unit_test(what_the_disk_has_seen_may_be_unknown),
		cmocka_unit_test(depth_boundary),
		cmocka_unit_test(rejected_steps_are_listed),
		cmocka_unit_test(clock_boundary),
		cmocka_unit_test(fio_total_boundary),
		cmocka_unit_test(aer_moves),
		cmocka_unit_test(cost_boundary),
		cmocka_unit_test(cost_of_an_emulated_cpu_is_no_warning),
		cmocka_unit_test(absent_collectors_are_listed),
		cmocka_unit_test(lab_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
