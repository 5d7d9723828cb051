/*
 * What disks below one port leave each other: known shares, enough for all, nobody there, and columns
 * missing.
 */
#include "analyzers/uplink.h"
#include "tests/unit/ruletest.h"

#define HEAD                                                                                                 \
	"t_ns,bdf,hop,kind,link_speed_gts,link_width,aer_correctable,aer_nonfatal,aer_fatal,shared_disks,"   \
	"shared_with\n"
#define DISK "5000000000000,0000:00:03.0,0,endpoint,8,4,0,0,0,0,\n"
/* 8 GT/s x1: 985 MB/s before packets of 128 bytes, 829 after */
#define PORT(shared) "5000000000000,0000:00:02.0,1,root-port,8,1,0,0,0," shared "\n"

static void make(struct mk_run *m, const char *pcie, double bytes_s)
{
	mk_default(m);
	m->lab = false;
	for (int i = 0; i < m->steps; i++)
		m->step[i].iops *= bytes_s / (11520 * 4096.);
	m->put[0].file = "host/pcie.csv";
	m->put[0].text = pcie;
}

static void shares(void **state)
{
	(void)state;
	assert_true(fabs(pb_uplink_share(1000, 500, 4) - .5) < 1e-9);
	assert_true(fabs(pb_uplink_share(1000, 250, 4) - 1) < 1e-9);
	assert_true(fabs(pb_uplink_share(1000, 250, 2) - 1) < 1e-9);
	assert_true(isnan(pb_uplink_share(0, 250, 2)) && isnan(pb_uplink_share(1000, NAN, 2)));
}

static void four_disks_on_one_lane(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	make(&m, HEAD DISK PORT("3,0000:05:00.0 0000:06:00.0 0000:07:00.0"), 500e6);
	rt_analyze(&m, &fs);
	f = rt_find(&fs, "thumb-uplink");
	assert_non_null(f);
	assert_int_equal(f->severity, PB_SEV_INFO);
	assert_non_null(strstr(f->title, "4 disks"));
	assert_true(fabs(f->evidence[0].value - 829. / 2000) < .005);
	assert_true(fabs(f->evidence[0].threshold - .38) < 1e-9);
	pb_findings_fini(&fs);
}

static void enough_for_all(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	make(&m, HEAD DISK PORT("1,0000:05:00.0"), 400e6);
	rt_analyze(&m, &fs);
	assert_non_null(strstr(rt_find(&fs, "thumb-uplink")->title, "each keep all"));
	pb_findings_fini(&fs);
}

static void nobody_there_or_emulated(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	make(&m, HEAD DISK PORT("0,"), 500e6);
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "thumb-uplink"));
	pb_findings_fini(&fs);
	make(&m, HEAD DISK PORT("3,0000:05:00.0"), 500e6);
	m.lab = true;
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "thumb-uplink"));
	pb_findings_fini(&fs);
}

static void it_says_what_it_lacks(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.lab = false;
	assert_true(
		rt_says_missing(&m, "thumb-lacks", "thumb-uplink needs host/pcie.csv, columns shared_disks"));
	make(&m, HEAD DISK "5000000000000,0000:00:02.0,1,root-port,,,0,0,0,3,0000:05:00.0\n", 500e6);
	assert_true(rt_says_missing(&m, "thumb-lacks", "link_speed_gts"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares),
		cmocka_unit_test(four_disks_on_one_lane),
		cmocka_unit_test(enough_for_all),
		cmocka_unit_test(nobody_there_or_emulated),
		cmocka_unit_test(it_says_what_it_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
