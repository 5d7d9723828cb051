/*
 * Rules of the power family: known answers, noise, missing counters, boundaries.
 */
#include "engine/lib/json.h"
#include "tests/unit/mkfiles.h"
#include "tests/unit/ruletest.h"

/* Depths 1, 2 and 4 of a disk that answers in 125 us: nothing is recommended, so 4 is the depth in use. */
static void shallow(struct mk_run *m)
{
	mk_default(m);
	m->steps = 3;
	m->step[0].iops = 8000;
	m->step[1].iops = 12000;
	m->step[2].iops = 16000; /* 250 us each: beyond 200 us of polling */
}

static void done(struct mk_run *m, struct pb_findings *fs)
{
	pb_findings_fini(fs);
	mkf_free(m);
}

static void polls_that_give_up_too_early(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;
	long value;

	(void)state;
	shallow(&m);
	mkf_kvm(&m, .5, .9, .9, .2, .02);
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "R-P1");
	assert_non_null(f);
	assert_string_equal(pb_json_str(f->params, "kind", ""), "setting");
	assert_string_equal(pb_json_str(f->params, "path", ""), "/sys/module/kvm/parameters/halt_poll_ns");
	value = strtol(pb_json_str(f->params, "value", "0"), NULL, 10);
	assert_true(value > 250000 && value <= 500000); /* beyond the answer, not beyond the cap */
	assert_true(rt_list_has(&f->undo, "echo 200000 > /sys/module/kvm/parameters/halt_poll_ns"));
	assert_non_null(rt_evidence(f, "host/kvm.csv", "halt_successful_poll"));
	assert_null(rt_loud(&fs, "R-P2"));
	assert_null(rt_find(&fs, "power-ok"));
	done(&m, &fs);
}

static bool longer(double success, double halts, double wait, double iops4)
{
	struct mk_run m;
	bool loud;

	shallow(&m);
	m.lab = false;
	m.vcpu_wait = wait;
	m.step[2].iops = iops4;
	mkf_kvm(&m, .5, halts, halts, halts * success, .02);
	loud = rt_speaks(&m, "R-P1");
	mkf_free(&m);
	return loud;
}

static void longer_boundaries(void **state)
{
	(void)state;
	assert_true(longer(.48, .9, .004, 16000));
	assert_false(longer(.52, .9, .004, 16000)); /* half of the polls succeed */
	assert_true(longer(.2, .55, .004, 16000));
	assert_false(longer(.2, .45, .004, 16000)); /* few halts */
	assert_false(longer(.2, .9, .02, 16000));   /* vCPUs share CPUs */
	assert_false(longer(.2, .9, .004, 9000));   /* 444 us: out of reach */
	assert_false(longer(.2, .9, .004, 40000));  /* 100 us: covered already */
}

static void not_at_depth(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m); /* a knee at 16 */
	mkf_kvm(&m, .5, .9, .9, .2, .02);
	assert_false(rt_speaks(&m, "R-P1"));
	assert_false(rt_speaks(&m, "R-P3"));
	mkf_free(&m);
}

static void longer_says_what_it_lacks(void **state)
{
	struct mk_run m;

	(void)state;
	shallow(&m);
	m.drop_file = "host/kvm.csv";
	assert_true(rt_says_missing(&m, "power-lacks", "R-P1 needs host/kvm.csv"));
	assert_true(rt_says_missing(&m, "power-lacks", "R-P2 needs host/kvm.csv"));
	assert_false(rt_speaks(&m, "R-P1"));
	shallow(&m);
	mkf_kvm(&m, .5, .9, .9, .2, .02);
	rt_blank(&m, "host/threads.csv", "wait_ns");
	assert_true(rt_says_missing(&m, "power-lacks", "R-P1 needs host/threads.csv"));
	assert_false(rt_speaks(&m, "R-P1"));
	mkf_free(&m);
	shallow(&m);
	mkf_kvm(&m, .5, .9, .9, .2, .02);
	m.drop_file = "guest/guest0/latency.csv";
	assert_true(rt_says_missing(&m, "power-lacks", "R-P1 needs guest/"));
	mkf_free(&m);
	shallow(&m);
	mkf_kvm(&m, .5, .9, .9, .2, .02);
	m.patch = "{\"host\": {\"halt_poll_ns\": null}}";
	assert_true(rt_says_missing(&m, "power-lacks", "R-P1 needs manifest.json, host.halt_poll_ns"));
	mkf_free(&m);
}

static void polling_in_vain(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.lab = false;
	m.vcpu_wait = .05;
	mkf_kvm(&m, .5, .4, .4, .1, .12);
	rt_analyze(&m, &fs);
	assert_string_equal(pb_json_str(rt_loud(&fs, "R-P2")->params, "value", ""), "50000");
	done(&m, &fs);
	mkf_kvm(&m, .5, .4, .4, .1, .12);
	m.patch = "{\"host\": {\"halt_poll_ns\": 20000}}";
	rt_analyze(&m, &fs);
	assert_string_equal(pb_json_str(rt_loud(&fs, "R-P2")->params, "value", ""), "0");
	done(&m, &fs);
	mk_default(&m); /* nobody waits: said, not advised */
	mkf_kvm(&m, .5, .4, .4, .1, .12);
	rt_analyze(&m, &fs);
	assert_int_equal(rt_find(&fs, "R-P2")->severity, PB_SEV_INFO);
	done(&m, &fs);
	m.vcpu_wait = .05;
	mkf_kvm(&m, .5, .4, .4, .1, .09);
	assert_false(rt_speaks(&m, "R-P2"));
	mkf_free(&m);
	mkf_kvm(&m, .5, .4, .4, .1, .12);
	rt_blank(&m, "host/threads.csv", "wait_ns");
	assert_true(rt_says_missing(&m, "power-lacks", "R-P2 needs host/threads.csv"));
	mkf_free(&m);
}

static void guests_may_poll_themselves(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	shallow(&m);
	mkf_kvm(&m, .5, .9, .9, .2, .02);
	rt_analyze(&m, &fs);
	assert_true(rt_list_has(&rt_loud(&fs, "R-P3")->apply, "haltpoll"));
	done(&m, &fs);
	mkf_kvm(&m, .5, .4, .9, .2, .02); /* polls, but hardly a halt */
	assert_false(rt_speaks(&m, "R-P3"));
	mkf_free(&m);
}

/* Each CPU of the path enters a state of `us` exit latency `per_io` times an I/O. */
static void sleeping(struct mk_run *m, double per_io)
{
	static const char *const cpus[] = {"0", "1", "2", "3"};
	const struct mkf_col busy[] = {{"freq_khz", 0, 0, "2000000"},   {"idle0_poll_count", 2, 0, NULL},
				       {"idle0_poll_ns", 100, 0, NULL}, {"idle2_c6_count", per_io, 0, NULL},
				       {"idle2_c6_ns", 1000, 0, NULL},  {NULL, 0, 0, NULL}};
	const struct mkf_col other[] = {{"freq_khz", 0, 0, "2000000"},
					{"idle0_poll_count", 0, 0, NULL},
					{"idle0_poll_ns", 0, 0, NULL},
					{"idle2_c6_count", 9, 0, NULL}, /* not in the path: no matter */
					{"idle2_c6_ns", 1000, 0, NULL},
					{NULL, 0, 0, NULL}};
	const struct mkf_col *const rows[] = {busy, busy, other, other};

	mkf_put(m, "host/power.csv", mkf_counters(m, "cpu", cpus, 4, rows, MK_TICK));
	m->patch = "{\"environment\": {\"cpuidle.state0_latency_us\": \"0\", \"cpuidle.state2_latency_us\": "
		   "\"133\", \"tuned_profile\": \"virtual-host\"}}";
}

static void cpus_that_sleep_too_deeply(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	shallow(&m); /* depth 1: 125 us; two CPUs of 0.05 * 133 us each are 13 us, a tenth */
	sleeping(&m, .05);
	rt_analyze(&m, &fs);
	assert_non_null(rt_loud(&fs, "R-P4"));
	assert_true(fabs(rt_evidence(rt_loud(&fs, "R-P4"), "host/power.csv", "cpu")->value - .106) < .01);
	assert_true(rt_list_has(&rt_loud(&fs, "R-P4")->undo, "tuned-adm profile virtual-host"));
	done(&m, &fs);
	sleeping(&m, .02); /* 4.3% */
	assert_false(rt_speaks(&m, "R-P4"));
	mkf_free(&m);
	mk_default(&m); /* deep enough to keep CPUs awake, whatever depth 1 does */
	sleeping(&m, .5);
	rt_analyze(&m, &fs);
	assert_int_equal(rt_find(&fs, "R-P4")->severity, PB_SEV_INFO);
	done(&m, &fs);
}

static void sleep_says_what_it_lacks(void **state)
{
	struct mk_run m;

	(void)state;
	shallow(&m);
	assert_true(rt_says_missing(&m, "power-lacks", "R-P4 needs host/power.csv"));
	sleeping(&m, .05);
	m.patch = NULL;
	assert_true(rt_says_missing(&m, "power-lacks", "R-P4 needs manifest.json, environment cpuidle"));
	assert_false(rt_speaks(&m, "R-P4"));
	mkf_free(&m);
}

static void healthy_is_said(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	rt_analyze(&m, &fs);
	assert_non_null(rt_find(&fs, "power-ok"));
	pb_findings_fini(&fs);
	m.path = "local"; /* no guest, no KVM, no idle states: nothing was looked at */
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "power-ok"));
	assert_false(rt_lacks(&fs, "power-lacks", "R-P1"));
	pb_findings_fini(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(polls_that_give_up_too_early),
		cmocka_unit_test(longer_boundaries),
		cmocka_unit_test(not_at_depth),
		cmocka_unit_test(longer_says_what_it_lacks),
		cmocka_unit_test(polling_in_vain),
		cmocka_unit_test(guests_may_poll_themselves),
		cmocka_unit_test(cpus_that_sleep_too_deeply),
		cmocka_unit_test(sleep_says_what_it_lacks),
		cmocka_unit_test(healthy_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
