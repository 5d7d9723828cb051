/*
 * Rules of the families neighbour and method: who shares the way, and whether repeats support a conclusion.
 */
#include "tests/unit/ruletest.h"

#define HEAD                                                                                                 \
	"t_ns,bdf,hop,kind,link_speed_gts,link_width,aer_correctable,aer_nonfatal,aer_fatal,shared_disks,"   \
	"shared_with\n"
#define SHARED "5000000000000,0000:00:03.0,0,endpoint,8,4,0,0,0,1,0000:05:00.0\n"
#define ALONE "5000000000000,0000:00:03.0,0,endpoint,8,4,0,0,0,0,\n"
#define SOLO(iops, lo, p99)                                                                                  \
	"{\"solo\": {\"points\": [{\"depth\": 64, \"iops\": " iops ", \"iops_lo\": " lo                      \
	", \"lat_p99_ns\": " p99 "}]}}"
#define IRQ_HEAD "t_ns,irq,name,kind,cpu0,cpu1,cpu2,cpu3\n"
#define IRQ(t, n) t ",50,vfio-msix[1](0000:05:00.0),neighbour,0,0,0," n "\n"

static void shared(struct mk_run *m, const char *pcie)
{
	mk_default(m);
	m->put[0].file = "host/pcie.csv";
	m->put[0].text = pcie;
}

static void slower_than_alone_below_a_shared_port(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	shared(&m, HEAD SHARED);
	m.patch = SOLO("22000", "21800", "5000000");
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "R-N2");
	assert_non_null(f);
	assert_true(rt_list_has(&f->apply, "another root port"));
	assert_string_equal(f->gain_of, "iops");
	assert_true(f->gain_pct > 90 && f->gain_pct < 92);
	for (size_t i = 0; i < f->apply.n; i++)
		assert_null(strstr(f->apply.v[i], "io.")); /* no host block device under VFIO */
	pb_findings_fini(&fs);
	m.patch = SOLO("13000", "12900", "11000000"); /* 1.13, p99 about the same */
	assert_false(rt_speaks(&m, "R-N2"));
	m.patch = SOLO("12000", "11900", "3000000"); /* p99 more than twice */
	assert_true(rt_speaks(&m, "R-N2"));
	m.patch = SOLO("14000", "11000", "11000000"); /* the interval leaves no difference open */
	assert_false(rt_speaks(&m, "R-N2"));
	shared(&m, HEAD ALONE);
	m.patch = SOLO("22000", "21800", "5000000");
	rt_analyze(&m, &fs);
	assert_true(rt_list_has(&rt_loud(&fs, "R-N2")->apply, "resctrl"));
	pb_findings_fini(&fs);
}

static void busy_neighbour_without_solo_is_a_question(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	shared(&m, HEAD SHARED);
	m.put[1].file = "host/interrupts.csv";
	m.put[1].text = IRQ_HEAD IRQ("5000000000000", "0") IRQ("5030000000000", "9000");
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "R-N2");
	assert_non_null(f);
	assert_string_equal(f->confidence, "low");
	assert_true(rt_list_has(&f->missing, "--solo"));
	assert_non_null(rt_evidence(f, "host/interrupts.csv", "kind"));
	f = rt_find(&fs, "limit");
	assert_string_equal(json_string_value(json_object_get(f->params, "class")), "shared");
	pb_findings_fini(&fs);
	m.steps = 4; /* the curve still grows: nothing is held back */
	assert_false(rt_speaks(&m, "R-N2"));
	shared(&m, HEAD SHARED);
	m.put[1].file = "host/interrupts.csv";
	m.put[1].text = IRQ_HEAD IRQ("5000000000000", "0") IRQ("5030000000000", "300"); /* idle */
	assert_false(rt_speaks(&m, "R-N2"));
	assert_false(rt_says_missing(&m, "limit", "was busy")); /* known: it was not */
}

static void neighbour_says_what_it_lacks(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	assert_true(rt_says_missing(&m, "R-N2", "shared_disks"));
	shared(&m, HEAD SHARED);
	assert_true(rt_says_missing(&m, "R-N2", "kind neighbour"));
	mk_default(&m);
	m.path = "virtio-blk";
	m.managed = 1;
	assert_true(rt_says_missing(&m, "R-N1", "host/block.csv"));
	m.cache = "writeback";
	assert_true(rt_says_missing(&m, "R-N1", "--solo"));
}

static void healthy_machine_has_no_neighbour(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	shared(&m, HEAD ALONE);
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "R-N2"));
	pb_findings_fini(&fs);
}

static void others_on_the_same_host_disk(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.path = "virtio-blk";
	m.managed = 1;
	m.put[0].file = "host/block.csv";
	/* the top step moves 11520 * 4096 = 47.2 MB/s */
	m.put[0].text = "t_ns,block,role,read_bytes,write_bytes\n5000000000000,nvme1n1,disk,0,0\n"
			"5030000000000,nvme1n1,disk,1800000000,0\n";
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "R-N1");
	assert_non_null(f);
	assert_true(rt_list_has(&f->apply, "io.cost.qos") && rt_list_has(&f->undo, "enable=0"));
	assert_string_equal(f->confidence, "low");
	assert_null(f->params); /* the neighbour has less than a fair share */
	pb_findings_fini(&fs);
	m.put[0].text = "t_ns,block,role,read_bytes,write_bytes\n5000000000000,nvme1n1,disk,0,0\n"
			"5030000000000,nvme1n1,disk,4500000000,0\n"; /* 150 MB/s in all, 103 of them its */
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "R-N1");
	assert_string_equal(json_string_value(json_object_get(f->params, "kind")), "io-limit");
	assert_true(fabs(json_real_value(json_object_get(f->params, "bytes_s")) / 67.5e6 - 1) < .01);
	assert_true(rt_list_has(&f->apply, "--rule R-N1") && rt_list_has(&f->undo, "rbps=max"));
	pb_findings_fini(&fs);
	m.put[0].text = "t_ns,block,role,read_bytes,write_bytes\n5000000000000,nvme1n1,disk,0,0\n"
			"5030000000000,nvme1n1,disk,1420000000,0\n";
	assert_false(rt_speaks(&m, "R-N1"));
}

static void rounds_that_did_not_settle(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	assert_false(rt_speaks(&m, "R-M1"));
	m.patch = "{\"steady\": {\"mode\": \"rounds\", \"steady\": false, \"rounds\": 25, \"range\": 0.31, "
		  "\"excursion\": 0.08}}";
	rt_analyze(&m, &fs);
	assert_int_equal(rt_loud(&fs, "R-M1")->severity, PB_SEV_WARNING);
	assert_non_null(rt_evidence(rt_find(&fs, "R-M1"), "manifest.json", "steady.range"));
	pb_findings_fini(&fs);
	m.patch = "{\"steady\": {\"mode\": \"rounds\", \"steady\": true, \"rounds\": 6, \"range\": 0.11, "
		  "\"excursion\": 0.08}}";
	assert_false(rt_speaks(&m, "R-M1"));
	m.patch = "{\"steady\": {\"mode\": \"rounds\", \"steady\": false, \"rounds\": 3}}";
	rt_analyze(&m, &fs);
	assert_true(rt_lacks(&fs, "R-M1", "steady.range"));
	pb_findings_fini(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slower_than_alone_below_a_shared_port),
		cmocka_unit_test(busy_neighbour_without_solo_is_a_question),
		cmocka_unit_test(neighbour_says_what_it_lacks),
		cmocka_unit_test(healthy_machine_has_no_neighbour),
		cmocka_unit_test(others_on_the_same_host_disk),
		cmocka_unit_test(rounds_that_did_not_settle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
