/* Which disk is meant: every way of naming one, and everything that is refused. */
#include <sys/sysmacros.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "engine/lib/csv.h"
#include "engine/run/host/disk.h"
#include "tests/unit/faketree.h"

#define NVME "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0"

static int setup(void **state)
{
	struct faketree *f = calloc(1, sizeof(*f));

	fake_make(f);
	fake_put(f, NVME "/class", "0x010802\n");
	fake_put(f, NVME "/nvme/nvme0/nvme0n1/size", "2097152\n");
	fake_put(f, NVME "/nvme/nvme0/nvme0n1/ro", "0\n");
	fake_put(f, NVME "/nvme/nvme0/nvme0n1/queue/logical_block_size", "512\n");
	fake_put(f, NVME "/nvme/nvme0/serial", "S3RIAL             \n");
	fake_put(f, NVME "/nvme/nvme0/model", "Fast Disk 1TB   \n");
	fake_put(f, NVME "/nvme/nvme0/firmware_rev", "1.0\n");
	fake_link(f, "../../nvme0", NVME "/nvme/nvme0/nvme0n1/device");
	fake_put(f, NVME "/nvme/nvme0/nvme0n1/nvme0n1p1/partition", "1\n");
	fake_put(f, "sys/bus/pci/drivers/nvme/bind", "");
	fake_link(f, "../../../../bus/pci/drivers/nvme", NVME "/driver");
	fake_link(f, "../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0",
		  "sys/bus/pci/devices/0000:01:00.0");
	fake_link(f, "../devices/pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0/nvme0n1",
		  "sys/block/nvme0n1");
	fake_link(f, "../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0/nvme0n1/nvme0n1p1",
		  "sys/class/block/nvme0n1p1");
	fake_put(f, "sys/devices/pci0000:00/0000:00:02.0/class", "0x020000\n");
	fake_link(f, "../../../devices/pci0000:00/0000:00:02.0", "sys/bus/pci/devices/0000:00:02.0");
	fake_put(f, "dev/nvme0n1", "");
	fake_put(f, "dev/nvme0n1p1", "");
	fake_link(f, "../../nvme0n1", "dev/disk/by-id/nvme-Fast_Disk_S3RIAL");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fake_remove(*state);
	free(*state);
	return 0;
}

static void every_name_finds_the_disk(void **state)
{
	static const char *const names[] = {"0000:01:00.0", "01:00.0",
					    "/dev/nvme0n1", "nvme-Fast_Disk_S3RIAL",
					    "S3RIAL",       "/dev/disk/by-id/nvme-Fast_Disk_S3RIAL"};
	struct faketree *f = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct pb_err err = PB_ERR_INIT;
		struct pb_disk d;

		if (pb_disk_find(&f->root, names[i], &d, &err) < 0)
			fail_msg("%s: %s", names[i], err.msg);
		assert_string_equal(d.bdf, "0000:01:00.0");
		assert_string_equal(d.block, "nvme0n1");
		assert_string_equal(d.serial, "S3RIAL");
		assert_string_equal(d.model, "Fast Disk 1TB");
		assert_string_equal(d.driver, "nvme");
		assert_int_equal(d.size_bytes, 1 << 30);
		assert_int_equal(d.logical_block_bytes, 512);
		assert_false(d.readonly);
	}
}

static void what_is_no_disk_is_refused(void **state)
{
	static const struct {
		const char *name, *says;
	} bad[] = {
		{"0000:00:02.0", "not a storage controller"},
		{"0000:09:00.0", "no disk '0000:09:00.0' here"},
		{"/dev/nvme0n1p1", "is a partition"},
		{"/dev/nvme7n1", "no disk '/dev/nvme7n1' here"},
		{"NOSUCHSERIAL", "nvme0n1 serial S3RIAL"},
		{"", "no disk given"},
		{"../../etc/passwd", "no disk"},
	};
	struct faketree *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pb_err err = PB_ERR_INIT;
		struct pb_disk d;

		assert_true(pb_disk_find(&f->root, bad[i].name, &d, &err) < 0);
		assert_int_equal(err.status, PB_USAGE);
		if (!strstr(err.msg, bad[i].says))
			fail_msg("'%s' says '%s'", bad[i].name, err.msg);
	}
}

static void a_disk_without_driver_is_found_by_address(void **state)
{
	struct faketree *f = *state;
	struct pb_disk d;

	unlinkat(f->dir.fd, "sys/block/nvme0n1", 0);
	assert_int_equal(pb_disk_find(&f->root, "01:00.0", &d, NULL), 0);
	assert_string_equal(d.block, "");
	assert_true(d.size_bytes == PB_NA);
}

/* NVMe that could have a second controller: nvme1n1 is virtual, the path nvme1c1n1 is hidden. */
static void native_multipath_finds_its_controller(void **state)
{
	struct faketree *f = *state;
	struct pb_strv blocks = {0};
	struct pb_disk d;

	fake_put(f, "sys/devices/pci0000:00/0000:00:10.0/class", "0x010802\n");
	fake_put(f, "sys/devices/pci0000:00/0000:00:10.0/nvme/nvme1/serial", "MULTI\n");
	fake_put(f, "sys/devices/pci0000:00/0000:00:10.0/nvme/nvme1/nvme1c1n1/size", "8\n");
	fake_put(f, "sys/devices/pci0000:00/0000:00:10.0/nvme/nvme1/nvme1c1n1/hidden", "1\n");
	fake_link(f, "..", "sys/devices/pci0000:00/0000:00:10.0/nvme/nvme1/nvme1c1n1/device");
	fake_put(f, "sys/devices/virtual/nvme-subsystem/nvme-subsys1/serial", "MULTI\n");
	fake_put(f, "sys/devices/virtual/nvme-subsystem/nvme-subsys1/nvme1n1/size", "8\n");
	fake_put(f, "sys/devices/virtual/nvme-subsystem/nvme-subsys1/nvme1n1/hidden", "0\n");
	fake_link(f, "../../nvme-subsys1", "sys/devices/virtual/nvme-subsystem/nvme-subsys1/nvme1n1/device");
	fake_link(f, "../../../pci0000:00/0000:00:10.0/nvme/nvme1",
		  "sys/devices/virtual/nvme-subsystem/nvme-subsys1/nvme1");
	fake_link(f, "../../../devices/pci0000:00/0000:00:10.0", "sys/bus/pci/devices/0000:00:10.0");
	fake_link(f, "../devices/virtual/nvme-subsystem/nvme-subsys1/nvme1n1", "sys/block/nvme1n1");
	fake_link(f, "../devices/pci0000:00/0000:00:10.0/nvme/nvme1/nvme1c1n1", "sys/block/nvme1c1n1");
	assert_int_equal(pb_disk_find(&f->root, "MULTI", &d, NULL), 0);
	assert_string_equal(d.block, "nvme1n1");
	assert_string_equal(d.bdf, "0000:00:10.0");
	assert_int_equal(pb_disk_find(&f->root, "00:10.0", &d, NULL), 0);
	assert_string_equal(d.block, "nvme1n1");
	assert_int_equal(pb_disk_blocks(&f->root, "0000:00:10.0", &blocks), 0);
	assert_int_equal(blocks.n, 1);
	pb_strv_fini(&blocks);
}

/* Without udev, /dev/mapper/X is a node of its own and no link to dm-0. */
static void test_a_node_of_another_name(void **state)
{
	struct faketree f;
	struct pb_disk d;

	(void)state;
	fake_make(&f);
	fake_put(&f, "sys/devices/virtual/block/dm-0/size", "8\n");

	fake_put(&f, "dev/mapper/none", "");
	fake_link(&f, "../../devices/virtual/block/dm-0", "sys/dev/block/254:7");
	fake_link(&f, "../../devices/virtual/block/dm-0", "sys/class/block/dm-0");
	fake_link(&f, "../devices/virtual/block/dm-0", "sys/block/dm-0");
	if (mknodat(f.dir.fd, "dev/mapper/crypt", S_IFBLK | 0600, makedev(254, 7)) < 0) {
		fake_remove(&f);
		skip();
	}
	assert_int_equal(pb_disk_find(&f.root, "/dev/mapper/crypt", &d, NULL), 0);
	assert_string_equal(d.block, "dm-0");
	assert_true(pb_disk_find(&f.root, "/dev/mapper/none", &d, NULL) < 0);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_node_of_another_name),
		cmocka_unit_test_setup_teardown(every_name_finds_the_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(native_multipath_finds_its_controller, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_disk_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_disk_without_driver_is_found_by_address, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
