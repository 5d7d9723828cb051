/* Unit tests of engine/collectors/iommu.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/fakepmu.h"

#include "tests/unit/collrows.h"

#define DISK "0000:98:00.0"

static void put_group(struct faketree *f)
{
	fakepmu_disk(f, "97");
	fake_put(f, "sys/kernel/iommu_groups/17/type", "DMA-FQ\n");
	fake_link(f, "/sys/kernel/iommu_groups/17",
		  "sys/devices/pci0000:97/0000:97:02.0/0000:98:00.0/iommu_group");
	fake_link(f, "/x", "sys/kernel/iommu_groups/17/devices/0000:98:00.0");
	fake_link(f, "/x", "sys/kernel/iommu_groups/17/devices/0000:98:00.1");
	fake_put(f, "proc/interrupts", "      CPU0\n 24:  12  IR-PCI-MSI 512-edge      nvme0q0\n");
}

static size_t row_of(const struct collrun *r, const char *scope, const char *item)
{
	for (size_t i = 0; i < pb_rows_count(r->rows); i++)
		if (!strcmp(collrun_str(r, i, "scope"), scope) && !strcmp(collrun_str(r, i, "item"), item))
			return i;
	fail_msg("no row %s %s", scope, item);
	return 0;
}

static void test_facts_at_the_ends(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = DISK};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_group(&f);
	fake_put(&f, "sys/class/iommu/dmar0/intel-iommu/cap", "d2078c106f0466\n");
	collrun_start(&r, &pb_coll_iommu, &t);
	collrun_sample(&r, 1);
	assert_int_equal(collrun_i64(&r, row_of(&r, "host", "interrupt_remapping"), "value"), 1);
	assert_int_equal(collrun_i64(&r, row_of(&r, "host", "posted_capable"), "value"), 0);
	assert_int_equal(collrun_i64(&r, row_of(&r, "host", "posted_enabled"), "value"), 0);
	assert_string_equal(collrun_str(&r, row_of(&r, "host", "unit"), "text"), "dmar0");
	assert_int_equal(collrun_i64(&r, row_of(&r, "disk", "group"), "value"), 17);
	assert_string_equal(collrun_str(&r, row_of(&r, "disk", "group_type"), "text"), "DMA-FQ");
	assert_true(collrun_has(&r, "text", "0000:98:00.1"));
	/* A recorded machine has no log: empty, not 0. */
	assert_true(collrun_i64(&r, row_of(&r, "disk", "faults"), "value") == PB_NA);
	assert_int_equal(collrun_sample(&r, 2), 2); /* faults only */
	pb_rows_clear(r.rows);
	assert_int_equal(pb_coll_iommu.finish(r.state, 3, r.rows), 0);
	row_of(&r, "disk", "group");
	collrun_stop(&r);
	fake_remove(&f);
}

static void put_dmar(struct faketree *f, const char *pmu, const char *type)
{
	fakepmu_put(f, pmu, "type", type);
	fakepmu_put(f, pmu, "cpumask", "0\n");
	fakepmu_put(f, pmu, "format/event", "config:0-27\n");
	fakepmu_put(f, pmu, "format/event_group", "config:28-31\n");
	fakepmu_put(f, pmu, "events/iotlb_lookup", "event_group=0x3,event=0x001\n");
	fakepmu_put(f, pmu, "events/iotlb_hit", "event_group=0x3,event=0x002\n");
	fakepmu_put(f, pmu, "events/int_cache_hit_posted", "event_group=0x4,event=0x004\n");
}

/* Only the unit in front of the disk is counted. */
static void test_intel_pmu(void **state)
{
	struct fakepmu kernel = {.step = 5};
	struct pb_perf_ops ops = fakepmu_ops(&kernel);
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = DISK, .perf = &ops};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_group(&f);
	put_dmar(&f, "dmar0", "70\n");
	put_dmar(&f, "dmar3", "73\n");
	fake_put(&f, "sys/class/iommu/dmar0/intel-iommu/cap", "0\n");
	fake_link(&f, "/sys/bus/pci/devices/" DISK, "sys/class/iommu/dmar3/devices/" DISK);
	collrun_start(&r, &pb_coll_iommu, &t);
	assert_int_equal(kernel.n, 3);
	assert_int_equal(kernel.attr[0].type, 73);
	collrun_sample(&r, 1);
	assert_int_equal(collrun_i64(&r, row_of(&r, "dmar3", "iotlb_hit"), "value"), 10);
	assert_true(kernel.attr[0].config == 0x30000001);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_amd_pmu_filters_the_disk(void **state)
{
	struct fakepmu kernel = {.step = 5};
	struct pb_perf_ops ops = fakepmu_ops(&kernel);
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = DISK, .perf = &ops};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_group(&f);
	fakepmu_put(&f, "amd_iommu_0", "type", "20\n");
	fakepmu_put(&f, "amd_iommu_0", "cpumask", "0\n");
	fakepmu_put(&f, "amd_iommu_0", "format/csource", "config:0-7\n");
	fakepmu_put(&f, "amd_iommu_0", "format/devid", "config:8-23\n");
	fakepmu_put(&f, "amd_iommu_0", "format/devid_mask", "config1:0-15\n");
	fakepmu_put(&f, "amd_iommu_0", "events/mem_iommu_tlb_pte_mis", "csource=0x07\n");
	collrun_start(&r, &pb_coll_iommu, &t);
	assert_int_equal(kernel.n, 1);
	assert_true(kernel.attr[0].config == 0x980007);
	assert_int_equal(kernel.attr[0].config1, 0xffff);
	collrun_sample(&r, 1);
	assert_int_equal(collrun_i64(&r, row_of(&r, "amd_iommu_0", "mem_iommu_tlb_pte_mis"), "of_disk"), 1);
	collrun_stop(&r);
	fake_remove(&f);
}

/* Kernels before 6.3: the I/O stack counts the IOTLB; a machine that is not in the table is left alone. */
static void test_iio_counts_the_iotlb(void **state)
{
	struct fakepmu kernel = {.step = 5};
	struct pb_perf_ops ops = fakepmu_ops(&kernel);
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = DISK, .perf = &ops};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_group(&f);
	fakepmu_iio(&f, "uncore_iio_0", "40\n");
	fakepmu_put(&f, "uncore_iio_0", "die0", "0000:97\n");
	fake_put(&f, "proc/cpuinfo", "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n");
	collrun_start(&r, &pb_coll_iommu, &t);
	assert_int_equal(kernel.n, 0);
	collrun_stop(&r);
	fake_put(&f, "proc/cpuinfo", "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 106\n");
	collrun_start(&r, &pb_coll_iommu, &t);
	assert_int_equal(kernel.n, 3);
	collrun_sample(&r, 1);
	assert_int_equal(collrun_i64(&r, row_of(&r, "uncore_iio_0", "iommu0.misses"), "of_disk"), 1);
	assert_int_equal(kernel.attr[1].config, 0x2040);
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
	assert_int_equal(pb_coll_iommu.probe(&t, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "no IOMMU is on"));
	pb_coll_iommu.stop(NULL);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts_at_the_ends),
		cmocka_unit_test(test_intel_pmu),
		cmocka_unit_test(test_amd_pmu_filters_the_disk),
		cmocka_unit_test(test_iio_counts_the_iotlb),
		cmocka_unit_test(test_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
