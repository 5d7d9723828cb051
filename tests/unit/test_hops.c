/* The disk's way through the PCIe tree: order, the fastest link of the run, what both ends can do. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/lib/csv.h"
#include "reports/hops.h"
#include "tests/unit/tmpdir.h"

#define HEAD                                                                                                 \
	"t_ns,bdf,hop,kind,link_speed_gts,link_width,max_link_speed_gts,max_link_width,numa_node,iommu_"     \
	"group,"                                                                                             \
	"driver,acs,link_max_speed_gts,link_max_width,shared_disks,shared_with\n"

static void read_text(struct pb_hops *h, const char *text)
{
	struct tmpdir tmp;

	tmpdir_make(&tmp);
	mkdirat(tmp.fd, "host", 0755);
	if (text)
		tmpdir_write(&tmp, "host/pcie.csv", text);
	pb_hops_read(h, tmp.fd);
	tmpdir_remove(&tmp);
}

/* The link sleeps at the start and wakes under load; the port below it is slower than the disk by itself. */
static void fastest_row_against_both_ends(void **state)
{
	struct pb_hops h;

	(void)state;
	read_text(&h, HEAD "1,0000:01:00.0,0,endpoint,2.5,4,16,4,1,7,vfio-pci,,8,4,0,\n"
			   "1,0000:00:01.0,1,root-port,2.5,4,8,16,1,2,pcieport,SV,8,4,1,0000:02:00.0\n"
			   "2,0000:01:00.0,0,endpoint,8,4,16,4,1,7,vfio-pci,,,,,\n"
			   "2,0000:00:01.0,1,root-port,8,2,8,16,1,2,pcieport,,,,,\n"
			   "3,0000:01:00.0,0,endpoint,2.5,4,16,4,1,7,vfio-pci,,8,4,0,\n");
	assert_int_equal(h.n, 2);
	assert_string_equal(h.v[0].bdf, "0000:01:00.0");
	assert_true(h.v[0].gts == 8 && h.v[0].max_gts == 8);
	assert_false(h.v[0].degraded);
	assert_string_equal(h.v[1].kind, "root-port");
	assert_int_equal(h.v[1].shared_disks, 1);
	assert_string_equal(h.v[1].shared_with, "0000:02:00.0");
	assert_int_equal(h.v[1].group, 2);
}

static void slower_or_narrower_is_degraded(void **state)
{
	struct pb_hops h;

	(void)state;
	read_text(&h, HEAD
		  "1,a,0,endpoint,8,4,8,4,-1,,,,,,,\n1,b,1,bridge,8,2,8,4,-1,,,,,,,\n1,c,2,root-port,5,4,8,4,"
		  "-1,,,,,,,\n");
	assert_int_equal(h.n, 3);
	assert_false(h.v[0].degraded);
	assert_true(h.v[1].degraded);
	assert_true(h.v[2].degraded);
	assert_int_equal(h.v[0].node, -1);
	assert_true(h.v[0].shared_disks == PB_NA);
}

static void what_is_not_there_is_not_known(void **state)
{
	struct pb_hops h;

	(void)state;
	read_text(&h, NULL);
	assert_int_equal(h.n, 0);
	read_text(&h, "t_ns,bdf\n1,a\n");
	assert_int_equal(h.n, 0);
	read_text(&h, HEAD "1,a,0,endpoint,,,,,,,,,,,,\n");
	assert_int_equal(h.n, 1);
	assert_true(isnan(h.v[0].gts));
	assert_false(h.v[0].degraded);
}

/* A damaged table: hops out of order or beyond all bounds. */
static void strange_hop_numbers_are_left_out(void **state)
{
	struct pb_hops h;

	(void)state;
	read_text(
		&h, HEAD
		"1,a,5,endpoint,8,4,8,4,,,,,,,,\n1,b,-1,bridge,8,4,8,4,,,,,,,,\n1,c,9999999999,bridge,8,4,8,"
		"4,,,,,,,,\n1,d,0,endpoint,8,4,8,4,,,,,,,,\n");
	assert_int_equal(h.n, 1);
	assert_string_equal(h.v[0].bdf, "d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fastest_row_against_both_ends),
		cmocka_unit_test(slower_or_narrower_is_degraded),
		cmocka_unit_test(what_is_not_there_is_not_known),
		cmocka_unit_test(strange_hop_numbers_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
