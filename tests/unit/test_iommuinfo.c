/* Unit tests of engine/collectors/iommuinfo.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/collectors/iommuinfo.h"
#include "engine/lib/csv.h"
#include "tests/unit/faketree.h"

#define CPUS "            CPU0       CPU1\n"
#define REMAPPED CPUS " 24:  12   0  IR-PCI-MSIX-0000:41:00.0    0-edge      vfio-msix[0](0000:41:00.0)\n"
#define PLAIN CPUS " 24:  12   0  PCI-MSI 512-edge      nvme0q0\n 25:  1 1  PCI-MSI 513-edge  my IR-blaster\n"

static void test_chip_names(void **state)
{
	(void)state;
	assert_true(pb_iommuinfo_remapped(REMAPPED));
	assert_true(pb_iommuinfo_remapped("  2: 0 38 IR-IO-APIC   2-edge timer")); /* 6.1 */
	assert_false(pb_iommuinfo_remapped(PLAIN)); /* a driver's name is no chip */
	assert_false(pb_iommuinfo_remapped("IR-PCI-MSI"));
	assert_false(pb_iommuinfo_remapped(""));
}

static void test_intel(void **state)
{
	struct pb_iommuinfo info;
	struct faketree f;

	(void)state;
	fake_make(&f);
	fake_put(&f, "proc/interrupts", REMAPPED);
	fake_put(&f, "sys/class/iommu/dmar0/intel-iommu/cap", "8d2078c106f0466\n"); /* bit 59 set */
	fake_put(&f, "sys/module/kvm_intel/parameters/enable_apicv", "Y\n");
	fake_put(&f, "proc/cmdline", "root=/dev/sda1 intel_iommu=on\n");
	pb_iommuinfo_read(&f.root, &info);
	assert_int_equal(info.remapping, 1);
	assert_int_equal(info.posted_capable, 1);
	assert_int_equal(info.posted_enabled, 1);
	fake_put(&f, "proc/cmdline", "intremap=no_x2apic_optout,nopost quiet\n");
	pb_iommuinfo_read(&f.root, &info);
	assert_int_equal(info.posted_enabled, 0);
	assert_non_null(strstr(info.enabled_how, "nopost"));
	fake_put(&f, "proc/cmdline", "quiet\n");
	fake_put(&f, "sys/module/kvm_intel/parameters/enable_apicv", "N\n");
	pb_iommuinfo_read(&f.root, &info);
	assert_int_equal(info.posted_enabled, 0);
	assert_non_null(strstr(info.enabled_how, "enable_apicv is off"));
	/* One unit that cannot post decides. */
	fake_put(&f, "sys/class/iommu/dmar1/intel-iommu/cap", "d2078c106f0466\n");
	pb_iommuinfo_read(&f.root, &info);
	assert_int_equal(info.posted_capable, 0);
	fake_remove(&f);
}

static void test_amd(void **state)
{
	struct pb_iommuinfo info;
	struct faketree f;

	(void)state;
	fake_make(&f);
	fake_put(&f, "proc/interrupts", PLAIN);
	fake_put(&f, "sys/class/iommu/ivhd0/amd-iommu/features", "246577efa2254afa:0\n"); /* 6.7 and later */
	fake_put(&f, "sys/module/kvm_amd/parameters/avic", "Y\n");
	pb_iommuinfo_read(&f.root, &info);
	assert_int_equal(info.remapping, 0);
	assert_int_equal(info.posted_capable, 1);
	assert_int_equal(info.posted_enabled, 0);
	fake_put(&f, "proc/interrupts", REMAPPED);
	pb_iommuinfo_read(&f.root, &info);
	assert_int_equal(info.posted_enabled, 1);
	fake_remove(&f);
}

/* What cannot be read is not known, rather than off. */
static void test_nothing(void **state)
{
	struct pb_iommuinfo info;
	struct faketree f;

	(void)state;
	fake_make(&f);
	pb_iommuinfo_read(&f.root, &info);
	assert_true(info.remapping == PB_NA && info.posted_capable == PB_NA && info.posted_enabled == PB_NA);
	assert_string_equal(info.remapping_how, "");
	fake_put(&f, "sys/class/iommu/dmar0/intel-iommu/cap", "none\n");
	fake_put(&f, "proc/interrupts", REMAPPED);
	pb_iommuinfo_read(&f.root, &info);
	assert_int_equal(info.remapping, 1);
	assert_true(info.posted_capable == PB_NA && info.posted_enabled == PB_NA);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chip_names),
		cmocka_unit_test(test_intel),
		cmocka_unit_test(test_amd),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
