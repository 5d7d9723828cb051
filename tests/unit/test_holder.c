/* Who has a PCI function open through VFIO, on a fake machine; its driver is not touched as long as one has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine/run/host/holder.h"
#include "engine/run/host/undo.h"
#include "tests/unit/faketree.h"

#define BDF "0000:00:03.0"
#define DEVICE "sys/bus/pci/devices/" BDF

static void machine(struct faketree *f)
{
	fake_make(f);
	fake_put(f, "proc/sys/kernel/random/boot_id", "boot-1\n");
	fake_put(f, DEVICE "/vendor", "0x1b36\n");
	fake_put(f, DEVICE "/driver_override", "vfio-pci\n");
	fake_link(f, "../../../bus/pci/drivers/vfio-pci", DEVICE "/driver");
	fake_link(f, "../../../../kernel/iommu_groups/12", DEVICE "/iommu_group");
	fake_put(f, "proc/7/comm", "bash\n");
	fake_link(f, "/dev/vfio/1", "proc/7/fd/3"); /* others' groups, and what everybody has */
	fake_link(f, "/dev/vfio/120", "proc/7/fd/4");
	fake_link(f, "/dev/vfio/vfio", "proc/7/fd/5");
	fake_link(f, "socket:[12]", "proc/7/fd/6");
	fake_put(f, "proc/99/comm", "qemu-system-x86\n");
	fake_link(f, "/dev/kvm", "proc/99/fd/10");
}

static void the_holder_of_the_group_is_found(void **state)
{
	struct faketree f;
	char comm[32] = "none";

	(void)state;
	machine(&f);
	assert_int_equal(pb_vfio_holder(&f.root, BDF, comm, sizeof(comm)), 0);
	assert_string_equal(comm, "none");
	fake_link(&f, "/dev/vfio/12", "proc/99/fd/11");
	assert_int_equal(pb_vfio_holder(&f.root, BDF, comm, sizeof(comm)), 99);
	assert_string_equal(comm, "qemu-system-x86");
	assert_int_equal(pb_vfio_holder(&f.root, "0000:00:04.0", comm, sizeof(comm)), 0);
	fake_remove(&f);
}

static void the_holder_of_a_device_node_is_found(void **state)
{
	struct faketree f;
	char comm[32];

	(void)state;
	machine(&f);
	fake_put(&f, DEVICE "/vfio-dev/vfio3/dev", "510:3\n");
	fake_link(&f, "/dev/vfio/devices/vfio30", "proc/7/fd/7");
	assert_int_equal(pb_vfio_holder(&f.root, BDF, comm, sizeof(comm)), 0);
	fake_link(&f, "/dev/vfio/devices/vfio3", "proc/99/fd/11");
	assert_int_equal(pb_vfio_holder(&f.root, BDF, comm, sizeof(comm)), 99);
	fake_remove(&f);
}

static void a_held_function_keeps_its_driver(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_undo *u = NULL;
	struct faketree f;
	char log[512], override[32], driver[32];

	(void)state;
	machine(&f);
	fake_link(&f, "/dev/vfio/12", "proc/99/fd/11");
	snprintf(log, sizeof(log), "%s/undo.log", f.dir.path);
	assert_int_equal(pb_undo_open(&u, &f.root, log, &err), 0);
	assert_true(pb_undo_bind(u, BDF, "nvme", &err) < 0);
	assert_int_equal(err.status, PB_UNSAFE);
	assert_non_null(strstr(err.msg, "process 99 (qemu-system-x86) has " BDF " open through VFIO"));
	pb_undo_close(u);
	assert_true(pb_root_read(&f.root, override, sizeof(override), "/" DEVICE "/driver_override") > 0);
	assert_string_equal(override, "vfio-pci"); /* nothing was written */
	assert_true(pb_root_link(&f.root, driver, sizeof(driver), "/" DEVICE "/driver") > 0);
	assert_string_equal(driver, "vfio-pci");
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_holder_of_the_group_is_found),
					   cmocka_unit_test(the_holder_of_a_device_node_is_found),
					   cmocka_unit_test(a_held_function_keeps_its_driver)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
