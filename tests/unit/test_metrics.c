/*
 * What a run is compared by: known numbers out of made run directories, and what is left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/compare/metrics.h"
#include "tests/unit/mkrun.h"
#include "tests/unit/tmpdir.h"

struct fixture {
	struct tmpdir tmp;
	char path[128];
	struct pb_metrics m;
};

static void open_run(struct fixture *f, const struct mk_run *run)
{
	struct pb_err err = PB_ERR_INIT;

	memset(f, 0, sizeof(*f));
	tmpdir_make(&f->tmp);
	snprintf(f->path, sizeof(f->path), "%s/run", f->tmp.path);
	assert_int_equal(mk_write(run, f->path), 0);
	if (pb_metrics_read(&f->m, f->path, &err) < 0)
		fail_msg("%s", err.msg);
}

static void close_run(struct fixture *f)
{
	pb_metrics_fini(&f->m);
	tmpdir_remove(&f->tmp);
}

static double value(const struct fixture *f, const char *name)
{
	const struct pb_metric *v = pb_metrics_find(&f->m, name);

	if (!v)
		fail_msg("no metric %s", name);
	return v->value;
}

static void each_depth_has_its_numbers(void **state)
{
	struct fixture f;
	struct mk_run run;

	(void)state;
	mk_default(&run);
	open_run(&f, &run);
	assert_int_equal(f.m.n, 7 * 8);
	assert_float_equal(value(&f, "iops@16"), 11300, 0.01);
	assert_float_equal(value(&f, "bandwidth@16"), 11300 * 4096, 0.01);
	assert_float_equal(value(&f, "lat_p99@1"), 808510.638, 0.001);
	assert_true(pb_metrics_find(&f.m, "iops@1")->higher_is_better);
	assert_false(pb_metrics_find(&f.m, "lat_p99@1")->higher_is_better);
	assert_string_equal(pb_metrics_find(&f.m, "lat_p99@1")->unit, "ns");
	for (size_t i = 1; i < f.m.n; i++)
		assert_true(pb_metric_order(f.m.v[i - 1].name, f.m.v[i].name) < 0);
	close_run(&f);
}

/* The model's vCPU threads run 0.62 s for each 11520 completions, twice, and others little: 107.6 us each. */
static void cpu_time_is_per_io(void **state)
{
	struct fixture f;
	struct mk_run run;

	(void)state;
	mk_default(&run);
	open_run(&f, &run);
	assert_in_range((int)(10 * value(&f, "qemu_us_per_io@64")), 1050, 1130);
	assert_true(value(&f, "cpu_us_per_io@64") > 0);
	close_run(&f);
}

static void a_run_without_the_counters_has_no_cpu_time(void **state)
{
	struct fixture f;
	struct mk_run run;

	(void)state;
	mk_default(&run);
	run.drop_file = "host/cpu.csv";
	open_run(&f, &run);
	assert_null(pb_metrics_find(&f.m, "cpu_us_per_io@16"));
	assert_non_null(pb_metrics_find(&f.m, "qemu_us_per_io@16"));
	close_run(&f);
}

static void invalid_windows_do_not_count(void **state)
{
	struct fixture f;
	struct mk_run run;

	(void)state;
	mk_default(&run);
	run.step[4].reason = "failed-io";
	open_run(&f, &run);
	assert_null(pb_metrics_find(&f.m, "iops@16"));
	assert_non_null(pb_metrics_find(&f.m, "iops@8"));
	assert_int_equal(f.m.n_rejected, 1);
	assert_int_equal(f.m.rejected[0], 16);
	close_run(&f);
}

#define HEAD "t_ns,t_end_ns,guest,phase,block,depth,completed,iops,bw_bytes_s,lat_p99_ns,valid\n"

static void windows_of_a_depth_give_their_median(void **state)
{
	struct fixture f;
	struct mk_run run;

	(void)state;
	mk_default(&run);
	run.put[0].file = "steps.csv";
	run.put[0].text = HEAD "1,2,g,round,0,4,100,7,9,5,1\n"
			       "1,2,g,sweep,0,4,100,100,9,5,1\n"
			       "1,2,g,sweep,0,4,100,900,9,5,0\n"
			       "3,4,g,sweep,0,4,100,300,9,,1\n"
			       "5,6,g,sweep,0,4,100,110,9,7,1\n"
			       "5,6,g,a,0,4,100,8,9,7,1\n"
			       "7,8,g,path,0,8,0,,,,1\n";
	open_run(&f, &run);
	assert_float_equal(value(&f, "iops@4"), 110, 1e-9);
	assert_float_equal(value(&f, "lat_p99@4"), 6, 1e-9);
	assert_true(isnan(value(&f, "iops@8")));
	assert_null(pb_metrics_find(&f.m, "lat_p50@4"));
	close_run(&f);
}

static void an_edited_run_is_refused(void **state)
{
	struct fixture f;
	struct mk_run run;
	struct pb_err err = PB_ERR_INIT;
	struct pb_metrics m = {0};

	(void)state;
	mk_default(&run);
	open_run(&f, &run);
	tmpdir_write(&f.tmp, "run/steps.csv", HEAD "1,2,g,sweep,0,4,100,100,9,5,1\n");
	assert_true(pb_metrics_read(&m, f.path, &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	assert_non_null(strstr(err.msg, "steps.csv is not the file that was measured"));
	assert_null(m.v);
	close_run(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_depth_has_its_numbers),
		cmocka_unit_test(cpu_time_is_per_io),
		cmocka_unit_test(a_run_without_the_counters_has_no_cpu_time),
		cmocka_unit_test(invalid_windows_do_not_count),
		cmocka_unit_test(windows_of_a_depth_give_their_median),
		cmocka_unit_test(an_edited_run_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
