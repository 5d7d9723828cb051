/* Unit tests of engine/collectors/guestmem.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

static void put_qemu(struct faketree *f)
{
	char *text = fixture_text("tests/fixtures/memory/numa_maps-linux-6.1-two-nodes.txt");

	fake_put(f, "proc/77/numa_maps", text);
	fake_put(f, "proc/77/smaps_rollup",
		 "7f00-7fff ---p 00000000 00:00 0    [rollup]\nRss: 5 kB\nAnonHugePages: 2048 kB\n"
		 "ShmemPmdMapped: 4096 kB\n");
	fake_put(f, "proc/77/status", "Name:\tqemu-system-x86\nVmLck:\t    1024 kB\nVmPin:\t       8 kB\n");
	free(text);
}

static int64_t bytes_on(const struct collrun *r, const char *policy, const char *kind, int64_t node)
{
	for (size_t i = 0; i < pb_rows_count(r->rows); i++)
		if (collrun_str(r, i, "policy") && !strcmp(collrun_str(r, i, "policy"), policy) &&
		    !strcmp(collrun_str(r, i, "kind"), kind) && collrun_i64(r, i, "node") == node)
			return collrun_i64(r, i, "bytes");
	fail_msg("no row %s %s on node %d", policy, kind, (int)node);
	return 0;
}

static void test_nodes_and_parts(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .qemu_pid = 77};
	struct collrun r;
	size_t row;

	(void)state;
	fake_make(&f);
	put_qemu(&f);
	collrun_start(&r, &pb_coll_guestmem, &t);
	assert_true(collrun_sample(&r, 5) > 5);
	assert_int_equal(collrun_i64(&r, 0, "pid"), 77);
	assert_true(bytes_on(&r, "bind:1", "anon", 1) == 196608LL * 4096);
	assert_true(bytes_on(&r, "prefer=static:0", "huge", 0) == 500LL << 21);
	row = collrun_row(&r, "kind", "thp");
	assert_int_equal(collrun_i64(&r, row, "bytes"), 6144 * 1024);
	assert_true(collrun_i64(&r, row, "node") == PB_NA);
	assert_null(collrun_str(&r, row, "policy"));
	row = collrun_row(&r, "kind", "locked");
	assert_int_equal(collrun_i64(&r, row, "bytes"), 1032 * 1024);
	collrun_stop(&r);
	fake_remove(&f);
}

/* Kernels before 4.14 have no smaps_rollup; QEMU may end before the last sample. */
static void test_files_that_are_gone(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .qemu_pid = 77};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_qemu(&f);
	collrun_start(&r, &pb_coll_guestmem, &t);
	unlinkat(f.dir.fd, "proc/77/smaps_rollup", 0);
	assert_true(collrun_sample(&r, 4) > 5);
	assert_true(collrun_has(&r, "kind", "thp")); /* read when it was started */
	assert_true(collrun_sample(&r, 5) > 5);
	assert_false(collrun_has(&r, "kind", "thp"));
	assert_true(collrun_has(&r, "kind", "locked"));
	unlinkat(f.dir.fd, "proc/77/numa_maps", 0);
	assert_int_equal(collrun_sample(&r, 6), 0);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_unavailable(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	char why[128] = "";

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_coll_guestmem.probe(&t, why, sizeof(why)), -ESRCH);
	assert_non_null(strstr(why, "no QEMU"));
	t.qemu_pid = 77;
	assert_int_equal(pb_coll_guestmem.probe(&t, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "numa_maps"));
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes_and_parts),
		cmocka_unit_test(test_files_that_are_gone),
		cmocka_unit_test(test_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
