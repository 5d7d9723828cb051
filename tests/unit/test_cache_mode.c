/* What a cache mode leaves of data that must survive, and QEMU's own word for the mode a disk is open in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "engine/run/host/cache_mode.h"
#include "engine/run/host/disk_mode.h"
#include "tests/unit/faketree.h"

static bool keeps(const char *mode, bool flushes, char safety)
{
	const struct pb_kept_data d = {.writes = true, .flushes = flushes, .safety = safety};

	return pb_cache_mode_keeps(pb_cache_mode_find(mode), &d);
}

static void who_never_flushes_needs_the_host_to(void **state)
{
	(void)state;
	assert_false(keeps("none", false, 'P'));
	assert_false(keeps("writeback", false, 'P'));
	assert_true(keeps("directsync", false, 'P'));
	assert_true(keeps("writethrough", false, 'P'));
	assert_true(keeps("none", true, 'P'));
	assert_true(keeps("none", false, 'C'));
}

static void unsafe_keeps_nothing_that_matters(void **state)
{
	const struct pb_kept_data reads = {.safety = 'P'};

	(void)state;
	assert_false(keeps("unsafe", true, 'P'));
	assert_false(keeps("unsafe", true, 'C'));
	assert_true(keeps("unsafe", true, 'N'));
	assert_true(pb_cache_mode_keeps(pb_cache_mode_find("unsafe"), &reads));
	assert_null(pb_cache_mode_find("fast"));
}

static void every_mode_is_found_by_its_switches(void **state)
{
	static const char *const names[] = {"none", "writeback", "writethrough", "directsync", "unsafe"};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		const struct pb_cache_mode *m = pb_cache_mode_find(names[i]);

		assert_ptr_equal(pb_cache_mode_of(m->writeback, m->direct, m->no_flush), m);
	}
	assert_null(pb_cache_mode_of(false, false, true));
}

static int cache_of(const char *json, char *cache)
{
	json_t *j = json_loads(json, 0, NULL);
	struct pb_disk_mode m = {.cache = "", .aio = ""};
	int rc;

	assert_non_null(j);
	rc = pb_disk_mode_cache(&m, j, "disk0", NULL);
	strcpy(cache, m.cache);
	json_decref(j);
	return rc;
}

static void query_block_is_read(void **state)
{
	char cache[16];

	(void)state;
	/* as QEMU 10.0 answers, shortened */
	assert_int_equal(cache_of("[{\"device\":\"\",\"qdev\":\"/machine/peripheral-anon/device[1]\","
				  "\"inserted\":{\"node-name\":\"disk0\",\"ro\":true,\"cache\":"
				  "{\"no-flush\":false,\"direct\":true,\"writeback\":true}}}]",
				  cache),
			 0);
	assert_string_equal(cache, "none");
	assert_int_equal(cache_of("[{\"inserted\":{\"node-name\":\"other\",\"cache\":{}}},"
				  "{\"inserted\":{\"node-name\":\"disk0\",\"cache\":{\"no-flush\":true,"
				  "\"direct\":true,\"writeback\":false}}}]",
				  cache),
			 0);
	assert_string_equal(cache, "?");
	assert_true(cache_of("[{\"device\":\"ide0\"}]", cache) < 0);
	assert_true(cache_of("[]", cache) < 0);
}

static void aio_of(struct faketree *f, const char *expected)
{
	struct pb_disk_mode m;

	assert_int_equal(pb_disk_mode_aio(&m, &f->root, 42, NULL), 0);
	assert_string_equal(m.aio, expected);
}

static void rings_tell_how_qemu_submits(void **state)
{
	struct pb_disk_mode m;
	struct faketree f;

	(void)state;
	fake_make(&f);
	assert_true(pb_disk_mode_aio(&m, &f.root, 42, NULL) < 0);
	fake_put(&f, "proc/42/maps", "7f00-7f01 rw-s 00000000 00:0e 1 /dev/zero\n");
	fake_link(&f, "/dev/nvme0n1", "proc/42/fd/9");
	aio_of(&f, "threads");
	fake_link(&f, "anon_inode:[io_uring]", "proc/42/fd/10");
	aio_of(&f, "io_uring");
	fake_put(&f, "proc/42/maps", "7f00-7f01 rw-s 00000000 00:0e 1 /[aio] (deleted)\n");
	aio_of(&f, "native");
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_never_flushes_needs_the_host_to),
		cmocka_unit_test(unsafe_keeps_nothing_that_matters),
		cmocka_unit_test(every_mode_is_found_by_its_switches),
		cmocka_unit_test(query_block_is_read),
		cmocka_unit_test(rings_tell_how_qemu_submits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
