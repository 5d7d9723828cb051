/* Unit tests of engine/collectors/hostinfo.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/collectors/hostinfo.h"
#include "engine/lib/json.h"
#include "tests/unit/faketree.h"

static void test_lists(void **state)
{
	(void)state;
	assert_int_equal(pb_cpulist_count("0"), 1);
	assert_int_equal(pb_cpulist_count("0-3,8\n"), 5);
	assert_int_equal(pb_cpulist_count(""), 0);
	assert_int_equal(pb_cpulist_count("3-1"), -EINVAL);
	assert_int_equal(pb_cpulist_count("0-"), -EINVAL);
	assert_int_equal(pb_cpulist_count("a"), -EINVAL);
	assert_int_equal(pb_cpulist_count("0-99999999"), -EINVAL);
	assert_int_equal(pb_cpulist_count("1;2"), -EINVAL);
}

static void test_everything_is_there(void **state)
{
	struct faketree f;
	json_t *h;

	(void)state;
	fake_make(&f);
	fake_put(&f, "proc/sys/kernel/osrelease", "6.1.0-28-amd64\n");
	fake_put(&f, "proc/cpuinfo",
		 "processor\t: 0\nmodel\t\t: 106\nmodel name\t: Xeon: Gold\nmicrocode\t: 0xd0003a5\n");
	fake_put(&f, "sys/devices/system/cpu/online", "0-3,8-11\n");
	fake_put(&f, "sys/devices/system/node/online", "0-1\n");
	fake_put(&f, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
	fake_put(&f, "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n");
	fake_put(&f, "sys/class/dmi/id/bios_vendor", "Dell Inc.\n");
	fake_put(&f, "sys/class/dmi/id/bios_version", "1.5\n");
	fake_put(&f, "sys/class/iommu/dmar0/x", "");
	fake_put(&f, "run/lab/init", "");
	fake_put(&f, "proc/77/comm", "irqbalance\n");
	fake_put(&f, "sys/module/kvm/parameters/halt_poll_ns", "200000\n");
	assert_int_equal(pb_hostinfo(&f.root, &h, NULL), 0);
	assert_string_equal(pb_json_str(h, "kernel", ""), "6.1.0-28-amd64");
	assert_string_equal(pb_json_str(h, "cpu_model", ""), "Xeon: Gold");
	assert_string_equal(pb_json_str(h, "microcode", ""), "0xd0003a5");
	assert_int_equal(pb_json_i64(h, "cpus", 0), 8);
	assert_int_equal(pb_json_i64(h, "numa_nodes", 0), 2);
	assert_string_equal(pb_json_str(h, "bios", ""), "Dell Inc. 1.5");
	assert_string_equal(pb_json_str(h, "governor", ""), "mixed");
	assert_string_equal(pb_json_str(h, "iommu", ""), "intel");
	assert_true(json_is_true(json_object_get(h, "lab")));
	assert_true(json_is_true(json_object_get(h, "irqbalance")));
	assert_int_equal(pb_json_i64(h, "halt_poll_ns", 0), 200000);
	json_decref(h);
	fake_remove(&f);
}

static void test_nothing_is_there(void **state)
{
	static const char *const null[] = {"kernel",    "qemu", "cpu_model", "cpus",        "numa_nodes",
					   "microcode", "bios", "governor",  "halt_poll_ns"};
	struct faketree f;
	json_t *h;

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_hostinfo(&f.root, &h, NULL), 0);
	for (size_t i = 0; i < sizeof(null) / sizeof(null[0]); i++)
		assert_true(json_is_null(json_object_get(h, null[i])));
	assert_string_equal(pb_json_str(h, "iommu", ""), "none");
	assert_true(json_is_false(json_object_get(h, "lab")));
	json_decref(h);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_everything_is_there),
		cmocka_unit_test(test_nothing_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
