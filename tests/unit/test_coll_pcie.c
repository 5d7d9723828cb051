/* Unit tests of engine/collectors/pcie.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"
#include "tests/unit/pciconfig.h"

#define PORT "sys/devices/pci0000:40/0000:40:01.0"
#define DISK PORT "/0000:41:00.0"

static void put_machine(struct faketree *f)
{
	fake_put(f, PORT "/class", "0x060400\n");
	fake_put(f, PORT "/current_link_width", "4\n");
	fake_put(f, DISK "/class", "0x010802\n");
	fake_put(f, DISK "/current_link_speed", "2.5 GT/s PCIe\n");
	fake_put(f, DISK "/current_link_width", "4\n");
	fake_put(f, DISK "/numa_node", "0\n");
	fake_put(f, DISK "/aer_dev_nonfatal", "X 1\nTOTAL_ERR_NONFATAL 1\n");
	fake_link(f, "../../../devices/pci0000:40/0000:40:01.0", "sys/bus/pci/devices/0000:40:01.0");
	fake_link(f, "../../../devices/pci0000:40/0000:40:01.0/0000:41:00.0",
		  "sys/bus/pci/devices/0000:41:00.0");
}

static void test_hops(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	collrun_start(&r, &pb_coll_pcie, &t);
	assert_int_equal(collrun_sample(&r, 1), 2);
	assert_string_equal(collrun_str(&r, 0, "bdf"), "0000:41:00.0");
	assert_string_equal(collrun_str(&r, 0, "kind"), "endpoint");
	assert_int_equal(collrun_i64(&r, 0, "link_speed_gts"), 2500); /* thousandths in memory */
	assert_int_equal(collrun_i64(&r, 0, "numa_node"), 0);
	assert_int_equal(collrun_i64(&r, 0, "aer_nonfatal"), 1);
	assert_true(collrun_i64(&r, 0, "aer_fatal") == PB_NA);
	assert_null(collrun_str(&r, 0, "driver"));
	assert_string_equal(collrun_str(&r, 1, "kind"), "root-port");
	assert_int_equal(collrun_i64(&r, 1, "hop"), 1);
	assert_true(collrun_i64(&r, 1, "link_speed_gts") == PB_NA);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_link_that_retrains(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	collrun_start(&r, &pb_coll_pcie, &t);
	collrun_sample(&r, 1);
	fake_put(&f, DISK "/current_link_width", "1\n");
	fake_put(&f, DISK "/aer_dev_nonfatal", "X 5\nTOTAL_ERR_NONFATAL 5\n");
	collrun_sample(&r, 2);
	assert_int_equal(collrun_i64(&r, 0, "link_width"), 1);
	assert_int_equal(collrun_i64(&r, 0, "aer_nonfatal"), 5);
	collrun_stop(&r);
	fake_remove(&f);
}

static void put_config(struct faketree *f, const char *path, const struct pciconfig *c)
{
	int fd = openat(f->dir.fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, c->data, c->len), (ssize_t)c->len);
	close(fd);
}

/* What the path is like stands in the first and last rows only; config space is read for errors in between.
 */
static void test_snapshot_at_the_ends(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct pciconfig space;
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	fake_put(&f, DISK "/max_link_speed", "16.0 GT/s PCIe\n");
	fake_put(&f, DISK "/max_link_width", "4\n");
	fake_put(&f, PORT "/max_link_speed", "8.0 GT/s PCIe\n");
	fake_put(&f, PORT "/max_link_width", "16\n");
	fake_put(&f, PORT "/aer_rootport_total_err_cor", "12\n");
	fake_put(&f, PORT "/0000:41:00.1/class", "0x010802\n");
	fake_link(&f, "../../../devices/pci0000:40/0000:40:01.0/0000:41:00.1",
		  "sys/bus/pci/devices/0000:41:00.1");
	fake_put(&f, "sys/kernel/iommu_groups/17/type", "DMA-FQ\n");
	fake_link(&f, "/sys/kernel/iommu_groups/17", DISK "/iommu_group");
	fake_link(&f, "/" DISK, "sys/kernel/iommu_groups/17/devices/0000:41:00.0");
	fake_link(&f, "/" DISK, "sys/kernel/iommu_groups/17/devices/0000:41:00.1");
	pciconfig_disk(&space);
	put_config(&f, DISK "/config", &space);
	collrun_start(&r, &pb_coll_pcie, &t);
	collrun_sample(&r, 1);
	assert_int_equal(collrun_i64(&r, 0, "link_max_speed_gts"), 8000); /* the port's */
	assert_int_equal(collrun_i64(&r, 0, "link_max_width"), 4);        /* the disk's */
	assert_int_equal(collrun_i64(&r, 1, "link_max_width"), 4);        /* it is one link */
	assert_int_equal(collrun_i64(&r, 0, "mps_bytes"), 256);
	assert_int_equal(collrun_i64(&r, 0, "mrrs_bytes"), 512);
	assert_true(collrun_i64(&r, 1, "mps_bytes") == PB_NA); /* its config cannot be read */
	assert_string_equal(collrun_str(&r, 0, "aspm"), "L1");
	assert_string_equal(collrun_str(&r, 0, "acs"), "SV+RR+CR+UF");
	assert_string_equal(collrun_str(&r, 0, "shared_with"), "0000:41:00.1");
	assert_int_equal(collrun_i64(&r, 1, "shared_disks"), 1);
	assert_string_equal(collrun_str(&r, 0, "iommu_group_type"), "DMA-FQ");
	assert_string_equal(collrun_str(&r, 0, "iommu_group_devices"), "0000:41:00.0 0000:41:00.1");
	assert_int_equal(collrun_i64(&r, 1, "aer_root_correctable"), 12);
	assert_true(collrun_i64(&r, 0, "aer_root_correctable") == PB_NA);
	assert_int_equal(collrun_i64(&r, 0, "aer_uncorrectable_bits"), 0x100000);
	pciconfig_put(&space, 0x110, 0x40);
	put_config(&f, DISK "/config", &space);
	collrun_sample(&r, 2);
	assert_int_equal(collrun_i64(&r, 0, "aer_correctable_bits"), 0x40);
	assert_true(collrun_i64(&r, 0, "mps_bytes") == PB_NA);
	assert_null(collrun_str(&r, 0, "aspm"));
	pb_rows_clear(r.rows);
	assert_int_equal(pb_coll_pcie.finish(r.state, 3, r.rows), 0);
	assert_int_equal(collrun_i64(&r, 0, "mps_bytes"), 256);
	collrun_stop(&r);
	fake_remove(&f);
}

/* Each file is one column: without it the cell is empty and the others stay. */
static void test_removed_files(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	assert_int_equal(unlinkat(f.dir.fd, DISK "/current_link_speed", 0), 0);
	assert_int_equal(unlinkat(f.dir.fd, DISK "/numa_node", 0), 0);
	collrun_start(&r, &pb_coll_pcie, &t);
	assert_int_equal(collrun_sample(&r, 1), 2);
	assert_true(collrun_i64(&r, 0, "link_speed_gts") == PB_NA);
	assert_true(collrun_i64(&r, 0, "numa_node") == PB_NA);
	assert_int_equal(collrun_i64(&r, 0, "link_width"), 4);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_unavailable(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	char why[256] = "";

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_coll_pcie.probe(&t, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "no disk"));
	t.bdf = "0000:41:00.0";
	assert_int_equal(pb_coll_pcie.probe(&t, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "0000:41:00.0"));
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hops),
		cmocka_unit_test(test_link_that_retrains),
		cmocka_unit_test(test_snapshot_at_the_ends),
		cmocka_unit_test(test_removed_files),
		cmocka_unit_test(test_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
