/*
 * The decision table of cache modes, cell by cell, and the rule that direct
 * I/O wants no cache.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "analyzers/cachemode.h"

static const struct {
	const char *rw, *durability;
	char safety;
	bool writes, direct;
	const char *mode;
} cells[] = {
	{"randwrite", "flush", 'P', true, false, "none"},
	{"randrw", "power", 'C', true, false, "none"},
	{"randwrite", "flush", 'N', true, false, "none"},
	{"randread", "none", 'P', false, false, "none"},
	{"randread", "none", 'C', false, false, "writeback"},
	{"randread", "none", 'N', false, false, "writeback"},
	{"randread", "none", 'C', false, true, "none"},
	{"read", "none", 'P', false, false, "none"},
	{"read", "none", 'C', false, false, "none"},
	{"read", "none", 'N', false, false, "writeback"},
	{"randwrite", "none", 'P', true, false, "directsync"},
	{"randwrite", "none", 'P', true, true, "directsync"},
	{"randwrite", "none", 'C', true, false, "writeback"},
	{"randwrite", "none", 'N', true, false, "writeback"},
	{"write", "none", 'N', true, true, "none"},
};

static void every_cell(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		struct pb_workload w = {.rw = cells[i].rw,
					.durability = cells[i].durability,
					.safety = cells[i].safety,
					.writes = cells[i].writes,
					.direct = cells[i].direct,
					.known = true};

		assert_string_equal(pb_cachemode_choose(&w), cells[i].mode);
	}
}

static void modes_mean_what_qemu_means(void **state)
{
	(void)state;
	assert_true(pb_cachemode_find("none")->direct && pb_cachemode_find("none")->writeback);
	assert_true(pb_cachemode_find("directsync")->direct && !pb_cachemode_find("directsync")->writeback);
	assert_true(!pb_cachemode_find("writethrough")->direct &&
		    !pb_cachemode_find("writethrough")->writeback);
	assert_true(!pb_cachemode_find("writeback")->direct && pb_cachemode_find("writeback")->writeback);
	assert_true(pb_cachemode_find("unsafe")->no_flush);
	assert_null(pb_cachemode_find("fast"));
	assert_null(pb_cachemode_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell),
		cmocka_unit_test(modes_mean_what_qemu_means),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
