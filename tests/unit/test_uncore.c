/* Unit tests of engine/collectors/uncore.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <perfmon/pfmlib.h>
#include <stdlib.h>

#include "engine/collectors/uncore.h"
#include "tests/unit/fakepmu.h"

static void test_formats(void **state)
{
	static const char *const bad[] = {"",
					  "config",
					  "config:",
					  "config:64",
					  "config:3-2",
					  "config:0-",
					  "config3:0-7",
					  "config:0-7,",
					  "conf:0",
					  "config:-1",
					  "config:0-7 x",
					  "config:0-63,0",
					  "config:99999999999999999999"};
	struct pb_uncore_field f = {.name = "event"};

	(void)state;
	assert_int_equal(pb_uncore_format("config:0-7,32-35,59-60\n", &f), 0); /* amd_df of 6.1 */
	assert_string_equal(f.name, "event");
	assert_int_equal(f.word, 0);
	assert_int_equal(f.nbits, 14);
	assert_int_equal(f.bit[7], 7);
	assert_int_equal(f.bit[8], 32);
	assert_int_equal(f.bit[13], 60);
	assert_int_equal(pb_uncore_format("config1:0-15", &f), 0); /* amd_iommu devid_mask */
	assert_int_equal(f.word, 1);
	assert_int_equal(pb_uncore_format("config2:0-63", &f), 0);
	assert_int_equal(f.nbits, 64);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pb_uncore_format(bad[i], &f), -EINVAL);
	assert_int_equal(f.nbits, 64); /* untouched on failure */
}

static void test_encoding(void **state)
{
	struct perf_event_attr a;
	struct pb_uncore_pmu pmu;
	struct faketree f;

	(void)state;
	fake_make(&f);
	fakepmu_iio(&f, "uncore_iio_3", "45\n");
	fakepmu_put(&f, "uncore_iio_3", "format/broken", "what?\n");
	assert_int_equal(pb_uncore_load(&f.root, "uncore_iio_3", &pmu), 0);
	assert_int_equal(pmu.type, 45);
	assert_int_equal(pmu.ncpu, 2);
	assert_int_equal(pmu.cpu[1], 32);
	assert_int_equal(pmu.nfield, 7); /* the broken one is left out */
	assert_int_equal(pb_uncore_bits(&pmu, "ch_mask"), 12);
	assert_int_equal(pb_uncore_bits(&pmu, "filter"), 0);
	assert_int_equal(pb_uncore_encode(&pmu, "event=0x83,umask=0x4,ch_mask=0x1,fc_mask=0x7", &a), 0);
	assert_int_equal(a.type, 45);
	assert_true(a.config == 0x0007001000000483ULL);
	assert_int_equal(pb_uncore_encode(&pmu, "event=131,edge\n", &a), 0);
	assert_int_equal(a.config, 0x40083);
	assert_int_equal(pb_uncore_encode(&pmu, "config=0x12,config1=0x34", &a), 0);
	assert_int_equal(a.config1, 0x34);
	assert_int_equal(pb_uncore_encode(&pmu, "event=0x100", &a), -ERANGE);
	assert_int_equal(pb_uncore_encode(&pmu, "devid=1", &a), -ENOENT);
	assert_int_equal(pb_uncore_encode(&pmu, "event=?", &a), -EINVAL);
	assert_int_equal(pb_uncore_encode(&pmu, "event=-1", &a), -EINVAL);
	assert_int_equal(pb_uncore_encode(&pmu, "event=", &a), -EINVAL);
	assert_int_equal(pb_uncore_encode(&pmu, "", &a), -EINVAL);
	fake_remove(&f);
}

static void test_events_of_the_kernel(void **state)
{
	struct perf_event_attr a;
	struct pb_uncore_pmu pmu;
	struct faketree f;
	double bytes = -1;

	(void)state;
	fake_make(&f);
	fakepmu_free_running(&f, "uncore_iio_free_running_0", "60\n");
	assert_int_equal(pb_uncore_load(&f.root, "uncore_iio_free_running_0", &pmu), 0);
	assert_int_equal(pb_uncore_event(&f.root, &pmu, "bw_in_port1", &a, &bytes), 0);
	assert_int_equal(a.config, 0x21ff);
	assert_true(bytes == 32.0);
	assert_int_equal(pb_uncore_event(&f.root, &pmu, "ioclk", &a, &bytes), 0);
	assert_true(bytes == 0); /* clocks are no bytes */
	assert_int_equal(pb_uncore_event(&f.root, &pmu, "bw_in_port7", &a, &bytes), -ENOENT);
	fakepmu_put(&f, "uncore_iio_free_running_0", "events/bw_in_port1.scale", "-1e300x\n");
	assert_int_equal(pb_uncore_event(&f.root, &pmu, "bw_in_port1", &a, &bytes), 0);
	assert_true(bytes == 0);
	fake_remove(&f);
}

static void test_names(void **state)
{
	struct pb_strv names = {0};
	struct pb_uncore_pmu pmu;
	struct faketree f;

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_uncore_find(&f.root, "dmar", &names), -ENOENT);
	fakepmu_describe(&f, "uncore_iio_10", "1\n", "0\n");
	fakepmu_describe(&f, "uncore_iio_2", "2\n", "0\n");
	fakepmu_describe(&f, "uncore_iio_free_running_2", "3\n", "0\n");
	fakepmu_describe(&f, "amd_df", "4\n", "\n");
	assert_int_equal(pb_uncore_find(&f.root, "uncore_iio", &names), 0);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.v[0], "uncore_iio_2");
	assert_int_equal(pb_uncore_find(&f.root, "amd_df", &names), 0);
	assert_int_equal(names.n, 3);
	pb_strv_fini(&names);
	assert_int_equal(pb_uncore_load(&f.root, "amd_df", &pmu), 0);
	assert_int_equal(pmu.ncpu, 1); /* an empty cpumask: CPU 0 */
	assert_int_equal(pb_uncore_load(&f.root, "dmar0", &pmu), -ENOENT);
	fakepmu_put(&f, "amd_df", "type", "lots\n");
	assert_int_equal(pb_uncore_load(&f.root, "amd_df", &pmu), -EINVAL);
	fake_remove(&f);
}

/* libpfm4 knows Skylake's stacks: both ways to the same bits. */
static void test_agrees_with_libpfm4(void **state)
{
	static const struct {
		const char *pfm, *terms;
	} same[] = {
		{"skx_unc_iio0::UNC_IO_DATA_REQ_OF_CPU:MEM_READ_PART0",
		 "event=0x83,umask=0x4,ch_mask=0x1,fc_mask=0x7"},
		{"skx_unc_iio0::UNC_IO_DATA_REQ_OF_CPU:MEM_WRITE_PART2",
		 "event=0x83,umask=0x1,ch_mask=0x4,fc_mask=0x7"},
		{"skx_unc_iio0::UNC_IO_DATA_REQ_BY_CPU:MEM_WRITE_PART0",
		 "event=0xc0,umask=0x1,ch_mask=0x1,fc_mask=0x7"},
	};
	pfm_pmu_encode_arg_t pfm;
	struct perf_event_attr ours;
	struct pb_uncore_pmu pmu;
	struct faketree f;

	(void)state;
	setenv("LIBPFM_ENCODE_INACTIVE", "1", 1);
	assert_int_equal(pfm_initialize(), PFM_SUCCESS);
	fake_make(&f);
	fakepmu_describe(&f, "uncore_iio_0", "30\n", "0\n");
	fakepmu_put(&f, "uncore_iio_0", "format/ch_mask", "config:36-43\n");
	fakepmu_put(&f, "uncore_iio_0", "format/fc_mask", "config:44-46\n");
	assert_int_equal(pb_uncore_load(&f.root, "uncore_iio_0", &pmu), 0);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		memset(&pfm, 0, sizeof(pfm));
		pfm.size = sizeof(pfm);
		assert_int_equal(pfm_get_os_event_encoding(same[i].pfm, 0, PFM_OS_NONE, &pfm), PFM_SUCCESS);
		assert_int_equal(pfm.count, 1);
		assert_int_equal(pb_uncore_encode(&pmu, same[i].terms, &ours), 0);
		assert_true(pfm.codes[0] == ours.config);
		free(pfm.codes);
	}
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_encoding),
		cmocka_unit_test(test_events_of_the_kernel),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_agrees_with_libpfm4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
