/* The agent's list of disks on recorded machines: NVMe with and without multipath, virtio, SCSI, loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/agent/disks.h"
#include "engine/lib/json.h"
#include "tests/unit/faketree.h"

#define PCI "sys/devices/pci0000:00/0000:00:03.0/"
#define NVME PCI "nvme/nvme0/"

static void block(struct faketree *f, const char *dir, const char *name)
{
	char path[300], target[300], link[100];

	snprintf(path, sizeof(path), "%s/%s/size", dir, name);
	fake_put(f, path, "2048\n");
	snprintf(path, sizeof(path), "%s/%s/ro", dir, name);
	fake_put(f, path, "0\n");
	snprintf(target, sizeof(target), "/%s/%s", dir, name);
	snprintf(link, sizeof(link), "sys/block/%s", name);
	fake_link(f, target, link);
	snprintf(link, sizeof(link), "sys/class/block/%s", name);
	fake_link(f, target, link);
}

static int setup(void **state)
{
	struct faketree *f = calloc(1, sizeof(*f));

	fake_make(f);
	fake_put(f, NVME "address", "0000:00:03.0\n");
	fake_put(f, NVME "serial", "  SER 123   \n");
	fake_put(f, NVME "model", "Fast Disk                \n");
	fake_put(f, NVME "firmware_rev", "1.0\n");
	fake_link(f, "/" NVME, "sys/class/nvme/nvme0");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fake_remove(*state);
	free(*state);
	return 0;
}

static json_t *find(struct faketree *f, const char *key, const char *value, int want_rc)
{
	struct pb_err err = PB_ERR_INIT;
	json_t *sel = json_pack("{s:s}", key, value), *d = NULL;

	assert_int_equal(pb_disks_find(&f->root, sel, &d, &err), want_rc);
	assert_int_equal(err.msg[0] != '\0', want_rc != 0);
	json_decref(sel);
	return d;
}

static void is(json_t *disk, const char *key, const char *want)
{
	assert_string_equal(pb_json_str(disk, key, "(none)"), want);
}

static void plain_nvme(void **state)
{
	struct faketree *f = *state;
	json_t *d;

	block(f, PCI "nvme/nvme0", "nvme0n1");
	fake_link(f, "/" NVME, NVME "nvme0n1/device");
	fake_put(f, NVME "nvme0n1/queue/scheduler", "none [mq-deadline] kyber\n");
	fake_put(f, NVME "nvme0n1/queue/nr_requests", "1023\n");
	fake_put(f, NVME "nvme0n1/queue/write_cache", "write back\n");
	fake_put(f, NVME "nvme0n1/queue/fua", "1\n");
	fake_put(f, NVME "nvme0n1/queue/logical_block_size", "4096\n");
	fake_put(f, NVME "nvme0n1/mq/0/x", "");
	fake_put(f, NVME "nvme0n1/mq/1/x", "");
	d = find(f, "serial", "SER 123", 0);
	is(d, "name", "nvme0n1");
	is(d, "path", "/dev/nvme0n1");
	is(d, "bdf", "0000:00:03.0");
	is(d, "model", "Fast Disk");
	is(d, "firmware", "1.0");
	is(d, "scheduler", "mq-deadline");
	is(d, "write_cache", "write back");
	assert_int_equal(pb_json_i64(d, "size_bytes", 0), 1 << 20);
	assert_int_equal(pb_json_i64(d, "queues", 0), 2);
	assert_int_equal(pb_json_i64(d, "nr_requests", 0), 1023);
	assert_int_equal(pb_json_i64(d, "logical_block_bytes", 0), 4096);
	assert_true(json_is_true(json_object_get(d, "fua")));
	assert_true(json_is_null(json_object_get(d, "in_use")));
	json_decref(d);
	json_decref(find(f, "bdf", "0000:00:03.0", 0));
	json_decref(find(f, "path", "/dev/nvme0n1", 0));
}

/* A guest kernel listed the disk twice, so its serial was ambiguous. */
static void multipath_nvme_is_one_disk(void **state)
{
	struct faketree *f = *state;
	json_t *d;

	block(f, "sys/devices/virtual/nvme-subsystem/nvme-subsys0", "nvme0n1");
	fake_link(f, "/sys/devices/virtual/nvme-subsystem/nvme-subsys0",
		  "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/device");
	fake_link(f, "/" NVME, "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0");
	block(f, PCI "nvme/nvme0", "nvme0c0n1");
	fake_link(f, "/" NVME, NVME "nvme0c0n1/device");
	fake_put(f, NVME "nvme0c0n1/hidden", "1\n");
	fake_put(f, NVME "nvme0c0n1/mq/0/x", "");
	fake_put(f, NVME "nvme0c0n1/queue/scheduler", "[none]\n");
	d = find(f, "serial", "SER 123", 0);
	is(d, "name", "nvme0n1");
	is(d, "bdf", "0000:00:03.0");
	is(d, "scheduler", "none");
	assert_int_equal(pb_json_i64(d, "queues", 0), 1);
	json_decref(d);
}

static void virtio_and_scsi_serials(void **state)
{
	static const char vpd[] = "\0\x80\0\5 ABC ";
	struct faketree *f = *state;
	json_t *d;

	block(f, "sys/devices/pci0000:00/0000:00:04.0/virtio1/block", "vda");
	fake_put(f, "sys/devices/pci0000:00/0000:00:04.0/virtio1/block/vda/serial", "VIRT1");
	fake_link(f, "/sys/devices/pci0000:00/0000:00:04.0/virtio1",
		  "sys/devices/pci0000:00/0000:00:04.0/virtio1/block/vda/device");
	block(f, "sys/devices/pci0000:00/0000:00:05.0/host0/block", "sda");
	fake_put(f, "sys/devices/pci0000:00/0000:00:05.0/host0/block/sda/device/model", "QEMU HARDDISK");
	tmpdir_write_bytes(&f->dir, "sys/devices/pci0000:00/0000:00:05.0/host0/block/sda/device/vpd_pg80",
			   vpd, 9);
	d = find(f, "serial", "VIRT1", 0);
	is(d, "name", "vda");
	is(d, "bdf", "0000:00:04.0");
	json_decref(d);
	d = find(f, "serial", "ABC", 0);
	is(d, "name", "sda");
	is(d, "model", "QEMU HARDDISK");
	json_decref(d);
}

static void what_is_not_a_disk_is_left_out(void **state)
{
	struct faketree *f = *state;
	json_t *list;

	block(f, "sys/devices/virtual/block", "ram0");
	block(f, "sys/devices/virtual/block", "sr0");
	block(f, "sys/devices/virtual/block", "loop3");
	fake_put(f, "sys/devices/virtual/block/loop4/size", "0\n");
	fake_link(f, "/sys/devices/virtual/block/loop4", "sys/block/loop4");
	list = pb_disks_list(&f->root);
	assert_int_equal(json_array_size(list), 1);
	is(json_array_get(list, 0), "name", "loop3");
	is(json_array_get(list, 0), "serial", "");
	assert_true(json_is_null(json_object_get(json_array_get(list, 0), "bdf")));
	json_decref(list);
}

static void ambiguous_and_missing_disks(void **state)
{
	struct faketree *f = *state;

	find(f, "serial", "NOPE", -ENODEV);
	find(f, "serial", "", -ENODEV); /* disks without a serial are not found by none */
	find(f, "colour", "red", -EINVAL);
	block(f, "sys/devices/x", "vda");
	block(f, "sys/devices/x", "vdb");
	fake_put(f, "sys/devices/x/vda/serial", "SAME");
	fake_put(f, "sys/devices/x/vdb/serial", "SAME");
	find(f, "serial", "SAME", -ENOTUNIQ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plain_nvme, setup, teardown),
		cmocka_unit_test_setup_teardown(multipath_nvme_is_one_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(virtio_and_scsi_serials, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_a_disk_is_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(ambiguous_and_missing_disks, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
