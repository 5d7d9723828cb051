/* The bytes on the link for each of payload, and the table of the reports. */
#include <math.h>

#include "analyzers/iocost.h"
#include "engine/lib/json.h"
#include "reports/iocost.h"
#include "tests/unit/ruletest.h"

#define SECOND 1000000000LL
#define LINK "t_ns,source,read_bytes,write_bytes,commands,to_host_bytes,to_device_bytes\n"

static double ratio_of(const char *rows)
{
	struct pb_point p = {.t0_ns = SECOND, .t1_ns = 9 * SECOND};
	struct pb_err err = PB_ERR_INIT;
	struct pb_run *run = NULL;
	struct pb_rundir d;
	struct tmpdir t;
	char text[1024], dir[128];
	double v;

	tmpdir_make(&t);
	snprintf(dir, sizeof(dir), "%s/run", t.path);
	assert_int_equal(pb_rundir_create(&d, dir, NULL), 0);
	snprintf(text, sizeof(text), LINK "%s", rows);
	if (*rows)
		assert_int_equal(pb_rundir_put(&d, "host/link_estimate.csv", text, strlen(text), NULL), 0);
	assert_int_equal(pb_rundir_seal(&d, NULL), 0);
	pb_rundir_close(&d);
	if (pb_run_open(&run, dir, &err) < 0)
		fail_msg("%s", err.msg);
	v = pb_iocost_link(run, &p);
	pb_run_close(run);
	tmpdir_remove(&t);
	return v;
}

static void both_directions_over_the_payload(void **state)
{
	(void)state;
	assert_true(fabs(ratio_of("0,estimate,0,0,0,0,0\n10000000000,estimate,3000,1000,1,4500,500\n") -
			 1.25) < 1e-9);
	assert_true(isnan(
		ratio_of("0,estimate,0,0,0,0,0\n10000000000,estimate,0,0,1,4500,500\n"))); /* no payload */
	assert_true(isnan(ratio_of("0,estimate,0,0,0,0,0\n10000000000,estimate,3000,1000,1,,500\n")));
	assert_true(isnan(ratio_of(
		"0,estimate,0,0,0,0,0\n3000000000,estimate,3000,1000,1,4500,500\n"))); /* too short */
	assert_true(isnan(ratio_of("")));
}

static void cells_and_gaps_of_the_table(void **state)
{
	json_t *p = json_pack("{s:s,s:[{s:i,s:f,s:n,s:s}],s:{s:s,s:s}}", "kind", "io-cost", "steps", "depth",
			      4, "exits", 1.2345, "vcpu_us", "irq_us", "<b>", "missing", "vcpu_us",
			      "host/threads.csv", "nonsense", "x");
	struct pb_strv missing = {0};

	(void)state;
	assert_int_equal(pb_iocost_rows(p), 1);
	assert_string_equal(pb_iocost_cell(p, 0, 0).s, "4");
	assert_string_equal(pb_iocost_cell(p, 0, 4).s, "1.23");
	assert_string_equal(pb_iocost_cell(p, 0, 6).s, "\xe2\x80\x93"); /* null */
	assert_string_equal(pb_iocost_cell(p, 0, 9).s, "\xe2\x80\x93"); /* no number */
	assert_string_equal(pb_iocost_cell(p, 7, 0).s, "\xe2\x80\x93"); /* no row */
	pb_iocost_missing(p, &missing);
	assert_int_equal(missing.n, 1);
	assert_string_equal(missing.v[0], "vcpu_us: host/threads.csv");
	pb_strv_fini(&missing);
	json_decref(p);
	assert_int_equal(pb_iocost_rows(NULL), 0);
}

static void counted_comes_before_estimated(void **state)
{
	json_t *p = json_pack("{s:s,s:[{s:f,s:n},{s:n,s:f},{s:n,s:n}]}", "kind", "io-cost", "steps",
			      "link_estimate", 1.25, "link_counted", "link_estimate", "link_counted", 1.0625,
			      "link_estimate", "link_counted");

	(void)state;
	assert_string_equal(pb_iocost_cell(p, 0, PB_IOCOST_COLUMNS - 1).s, "1.25 est.");
	assert_string_equal(pb_iocost_cell(p, 1, PB_IOCOST_COLUMNS - 1).s, "1.06");
	assert_string_equal(pb_iocost_cell(p, 2, PB_IOCOST_COLUMNS - 1).s, "\xe2\x80\x93");
	json_decref(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_over_the_payload),
		cmocka_unit_test(counted_comes_before_estimated),
		cmocka_unit_test(cells_and_gaps_of_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
