/* Unit tests of engine/collectors/environment.c: the snapshot, its comparison, and text that is not to be
 * trusted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/collectors/environment.h"
#include "engine/lib/json.h"
#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

#define CPU "sys/devices/system/cpu/"

static void put_machine(struct faketree *f)
{
	fake_put(f, "proc/sys/kernel/osrelease", "6.1.0-28-amd64\n");
	fake_put(f, "proc/cmdline", "root=/dev/sda1 intel_iommu=on iommu=pt isolcpus=2-3\n");
	fake_put(f, "proc/sys/kernel/tainted", "4096\n");
	fake_put(f, "proc/77/comm", "tuned\n");
	fake_put(f, "etc/tuned/active_profile", "virtual-host\n");
	fake_put(f, CPU "cpu0/cpufreq/scaling_governor", "performance\n");
	fake_put(f, CPU "cpu0/cpufreq/energy_performance_preference", "performance\n");
	fake_put(f, CPU "cpu1/cpufreq/energy_performance_preference", "balance_power\n");
	fake_put(f, CPU "cpu0/cpuidle/state0/latency", "0\n");
	fake_put(f, CPU "cpu0/cpuidle/state2/latency", "133\n");
	fake_put(f, CPU "isolated", "2-3\n");
	fake_put(f, CPU "nohz_full", "  (null)\n");
	fake_put(f, CPU "vulnerabilities/mds", "Mitigation: Clear CPU buffers; SMT vulnerable\n");
	fake_put(f, "sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
	fake_put(f, "sys/module/kvm/parameters/halt_poll_ns", "200000\n");
	fake_put(f, "sys/module/kvm_intel/parameters/ple_gap", "128\n");
	fake_put(f, "sys/kernel/iommu_groups/0/type", "identity\n");
	fake_put(f, "sys/kernel/iommu_groups/1/type", "DMA-FQ\n");
	fake_put(f, "sys/kernel/iommu_groups/2/type", "identity\n");
}

static json_t *snapshot(const struct faketree *f)
{
	json_t *o = NULL;

	assert_int_equal(pb_environment(&f->root, &o), 0);
	return o;
}

static void test_what_is_read(void **state)
{
	static const char *const want[][2] = {
		{"kernel", "6.1.0-28-amd64"},
		{"cmdline", "root=/dev/sda1 intel_iommu=on iommu=pt isolcpus=2-3"},
		{"taint", "4096"},
		{"tuned", "running"},
		{"thermald", "not running"},
		{"irqbalance", "not running"},
		{"tuned_profile", "virtual-host"},
		{"governor", "performance"},
		{"epp", "mixed"},
		{"cpuidle.state0_latency_us", "0"},
		{"cpuidle.state2_latency_us", "133"},
		{"isolated_cpus", "2-3"},
		{"nohz_full_cpus", ""},
		{"vulnerability.mds", "Mitigation: Clear CPU buffers; SMT vulnerable"},
		{"thp", "madvise"},
		{"kvm.halt_poll_ns", "200000"},
		{"kvm_intel.ple_gap", "128"},
		{"iommu_domains", "identity,DMA-FQ"},
	};
	struct faketree f;
	json_t *o;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	o = snapshot(&f);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_string_equal(pb_json_str(o, want[i][0], want[i][0]), want[i][1]);
	assert_true(json_is_null(json_object_get(o, "boost")));
	assert_true(json_is_null(json_object_get(o, "microcode")));
	assert_null(json_object_get(o, "kvm_amd.avic"));
	json_decref(o);
	fake_remove(&f);
}

static void test_changes(void **state)
{
	struct faketree f;
	json_t *before, *after, *changes;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	before = snapshot(&f);
	after = snapshot(&f);
	changes = pb_environment_changes(before, after);
	assert_int_equal(json_object_size(changes), 0);
	json_decref(changes);
	json_decref(after);
	fake_put(&f, CPU "cpu0/cpufreq/scaling_governor", "powersave\n");
	fake_put(&f, "sys/module/vfio_pci/parameters/disable_idle_d3",
		 "N\n"); /* loaded meanwhile: no change */
	unlinkat(f.dir.fd, "sys/module/kvm/parameters/halt_poll_ns", 0);
	after = snapshot(&f);
	changes = pb_environment_changes(before, after);
	assert_int_equal(json_object_size(changes), 1);
	assert_string_equal(json_string_value(json_array_get(json_object_get(changes, "governor"), 1)),
			    "powersave");
	json_decref(changes);
	json_decref(after);
	json_decref(before);
	fake_remove(&f);
}

/* Firmware tables hold any bytes: what reaches the manifest is one line of plain text. */
static void test_hostile_text(void **state)
{
	struct faketree f;
	json_t *o;

	(void)state;
	fake_make(&f);
	fake_put(&f, "sys/class/dmi/id/product_name", "R\xff\x1b[31m\nx  \n");
	fake_put(&f, "sys/kernel/mm/transparent_hugepage/enabled", "always madvise]\n");
	fake_put(&f, "sys/kernel/mm/transparent_hugepage/defrag", "[\n");
	o = snapshot(&f);
	assert_string_equal(pb_json_str(o, "machine", ""), "R??[31m x");
	assert_string_equal(pb_json_str(o, "thp", ""), "always madvise]");
	assert_string_equal(pb_json_str(o, "thp_defrag", ""), "[");
	json_decref(o);
	fake_remove(&f);
}

static void test_rows(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;
	char why[128] = "";

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_coll_environment.probe(&t, why, sizeof(why)), -ENOENT);
	put_machine(&f);
	collrun_start(&r, &pb_coll_environment, &t);
	assert_true(collrun_sample(&r, 5) > 15);
	assert_string_equal(collrun_str(&r, collrun_row(&r, "key", "epp"), "value"), "mixed");
	assert_false(collrun_has(&r, "key", "boost")); /* not readable: no row */
	collrun_stop(&r);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_read),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
