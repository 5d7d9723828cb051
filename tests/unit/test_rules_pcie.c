/*
 * Rules of the pcie family: a link that trained down, a full one, one that sleeps.
 */
#include "tests/unit/ruletest.h"

#define HEAD                                                                                                 \
	"t_ns,bdf,hop,kind,link_speed_gts,link_width,link_max_speed_gts,link_max_width,mps_bytes,aspm,"      \
	"aer_correctable,aer_nonfatal,aer_fatal,shared_disks,shared_with\n"
#define START(speed, width, max, lanes, aspm)                                                                \
	"5000000000000,0000:00:03.0,0,endpoint," speed "," width "," max "," lanes ",256," aspm ",0,0,0,0,"  \
	"\n"
/* in the window of the first step: 5001.5 to 5003.5 s */
#define LOADED(speed, width) "5002000000000,0000:00:03.0,0,endpoint," speed "," width ",,,,,0,0,0,,\n"

static void real(struct mk_run *m, const char *pcie)
{
	mk_default(m);
	m->lab = false;
	m->put[0].file = "host/pcie.csv";
	m->put[0].text = pcie;
}

static void link_below_both_ends(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	real(&m, HEAD START("16", "4", "16", "4", "off") LOADED("16", "2"));
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "R-D1");
	assert_non_null(f);
	assert_true(strstr(f->title, "50%"));
	assert_string_equal(f->change_class, "H");
	assert_non_null(rt_evidence(f, "host/pcie.csv", "link_width"));
	pb_findings_fini(&fs);
	real(&m, HEAD START("16", "4", "16", "4", "off") LOADED("16", "4"));
	assert_false(rt_speaks(&m, "R-D1"));
	real(&m, HEAD START("2.5", "4", "16", "4", "off") LOADED("16", "4")); /* slower while idle */
	assert_false(rt_speaks(&m, "R-D1"));
	real(&m, HEAD START("16", "4", "", "", "off") LOADED("16", "2"));
	assert_true(rt_says_missing(&m, "R-D1", "link_max_*"));
	real(&m, HEAD START("16", "4", "16", "4", "off") LOADED("16", "2"));
	m.lab = true;
	assert_false(rt_speaks(&m, "R-D1"));
}

static void full_link_ends_tuning(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	/* 2.5 GT/s x1, payloads of 256 bytes: 228.6 MB/s; 90% are 50226 I/Os of 4 KiB */
	real(&m, HEAD START("2.5", "1", "2.5", "1", "off"));
	for (int i = 0; i < m.steps; i++)
		m.step[i].iops *= 50240.0 / 11520;
	rt_analyze(&m, &fs);
	f = rt_find(&fs, "R-D2");
	assert_non_null(f);
	assert_int_equal(f->severity, PB_SEV_INFO);
	assert_int_equal(f->n_evidence, 1);
	pb_findings_fini(&fs);
	for (int i = 0; i < m.steps; i++)
		m.step[i].iops *= 50200.0 / 50240;
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "R-D2"));
	pb_findings_fini(&fs);
	m.put[0].text = HEAD START("", "", "", "", "");
	assert_true(rt_says_missing(&m, "R-D2", "link_speed_gts"));
}

/* Latency of depth 1 at 80 us, `late` of 100 I/Os at 100 us; depth 2 at 90 us. */
static char *histogram(int late, int late_at_two)
{
	static char text[1024];

	snprintf(text, sizeof(text),
		 "t_ns,t_end_ns,depth,dir,bin,lat_ns,count\n"
		 "%lld,%lld,1,read,1,79500,%d\n%lld,%lld,1,read,2,80500,40\n%lld,%lld,1,read,3,100500,%d\n"
		 "%lld,%lld,2,read,1,90500,%d\n%lld,%lld,2,read,2,110500,%d\n",
		 (long long)mk_start(0), (long long)mk_start(0) + 1, 60 - late, (long long)mk_start(0),
		 (long long)mk_start(0) + 1, (long long)mk_start(0), (long long)mk_start(0) + 1, late,
		 (long long)mk_start(1), (long long)mk_start(1) + 1, 100 - late_at_two,
		 (long long)mk_start(1), (long long)mk_start(1) + 1, late_at_two);
	return text;
}

static void a_link_that_sleeps(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	real(&m, HEAD START("16", "4", "16", "4", "L1"));
	m.put[1].file = "guest/guest0/latency.csv";
	m.put[1].text = histogram(20, 1);
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "R-D5");
	assert_non_null(f);
	assert_true(rt_list_has(&f->apply, "pcie_aspm"));
	assert_int_equal(f->evidence[0].value * 100, 20);
	pb_findings_fini(&fs);
	m.put[1].text = histogram(20, 15); /* there at depth 2 too: the disk is like that */
	assert_false(rt_speaks(&m, "R-D5"));
	m.put[1].text = histogram(4, 1); /* a tail */
	assert_false(rt_speaks(&m, "R-D5"));
	m.put[1].text = histogram(20, 1);
	m.put[0].text = HEAD START("16", "4", "16", "4", "off");
	assert_false(rt_speaks(&m, "R-D5"));
	m.put[0].text = HEAD START("16", "4", "16", "4", "");
	assert_true(rt_says_missing(&m, "R-D5", "aspm"));
}

static void healthy_example_is_silent(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	rt_analyze(&m, &fs);
	for (size_t i = 0; i < fs.n; i++)
		assert_string_not_equal(fs.v[i]->family, "pcie");
	pb_findings_fini(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_below_both_ends),
		cmocka_unit_test(full_link_ends_tuning),
		cmocka_unit_test(a_link_that_sleeps),
		cmocka_unit_test(healthy_example_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
