/* The depth curve out of steps.csv: windows of one depth become one point. */
#include "analyzers/run.h"
#include "analyzers/sweep.h"
#include "tests/unit/ruletest.h"

static void read_sweep(struct mk_run *m, struct pb_sweep *s, const char *search)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_run *run;
	struct pb_rundir d;
	struct tmpdir t;
	char path[128];

	tmpdir_make(&t);
	snprintf(path, sizeof(path), "%s/run", t.path);
	assert_int_equal(mk_write(m, path), 0);
	if (search) {
		assert_int_equal(pb_rundir_open(&d, path, &err), 0);
		json_object_set_new(d.manifest, "search", json_loads(search, 0, NULL));
		assert_int_equal(pb_rundir_seal(&d, &err), 0);
		pb_rundir_close(&d);
	}
	assert_int_equal(pb_run_open(&run, path, &err), 0);
	pb_sweep_read(s, run);
	for (unsigned i = 0; i < s->n; i++)
		s->p[i].reason = NULL; /* borrowed from the table that is closed now */
	pb_run_close(run);
	tmpdir_remove(&t);
}

/* Depth 4 twice: 7300 +- 1.2% and 7500 +- 1.2%. */
static void two_visits(struct mk_run *m)
{
	mk_default(m);
	m->step[m->steps++] = (struct mk_step){.depth = 4, .iops = 7500, .half = 0.012};
}

static void windows_of_one_depth_become_one_point(void **state)
{
	struct pb_sweep s;
	struct mk_run m;
	double half;

	(void)state;
	two_visits(&m);
	read_sweep(&m, &s, NULL);
	assert_int_equal(s.n, 7);
	assert_int_equal(s.n_valid, 7);
	assert_int_equal(s.p[2].depth, 4);
	assert_true(s.p[2].iops > 7390 && s.p[2].iops < 7410);
	half = (s.p[2].iops_hi - s.p[2].iops_lo) / 2;
	assert_true(half > 60 && half < 65); /* 88 and 90 joined */
}

static void invalid_windows_are_not_joined(void **state)
{
	struct pb_sweep s;
	struct mk_run m;

	(void)state;
	two_visits(&m);
	m.step[7].reason = "depth-not-held";
	read_sweep(&m, &s, NULL);
	assert_int_equal(s.n, 8);
	assert_int_equal(s.n_valid, 7);
	assert_true(s.p[2].iops > 7290 && s.p[2].iops < 7310);
}

static void the_search_knows_better(void **state)
{
	struct pb_sweep s;
	struct mk_run m;

	(void)state;
	two_visits(&m);
	read_sweep(&m, &s,
		   "{\"points\": [{\"depth\": 4, \"iops\": 7411.0, \"iops_lo\": 7000.0, \"iops_hi\": 7800.0},"
		   "{\"depth\": 8, \"iops\": null}]}");
	assert_true(fabs(s.p[2].iops - 7411) < 1e-9);
	assert_true(fabs(s.p[2].iops_lo - 7000) < 1e-9);
	assert_true(s.p[3].iops > 9890 && s.p[3].iops < 9910);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_of_one_depth_become_one_point),
		cmocka_unit_test(invalid_windows_are_not_joined),
		cmocka_unit_test(the_search_knows_better),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
