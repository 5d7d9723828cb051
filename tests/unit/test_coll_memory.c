/* Unit tests of engine/collectors/memory.c: nodes, huge page sizes, and each file absent in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

#define NODE1 "sys/devices/system/node/node1/"
#define HUGE "sys/kernel/mm/hugepages/"

static void put_machine(struct faketree *f)
{
	fake_put(f, "proc/meminfo", "MemFree: 100 kB\nMemAvailable: 200 kB\nDirty: 3 kB\nWriteback: 4 kB\n");
	fake_put(f, "sys/devices/system/node/online", "0-1\n");
	fake_put(f, "sys/devices/system/node/node0/meminfo", "Node 0 MemFree: 60 kB\nNode 0 Dirty: 1 kB\n");
	fake_put(f, "sys/devices/system/node/node0/numastat", "numa_hit 10\nnuma_miss 2\nother_node 1\n");
	fake_put(f, NODE1 "meminfo", "Node 1 MemFree: 40 kB\nNode 1 Dirty: 2 kB\n");
	fake_put(f, NODE1 "numastat",
		 "numa_hit 20\nnuma_miss 5\nnuma_foreign 6\ninterleave_hit 1\nlocal_node 9\nother_node 7\n");
	fake_put(f, HUGE "hugepages-2048kB/nr_hugepages", "512\n");
	fake_put(f, HUGE "hugepages-2048kB/free_hugepages", "12\n");
	fake_put(f, HUGE "hugepages-1048576kB/nr_hugepages", "4\n");
	fake_put(f, HUGE "hugepages-1048576kB/free_hugepages", "0\n");
	fake_put(f, NODE1 "hugepages/hugepages-2048kB/nr_hugepages", "256\n");
	fake_put(f, NODE1 "hugepages/hugepages-2048kB/free_hugepages", "6\n");
}

static void test_machine_and_nodes(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;
	size_t row;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	collrun_start(&r, &pb_coll_memory, &t);
	assert_int_equal(collrun_sample(&r, 5), 3);
	row = collrun_row(&r, "scope", "system");
	assert_int_equal(collrun_i64(&r, row, "available_bytes"), 200 * 1024);
	assert_int_equal(collrun_i64(&r, row, "writeback_bytes"), 4 * 1024);
	assert_int_equal(collrun_i64(&r, row, "huge_1048576kb_total"), 4);
	assert_true(collrun_i64(&r, row, "numa_miss_pages") == PB_NA);
	row = collrun_row(&r, "scope", "node1");
	assert_int_equal(collrun_i64(&r, row, "free_bytes"), 40 * 1024);
	assert_int_equal(collrun_i64(&r, row, "dirty_bytes"), 2 * 1024);
	assert_int_equal(collrun_i64(&r, row, "numa_miss_pages"), 5);
	assert_int_equal(collrun_i64(&r, row, "other_node_pages"), 7);
	assert_int_equal(collrun_i64(&r, row, "huge_2048kb_free"), 6);
	assert_true(collrun_i64(&r, row, "huge_1048576kb_free") == PB_NA);
	collrun_stop(&r);
	fake_remove(&f);
}

/* Taking one file away empties its cells and changes nothing else. */
static void test_one_file_absent(void **state)
{
	static const char *const gone[] = {
		"proc/meminfo",
		NODE1 "meminfo",
		NODE1 "numastat",
		HUGE "hugepages-2048kB/nr_hugepages",
	};
	static const struct {
		const char *scope, *col;
	} cell[] = {{"system", "free_bytes"},
		    {"node1", "free_bytes"},
		    {"node1", "numa_miss_pages"},
		    {"system", "huge_2048kb_total"}};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct faketree f;
		struct pb_target t = {.root = &f.root};
		struct collrun r;

		fake_make(&f);
		put_machine(&f);
		assert_int_equal(unlinkat(f.dir.fd, gone[i], 0), 0);
		collrun_start(&r, &pb_coll_memory, &t);
		assert_int_equal(r.columns.n, 9 + 4);
		assert_int_equal(collrun_sample(&r, 5), 3);
		for (size_t k = 0; k < 4; k++) {
			int64_t v = collrun_i64(&r, collrun_row(&r, "scope", cell[k].scope), cell[k].col);

			assert_int_equal(v == PB_NA, k == i);
		}
		collrun_stop(&r);
		fake_remove(&f);
	}
}

static void test_unavailable(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	char why[128] = "";

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_coll_memory.probe(&t, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "/proc/meminfo"));
	fake_remove(&f);
}

static void test_absurd_text(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	collrun_start(&r, &pb_coll_memory, &t);
	fake_put(&f, "proc/meminfo", "MemFree:");
	fake_put(&f, NODE1 "numastat", "numa_hit");
	fake_put(&f, HUGE "hugepages-2048kB/nr_hugepages", "-99999999999999999999");
	assert_int_equal(collrun_sample(&r, 5), 3);
	assert_true(collrun_i64(&r, 0, "free_bytes") == PB_NA);
	assert_true(collrun_i64(&r, 0, "huge_2048kb_total") == PB_NA);
	assert_true(collrun_i64(&r, collrun_row(&r, "scope", "node1"), "numa_hit_pages") == PB_NA);
	collrun_stop(&r);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machine_and_nodes),
		cmocka_unit_test(test_one_file_absent),
		cmocka_unit_test(test_unavailable),
		cmocka_unit_test(test_absurd_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
