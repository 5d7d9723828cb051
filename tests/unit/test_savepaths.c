/* Unit tests of engine/run/host/savepaths.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/run/host/savepaths.h"
#include "tests/unit/faketree.h"

#define DEV "sys/devices/pci0000:40/0000:40:01.0"

static bool has(const struct pb_strv *paths, const char *path)
{
	for (size_t i = 0; i < paths->n; i++)
		if (!strcmp(paths->v[i], path))
			return true;
	return false;
}

static void put_machine(struct faketree *f)
{
	fake_put(f, DEV "/class", "0x010802\n");
	fake_put(f, DEV "/resource", "0x0\n");
	fake_put(f, DEV "/resource0", "registers of the device");
	fake_put(f, DEV "/vpd", "hangs");
	fake_put(f, DEV "/remove", "");
	fake_put(f, DEV "/net/eth0/address", "02:00:00:00:00:01\n");
	fake_put(f, DEV "/msi_irqs/36", "msix\n");
	fake_put(f, DEV "/nvme/nvme0/nvme0n1/queue/scheduler", "none\n");
	fake_put(f, DEV "/nvme/nvme0/nvme0n1/mq/0/cpu_list", "0\n");
	fake_link(f, "../../../devices/pci0000:40/0000:40:01.0", "sys/bus/pci/devices/0000:40:01.0");
	fake_link(f, "../devices/pci0000:40/0000:40:01.0/nvme/nvme0/nvme0n1", "sys/block/nvme0n1");
	fake_put(f, "sys/kernel/iommu_groups/3/type", "DMA\n");
	fake_put(f, "sys/devices/system/node/node0/meminfo", "x\n");
	fake_put(f, "sys/devices/system/node/node0/memory32/state", "online\n");
	fake_put(f, "proc/stat", "cpu 0\n");
	fake_put(f, "proc/77/comm", "irqbalance\n");
	fake_put(f, "proc/78/comm", "private-name\n");
	fake_put(f, "proc/77/environ", "SECRET=1");
	fake_put(f, "proc/sys/kernel/osrelease", "6.1.0\n");
	fake_put(f, "lib/modules/6.1.0/modules.dep", "");
	fake_put(f, "etc/shadow", "x");
}

static void test_what_is_taken(void **state)
{
	static const char *const yes[] = {"/" DEV "/class",
					  "/" DEV "/resource",
					  "/" DEV "/msi_irqs/36",
					  "/sys/bus/pci/devices/0000:40:01.0",
					  "/sys/block/nvme0n1",
					  "/" DEV "/nvme/nvme0/nvme0n1/queue/scheduler",
					  "/" DEV "/nvme/nvme0/nvme0n1/mq/0/cpu_list",
					  "/sys/kernel/iommu_groups/3/type",
					  "/sys/devices/system/node/node0/meminfo",
					  "/proc/stat",
					  "/proc/77/comm",
					  "/lib/modules/6.1.0"};
	static const char *const no[] = {"/" DEV "/resource0",
					 "/" DEV "/vpd",
					 "/" DEV "/remove",
					 "/etc/shadow",
					 "/" DEV "/net/eth0/address",
					 "/proc/78/comm",
					 "/proc/77/environ",
					 "/lib/modules/6.1.0/modules.dep",
					 "/sys/devices/system/node/node0/memory32/state"};
	struct pb_strv paths = {0};
	struct faketree f;
	bool cut = true;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	assert_int_equal(pb_savepaths_list(&f.root, &paths, &cut), 0);
	assert_false(cut);
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!has(&paths, yes[i]))
			fail_msg("%s is left out", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (has(&paths, no[i]))
			fail_msg("%s is taken", no[i]);
	for (size_t i = 1; i < paths.n; i++)
		assert_string_not_equal(paths.v[i - 1], paths.v[i]);
	pb_strv_fini(&paths);
	fake_remove(&f);
}

/* Links that lead in circles or out of /sys lead nowhere. */
static void test_links(void **state)
{
	struct pb_strv paths = {0};
	struct faketree f;
	bool cut;

	(void)state;
	fake_make(&f);
	fake_put(&f, "etc/passwd", "x");
	fake_link(&f, "../../../etc", "sys/class/nvme/nvme0");
	fake_link(&f, "nvme1", "sys/class/nvme/nvme1");
	fake_link(&f, "..", "sys/kernel/iommu_groups/0/up");
	fake_put(&f, "sys/kernel/iommu_groups/0/type", "DMA\n");
	assert_int_equal(pb_savepaths_list(&f.root, &paths, &cut), 0);
	assert_true(has(&paths, "/sys/class/nvme/nvme0")); /* the link itself */
	assert_false(has(&paths, "/etc/passwd"));
	assert_true(paths.n < 12);
	pb_strv_fini(&paths);
	fake_remove(&f);
}

static void test_nothing_there(void **state)
{
	struct pb_strv paths = {0};
	struct faketree f;
	bool cut;

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_savepaths_list(&f.root, &paths, &cut), 0);
	assert_int_equal(paths.n, 0);
	pb_strv_fini(&paths);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_taken),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
