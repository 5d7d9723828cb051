/* The conclusions every format prints: which step, which answer, which checks. */
#include "reports/facts.h"
#include "reports/format.h"
#include "tests/unit/reporttest.h"

static bool has_check(const struct pb_facts *f, enum pb_check_level level, const char *text)
{
	for (size_t i = 0; i < f->n_check; i++)
		if (f->check[i].level == level && strstr(f->check[i].text, text))
			return true;
	return false;
}

static void facts_of(struct reporttest *t, struct pb_facts *f)
{
	struct pb_err err = PB_ERR_INIT;

	if (pb_facts_init(f, &t->in, &err) < 0)
		fail_msg("%s", err.msg);
}

static void search_decides_then_findings_then_speed(void **state)
{
	struct reporttest t;
	struct pb_facts f;

	(void)state;
	rep_open_default(&t);
	facts_of(&t, &f);
	assert_true(f.best->depth == 64);
	pb_facts_fini(&f);

	pb_finding_new(&t.findings, "R-Q2", "depth")->params = json_pack("{s:i}", "depth", 16);
	facts_of(&t, &f);
	assert_true(f.best->depth == 16);
	pb_facts_fini(&f);

	json_object_set_new(json_object_get(t.dir.manifest, "search"), "chosen_depth", json_integer(8));
	facts_of(&t, &f);
	assert_true(f.best->depth == 8);
	assert_non_null(strstr(f.headline, "queue depth 8"));
	pb_facts_fini(&f);
	rep_close(&t);
}

/* Seen in the lab: the first of five windows at the chosen depth was the disturbed one, and the headline. */
static void of_several_windows_the_middle_one_is_told(void **state)
{
	static const double iops[] = {4039, 5296, 6267, 5620, 5722};
	struct reporttest t;
	struct pb_facts f;
	size_t n = 0;

	(void)state;
	rep_open_default(&t);
	json_object_set_new(json_object_get(t.dir.manifest, "search"), "chosen_depth", json_integer(8));
	facts_of(&t, &f);
	for (size_t i = 0; i < f.steps.n && n < 5; i++)
		if (f.steps.v[i].valid && f.steps.v[i].phase == 's') {
			f.steps.v[i].depth = 8;
			f.steps.v[i].iops.est = iops[n++];
		}
	assert_int_equal(n, 5);
	f.best = pb_facts_window(&f, 8);
	assert_non_null(f.best);
	assert_true(f.best->iops.est == 5620);
	assert_null(pb_facts_window(&f, 7));
	pb_facts_fini(&f);
	rep_close(&t);
}

/* Without counters of the processor the traffic is computed, and every report says so. */
static void estimated_traffic_is_called_so(void **state)
{
	struct reporttest t;
	struct pb_facts f;
	char text[512];
	size_t i;

	(void)state;
	rep_open_default(&t);
	facts_of(&t, &f);
	for (i = 0; i < f.setup.n && !strstr(f.setup.v[i], "estimate"); i++)
		;
	assert_int_equal(i, f.setup.n);
	snprintf(text, sizeof(text),
		 "t_ns,source,to_host_bytes,to_device_bytes,link_bytes_s\r\n"
		 "%lld,estimate,0,0,250000000\r\n%lld,estimate,40000000,1000000,250000000\r\n",
		 (long long)f.best->t0_ns, (long long)f.best->t0_ns + 500000000);
	pb_facts_fini(&f);
	assert_int_equal(pb_rundir_put(&t.dir, "host/link_estimate.csv", text, strlen(text), NULL), 0);
	facts_of(&t, &f);
	for (i = 0; i < f.setup.n && strcmp(f.setup.v[i], "PCIe traffic (estimate)") != 0; i++)
		;
	assert_true(i + 1 < f.setup.n);
	assert_non_null(strstr(f.setup.v[i + 1], pb_format_bytes_s(80e6).s));
	assert_non_null(strstr(f.setup.v[i + 1], pb_format_bytes_s(2e6).s));
	assert_non_null(strstr(f.setup.v[i + 1], pb_format_bytes_s(250e6).s));
	assert_non_null(strstr(f.setup.v[i + 1], "not counted"));
	pb_facts_fini(&f);
	rep_close(&t);
}

/* The value of that row of the set-up, NULL when it is not there. */
static const char *setup_row(const struct pb_facts *f, const char *name)
{
	for (size_t i = 0; i + 1 < f->setup.n; i += 2)
		if (!strcmp(f->setup.v[i], name))
			return f->setup.v[i + 1];
	return NULL;
}

static void put_smart(struct reporttest *t, const char *rows)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "t_ns,temperature_c,media_errors,throttle1_transitions,throttle2_transitions\n%s", rows);
	assert_int_equal(pb_rundir_put(&t->dir, "guest/guest0/smart.csv", text, strlen(text), NULL), 0);
	json_object_set_new(json_object_get(t->dir.manifest, "files"), "guest/guest0/smart.csv",
			    json_string(""));
}

/* What the disk logged is told, and what it did not fill is left out. */
static void the_disks_own_log_is_told(void **state)
{
	json_t *nvme = json_pack("{s:i,s:i}", "coalescing_threshold", 8, "coalescing_us", 100);
	struct reporttest t;
	struct pb_facts f;

	(void)state;
	rep_open_default(&t);
	facts_of(&t, &f);
	assert_null(setup_row(&f, "The disk's own log"));
	pb_facts_fini(&f);
	put_smart(&t, "1,41,7,2,0\n9,44,7,2,0\n");
	json_object_set_new(json_object_get(json_object_get(t.dir.manifest, "guest"), "disk"), "nvme", nvme);
	facts_of(&t, &f);
	assert_string_equal(setup_row(&f, "The disk's own log"),
			    "41 \xc2\xb0"
			    "C before, 44 \xc2\xb0"
			    "C after, did not throttle itself, no media errors");
	assert_non_null(strstr(setup_row(&f, "Disk in the guest"), "up to 8 completions or"));
	pb_facts_fini(&f);
	put_smart(&t, "1,41,7,2,0\n9,90,9,3,4\n");
	json_object_set_new(nvme, "coalescing_us", json_integer(0));
	facts_of(&t, &f);
	assert_non_null(strstr(setup_row(&f, "The disk's own log"), "throttled itself 5 times"));
	assert_non_null(strstr(setup_row(&f, "The disk's own log"), "2 media errors"));
	assert_null(strstr(setup_row(&f, "Disk in the guest"), "coalesced"));
	pb_facts_fini(&f);
	put_smart(&t, "1,,,,\n9,44,1,,\n"); /* not filled: nothing is made up */
	facts_of(&t, &f);
	assert_null(setup_row(&f, "The disk's own log"));
	pb_facts_fini(&f);
	put_smart(&t, "1,41,0,0,0\n"); /* the disk could not be asked again */
	facts_of(&t, &f);
	assert_null(setup_row(&f, "The disk's own log"));
	pb_facts_fini(&f);
	rep_close(&t);
}

static void goal_is_answered(void **state)
{
	static const struct {
		double p99_ns, lat_ns;
		const char *say;
	} row[] = {{1e6, 2e6, " is met"}, {3e6, 2e6, "missed"}, {2e6, 2e6, "not certain"}};
	struct reporttest t;
	struct pb_facts f;
	struct mk_run m;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		mk_default(&m);
		for (int k = 0; k < m.steps; k++)
			m.step[k].p99_ns = row[i].p99_ns;
		m.slo_q = 0.99;
		m.slo_ns = row[i].lat_ns;
		rep_open(&t, &m);
		facts_of(&t, &f);
		assert_non_null(strstr(f.answer, row[i].say));
		pb_facts_fini(&f);
		rep_close(&t);
	}
}

static void bad_measurement_is_said(void **state)
{
	struct reporttest t;
	struct pb_facts f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.lab = true;
	m.clock_bound_ns = 1e9;
	m.fio_ratio = 1.05;
	for (int i = 0; i < m.steps; i++) {
		m.step[i].failed = 3;
		m.step[i].reason = "failed-io";
	}
	rep_open(&t, &m);
	facts_of(&t, &f);
	assert_null(f.best);
	assert_string_equal(f.headline, "No valid measurement");
	assert_true(has_check(&f, PB_CHECK_BAD, "21 I/Os failed"));
	assert_true(has_check(&f, PB_CHECK_BAD, "failed-io"));
	assert_true(has_check(&f, PB_CHECK_BAD, "clocks agree only"));
	assert_true(has_check(&f, PB_CHECK_BAD, "1.05"));
	assert_true(has_check(&f, PB_CHECK_NOTE, "lab"));
	pb_facts_fini(&f);
	rep_close(&t);
}

static void good_measurement_is_said(void **state)
{
	struct reporttest t;
	struct pb_facts f;

	(void)state;
	rep_open_default(&t);
	facts_of(&t, &f);
	for (size_t i = 0; i < f.n_check; i++)
		assert_int_not_equal(f.check[i].level, PB_CHECK_BAD);
	assert_true(has_check(&f, PB_CHECK_OK, "No I/O failed"));
	assert_true(f.missing.n > 0); /* the model has no PMU */
	pb_facts_fini(&f);
	rep_close(&t);
}

static void manifest_without_members_is_survived(void **state)
{
	static const char *const gone[] = {"disk", "guest", "host",    "clock",    "collectors", "search",
					   "goal", "fio",   "profile", "sampling", "warnings"};
	struct reporttest t;
	struct pb_facts f;

	(void)state;
	rep_open_default(&t);
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		json_object_del(t.dir.manifest, gone[i]);
		facts_of(&t, &f);
		pb_facts_fini(&f);
	}
	rep_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(search_decides_then_findings_then_speed),
		cmocka_unit_test(of_several_windows_the_middle_one_is_told),
		cmocka_unit_test(estimated_traffic_is_called_so),
		cmocka_unit_test(the_disks_own_log_is_told),
		cmocka_unit_test(goal_is_answered),
		cmocka_unit_test(bad_measurement_is_said),
		cmocka_unit_test(good_measurement_is_said),
		cmocka_unit_test(manifest_without_members_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
