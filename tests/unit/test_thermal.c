/*
 * The thermal half of R-D4: counters of disk and processors that moved, stood still, or are missing.
 */
#include "tests/unit/ruletest.h"

#define SMART                                                                                                \
	"t_ns,critical_warning,temperature_c,warning_temp_min,critical_temp_min,throttle1_transitions,"      \
	"throttle2_transitions,throttle1_s,throttle2_s\n"
#define POWER "t_ns,cpu,freq_khz,core_throttles,core_throttled_ns,package_throttles,package_throttled_ns\n"
#define QUIET_POWER                                                                                          \
	POWER "5000000000000,0,2000000,7,100,7,100\n5000000000000,1,2000000,7,100,7,100\n"                   \
	      "5010000000000,0,2000000,7,100,7,100\n5010000000000,1,2000000,7,100,7,100\n"
#define QUIET_SMART SMART "5000000000000,0,40,3,0,5,1,600,20\n5010000000000,0,68,3,0,5,1,600,20\n"

static void put(struct mk_run *m, const char *smart, const char *power)
{
	mk_default(m);
	m->put[0].file = smart ? "guest/guest0/smart.csv" : NULL;
	m->put[0].text = smart;
	m->put[1].file = power ? "host/power.csv" : NULL;
	m->put[1].text = power;
}

static enum pb_severity severity(const struct mk_run *m)
{
	struct pb_findings fs;
	struct pb_finding *f;
	enum pb_severity s;

	rt_analyze(m, &fs);
	f = rt_find(&fs, "valid-thermal");
	s = f ? f->severity : PB_SEV_INFO;
	pb_findings_fini(&fs);
	return s;
}

static void a_disk_that_throttled_invalidates_the_run(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	put(&m, SMART "5000000000000,0,40,3,0,5,1,600,20\n5010000000000,0,79,3,0,6,1,604,20\n", QUIET_POWER);
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "valid-thermal");
	assert_non_null(f);
	assert_int_equal(f->severity, PB_SEV_CRITICAL);
	assert_non_null(rt_evidence(f, "guest/guest0/smart.csv", "throttle1_transitions"));
	assert_true(fabs(rt_evidence(f, "guest/guest0/smart.csv", "throttle1_s")->value - 4) < .01);
	assert_int_equal(f->n_evidence, 2);
	assert_int_equal(f->missing.n, 0);
	pb_findings_fini(&fs);
	put(&m, SMART "5000000000000,0,40,3,0,5,1,600,20\n5010000000000,2,79,3,0,5,1,600,20\n", QUIET_POWER);
	assert_int_equal(severity(&m), PB_SEV_CRITICAL); /* its own warning */
}

static void counters_that_stand_still_say_nothing(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	put(&m, QUIET_SMART, QUIET_POWER);
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "valid-thermal"));
	assert_non_null(rt_find(&fs, "valid-ok"));
	pb_findings_fini(&fs);
	put(&m, SMART "5000000000000,1,40,3,0,5,1,600,20\n5010000000000,1,68,3,0,5,1,600,20\n", QUIET_POWER);
	assert_int_equal(severity(&m), PB_SEV_INFO); /* another warning: spare blocks */
}

static void processors_that_throttled_are_said(void **state)
{
	struct mk_run m;

	(void)state;
	put(&m, QUIET_SMART, POWER "5000000000000,0,2000000,7,0,7,0\n5010000000000,0,2000000,9,50000,7,0\n");
	assert_int_equal(severity(&m), PB_SEV_WARNING);
}

/* 1% of 10 s, and a little more. */
static void throttled_boundary(void **state)
{
	struct mk_run m;

	(void)state;
	put(&m, QUIET_SMART, POWER "5000000000000,0,1,7,0,7,0\n5010000000000,0,1,9,100000000,7,0\n");
	assert_int_equal(severity(&m), PB_SEV_WARNING);
	put(&m, QUIET_SMART, POWER "5000000000000,0,1,7,0,7,0\n5010000000000,0,1,9,100000001,7,0\n");
	assert_int_equal(severity(&m), PB_SEV_CRITICAL);
}

static void it_says_what_it_lacks(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	put(&m, NULL, NULL);
	rt_analyze(&m, &fs);
	assert_true(rt_lacks(&fs, "valid-thermal", "smart.csv"));
	assert_true(rt_lacks(&fs, "valid-thermal", "host/power.csv"));
	pb_findings_fini(&fs);
	put(&m, SMART "5000000000000,0,40,,,,,,\n5010000000000,0,68,,,,,,\n", QUIET_POWER);
	assert_true(rt_says_missing(&m, "valid-thermal", "smart.csv"));
	put(&m, QUIET_SMART, POWER "5000000000000,0,1,,,,\n5010000000000,0,1,,,,\n");
	assert_true(rt_says_missing(&m, "valid-thermal", "core_throttles"));
	/* a virtio guest's disk has no SMART log of its own */
	put(&m, NULL, QUIET_POWER);
	m.path = "virtio-blk";
	m.managed = 1;
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "valid-thermal"));
	pb_findings_fini(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_that_throttled_invalidates_the_run),
		cmocka_unit_test(counters_that_stand_still_say_nothing),
		cmocka_unit_test(processors_that_throttled_are_said),
		cmocka_unit_test(throttled_boundary),
		cmocka_unit_test(it_says_what_it_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
