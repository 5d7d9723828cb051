/* Unit tests of engine/collectors/pcidev.c: a made-up path, and machines recorded by hwloc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/collectors/pcidev.h"
#include "tests/unit/faketree.h"
#include "tests/unit/recorded.h"

#define DEV "sys/devices/pci0000:40/0000:40:01.0/0000:41:00.0/0000:42:04.0/0000:44:00.0"

static void put_machine(struct faketree *f)
{
	fake_put(f, "sys/devices/pci0000:40/0000:40:01.0/class", "0x060400\n");
	fake_put(f, "sys/devices/pci0000:40/0000:40:01.0/0000:41:00.0/class", "0x060400\n");
	fake_put(f, "sys/devices/pci0000:40/0000:40:01.0/0000:41:00.0/0000:42:04.0/class", "0x060400\n");
	fake_put(f, DEV "/class", "0x010802\n");
	fake_put(f, DEV "/vendor", "0x144d\n");
	fake_put(f, DEV "/current_link_speed", "8.0 GT/s PCIe\n");
	fake_put(f, DEV "/max_link_speed", "16.0 GT/s PCIe\n");
	fake_put(f, DEV "/current_link_width", "2\n");
	fake_put(f, DEV "/max_link_width", "4\n");
	fake_put(f, DEV "/numa_node", "1\n");
	fake_put(f, DEV "/local_cpulist", "8-15\n");
	fake_put(f, DEV "/aer_dev_correctable", "RxErr 3\nBadTLP 4\nTOTAL_ERR_COR 7\n");
	fake_put(f, DEV "/aer_dev_fatal", "Undefined 0\nTOTAL_ERR_FATAL 0\n");
	fake_link(f, "../../../bus/pci/drivers/vfio-pci", DEV "/driver");
	fake_put(f, "sys/bus/pci/drivers/vfio-pci/bind", "");
	fake_put(f, "sys/kernel/iommu_groups/17/type", "DMA\n");
	fake_link(f, "/sys/kernel/iommu_groups/17", DEV "/iommu_group");
	fake_link(f, "/" DEV, "sys/kernel/iommu_groups/17/devices/0000:44:00.0");
	fake_link(f, "/" DEV, "sys/kernel/iommu_groups/17/devices/0000:44:00.1");
	fake_link(f, "../../../devices/pci0000:40/0000:40:01.0", "sys/bus/pci/devices/0000:40:01.0");
	fake_link(f, "../../../devices/pci0000:40/0000:40:01.0/0000:41:00.0",
		  "sys/bus/pci/devices/0000:41:00.0");
	fake_link(f, "../../../devices/pci0000:40/0000:40:01.0/0000:41:00.0/0000:42:04.0",
		  "sys/bus/pci/devices/0000:42:04.0");
	fake_link(f, "../../../devices/pci0000:40/0000:40:01.0/0000:41:00.0/0000:42:04.0/0000:44:00.0",
		  "sys/bus/pci/devices/0000:44:00.0");
}

static void test_chain_behind_a_switch(void **state)
{
	struct faketree f;
	struct pb_pcichain c;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	assert_int_equal(pb_pcidev_chain(&f.root, "44:00.0", &c, NULL), 0);
	assert_int_equal(c.n, 4);
	assert_string_equal(c.hop[0].bdf, "0000:44:00.0");
	assert_string_equal(c.hop[3].bdf, "0000:40:01.0");
	assert_int_equal(c.hop[0].kind, PB_PCI_ENDPOINT);
	assert_int_equal(c.hop[1].kind, PB_PCI_BRIDGE);
	assert_int_equal(c.hop[2].kind, PB_PCI_BRIDGE);
	assert_int_equal(c.hop[3].kind, PB_PCI_ROOT_PORT);
	assert_int_equal(c.hop[0].speed_mgts, 8000);
	assert_int_equal(c.hop[0].max_speed_mgts, 16000);
	assert_int_equal(c.hop[0].width, 2);
	assert_int_equal(c.hop[0].max_width, 4);
	assert_int_equal(c.hop[0].numa_node, 1);
	assert_string_equal(c.hop[0].local_cpus, "8-15");
	assert_string_equal(c.hop[0].driver, "vfio-pci");
	assert_string_equal(c.hop[0].vendor, "0x144d");
	assert_int_equal(c.hop[0].iommu_group, 17);
	assert_int_equal(c.group.n, 2);
	assert_string_equal(c.group.v[1], "0000:44:00.1");
	assert_int_equal(c.hop[0].aer_correctable, 7);
	assert_true(c.hop[0].aer_nonfatal == PB_NA);
	assert_int_equal(c.hop[0].aer_fatal, 0);
	assert_true(c.hop[1].speed_mgts == PB_NA);
	assert_true(c.hop[1].iommu_group == PB_NA);
	pb_pcichain_fini(&c);
	fake_remove(&f);
}

/* Two links and a switch between them; a root port's link leads down. */
static void test_ends_of_links(void **state)
{
	struct faketree f;
	struct pb_pcichain c;
	int64_t speed, width;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	fake_put(&f, "sys/devices/pci0000:40/0000:40:01.0/0000:41:00.0/0000:42:04.0/max_link_speed",
		 "8.0 GT/s PCIe\n");
	fake_put(&f, "sys/devices/pci0000:40/0000:40:01.0/0000:41:00.0/0000:42:04.0/max_link_width", "8\n");
	assert_int_equal(pb_pcidev_chain(&f.root, "44:00.0", &c, NULL), 0);
	assert_ptr_equal(pb_pcichain_partner(&c, 0), &c.hop[1]);
	assert_ptr_equal(pb_pcichain_partner(&c, 1), &c.hop[0]);
	assert_ptr_equal(pb_pcichain_partner(&c, 2), &c.hop[3]);
	assert_ptr_equal(pb_pcichain_partner(&c, 3), &c.hop[2]);
	assert_null(pb_pcichain_partner(&c, 4));
	pb_pcichain_link_max(&c, 0, &speed, &width);
	assert_int_equal(speed, 8000);
	assert_int_equal(width, 4);
	pb_pcichain_link_max(&c, 2, &speed, &width);
	assert_true(speed == PB_NA && width == PB_NA);
	c.n = 3; /* behind a bridge to conventional PCI there is no link */
	assert_null(pb_pcichain_partner(&c, 0));
	c.n = 1; /* inside the root complex neither */
	assert_null(pb_pcichain_partner(&c, 0));
	pb_pcichain_fini(&c);
	fake_remove(&f);
}

static void test_values_that_say_nothing(void **state)
{
	struct faketree f;
	struct pb_pcichain c;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	fake_put(&f, DEV "/current_link_speed", "Unknown\n");
	fake_put(&f, DEV "/current_link_width", "0\n");
	fake_put(&f, DEV "/max_link_width", "255\n");
	fake_put(&f, DEV "/max_link_speed", "2.5 GT/s\n");
	fake_put(&f, DEV "/numa_node", "-1\n");
	assert_int_equal(pb_pcidev_chain(&f.root, "0000:44:00.0", &c, NULL), 0);
	assert_true(c.hop[0].speed_mgts == PB_NA);
	assert_true(c.hop[0].width == PB_NA);
	assert_true(c.hop[0].max_width == PB_NA);
	assert_int_equal(c.hop[0].max_speed_mgts, 2500);
	assert_int_equal(c.hop[0].numa_node, -1);
	pb_pcichain_fini(&c);
	fake_remove(&f);
}

static void test_addresses(void **state)
{
	char bdf[32];

	(void)state;
	assert_int_equal(pb_pcidev_bdf("41:00.0", bdf, sizeof(bdf)), 0);
	assert_string_equal(bdf, "0000:41:00.0");
	assert_int_equal(pb_pcidev_bdf("10000:E1:1F.7", bdf, sizeof(bdf)), 0);
	assert_string_equal(bdf, "10000:e1:1f.7");
	assert_int_equal(pb_pcidev_bdf("0000:41:00.8", bdf, sizeof(bdf)), -EINVAL);
	assert_int_equal(pb_pcidev_bdf("0000:41:20.0", bdf, sizeof(bdf)), -EINVAL);
	assert_int_equal(pb_pcidev_bdf("41:00.0/../..", bdf, sizeof(bdf)), -EINVAL);
	assert_int_equal(pb_pcidev_bdf("pci0000:00", bdf, sizeof(bdf)), -EINVAL);
	assert_int_equal(pb_pcidev_bdf("", bdf, sizeof(bdf)), -EINVAL);
	assert_int_equal(pb_pcidev_bdf(NULL, bdf, sizeof(bdf)), -EINVAL);
}

static void test_missing_device(void **state)
{
	struct faketree f;
	struct pb_pcichain c;
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	assert_int_equal(pb_pcidev_chain(&f.root, "0000:99:00.0", &c, &err), -ENODEV);
	assert_int_equal(err.status, PB_USAGE);
	assert_non_null(strstr(err.msg, "0000:99:00.0"));
	err = (struct pb_err)PB_ERR_INIT;
	assert_int_equal(pb_pcidev_chain(&f.root, "disk", &c, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "'disk'"));
	fake_remove(&f);
}

static void test_link_bytes(void **state)
{
	(void)state;
	assert_int_equal(pb_pci_link_bytes_s(2500, 1), 250000000); /* gen 1: 250 MB/s a lane */
	assert_int_equal(pb_pci_link_bytes_s(5000, 4), 2000000000);
	assert_true(pb_pci_link_bytes_s(8000, 4) == 3938461538LL);
	assert_true(pb_pci_link_bytes_s(16000, 4) == 7876923076LL);
	assert_true(pb_pci_link_bytes_s(PB_NA, 4) == PB_NA);
	assert_true(pb_pci_link_bytes_s(8000, PB_NA) == PB_NA);
}

struct recorded_case {
	const char *bdf;
	size_t hops;
	const char *root_port;
	int64_t speed_mgts, width, numa_node;
	const char *local_cpus;
};

static void check_recorded(const char *archive, const struct recorded_case *want, size_t n)
{
	struct tmpdir dir;
	struct pb_root root;

	if (!recorded_unpack(archive, &dir, &root))
		skip();
	for (size_t i = 0; i < n; i++) {
		struct pb_pcichain c;

		assert_int_equal(pb_pcidev_chain(&root, want[i].bdf, &c, NULL), 0);
		assert_int_equal(c.n, want[i].hops);
		assert_string_equal(c.hop[c.n - 1].bdf, want[i].root_port);
		assert_true(c.hop[0].speed_mgts == want[i].speed_mgts);
		assert_true(c.hop[0].width == want[i].width);
		assert_true(c.hop[0].numa_node == want[i].numa_node);
		assert_string_equal(c.hop[0].local_cpus, want[i].local_cpus);
		pb_pcichain_fini(&c);
	}
	pb_root_close(&root);
	tmpdir_remove(&dir);
}

static void test_recorded_link_speeds(void **state)
{
	static const struct recorded_case want[] = {
		{"0000:43:00.0", 2, "0000:40:03.0", 8000, 4, 2, "0-39"},
		{"0000:03:00.1", 2, "0000:00:06.0", 2500, 1, -1, "0-39"},
		{"0000:00:1f.2", 1, "0000:00:1f.2", 5000, 2, -1, "0-39"},
	};

	(void)state;
	check_recorded("40intel64-2g2n4c+pcilocality", want, sizeof(want) / sizeof(want[0]));
}

/* These kernels had a CPU mask only. */
static void test_recorded_odd_localities(void **state)
{
	static const struct recorded_case want[] = {
		{"0000:43:00.0", 2, "0000:40:03.0", 8000, 4, 1, "1,5,9,13,17,21,25,29,33,37"},
	};

	(void)state;
	check_recorded("fakepcilocalities", want, sizeof(want) / sizeof(want[0]));
}

static void test_recorded_early_nvme(void **state)
{
	static const struct recorded_case want[] = {
		{"0000:00:02.0", 1, "0000:00:02.0", PB_NA, PB_NA, -1, "0-3"},
	};

	(void)state;
	check_recorded("32em64t-2n8c+dax+nvme+mic+dimms", want, sizeof(want) / sizeof(want[0]));
}

static void test_recorded_wide_domain(void **state)
{
	static const struct recorded_case want[] = {
		{"10000:00:04.0", 1, "10000:00:04.0", PB_NA, PB_NA, -1, "0-1"},
	};

	(void)state;
	check_recorded("2pa-pcidomain32bits", want, sizeof(want) / sizeof(want[0]));
}
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain_behind_a_switch),
		cmocka_unit_test(test_ends_of_links),
		cmocka_unit_test(test_values_that_say_nothing),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_missing_device),
		cmocka_unit_test(test_link_bytes),
		cmocka_unit_test(test_recorded_link_speeds),
		cmocka_unit_test(test_recorded_odd_localities),
		cmocka_unit_test(test_recorded_early_nvme),
		cmocka_unit_test(test_recorded_wide_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
