/* Unit tests of engine/collectors/block.c: which devices are looked at, and what happens when they go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

#define STAT "3 1 24 4 10 2 80 7 1 11 12 1 0 8 2 5 6\n"
#define SECOND 1000000000LL

static void put_stat(struct faketree *f, const char *name, const char *text)
{
	char path[96];

	snprintf(path, sizeof(path), "sys/block/%s/stat", name);
	fake_put(f, path, text);
}

static void test_one_disk(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0", .block = "nvme0n1"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_stat(&f, "nvme0n1", STAT);
	put_stat(&f, "sda", STAT);
	collrun_start(&r, &pb_coll_block, &t);
	assert_int_equal(collrun_sample(&r, 5), 1);
	assert_string_equal(collrun_str(&r, 0, "block"), "nvme0n1");
	assert_string_equal(collrun_str(&r, 0, "role"), "disk");
	assert_int_equal(collrun_i64(&r, 0, "reads"), 3);
	assert_int_equal(collrun_i64(&r, 0, "read_merges"), 1);
	assert_int_equal(collrun_i64(&r, 0, "read_bytes"), 24 * 512);
	assert_int_equal(collrun_i64(&r, 0, "write_ns"), 7000000);
	assert_int_equal(collrun_i64(&r, 0, "inflight"), 1);
	assert_int_equal(collrun_i64(&r, 0, "queue_ns"), 12000000);
	assert_int_equal(collrun_i64(&r, 0, "flush_ns"), 6000000);
	put_stat(&f, "nvme0n1", "4 1 32 4 10 2 80 7 0 11 12\n"); /* an older kernel's fields */
	collrun_sample(&r, 6);
	assert_int_equal(collrun_i64(&r, 0, "reads"), 4);
	assert_true(collrun_i64(&r, 0, "flushes") == PB_NA);
	put_stat(&f, "nvme0n1", "4 1");
	assert_int_equal(collrun_sample(&r, 7), 0);
	collrun_stop(&r);
	fake_remove(&f);
}

/* A logical volume over a RAID of a partition and a disk: each device once. */
static void test_what_a_stacked_disk_stands_on(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .block = "dm-0"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_stat(&f, "dm-0", STAT);
	put_stat(&f, "md127", STAT);
	put_stat(&f, "sdb", STAT);
	fake_put(&f, "sys/block/dm-0/slaves/md127/x", "");
	fake_put(&f, "sys/block/md127/slaves/sda1/x", "");
	fake_put(&f, "sys/block/md127/slaves/sdb/x", "");
	fake_put(&f, "sys/block/sdb/slaves/dm-0/x", ""); /* absurd: a circle */
	fake_put(&f, "sys/devices/pci0/sda/stat", STAT);
	fake_put(&f, "sys/devices/pci0/sda/sda1/partition", "1\n");
	fake_link(&f, "../devices/pci0/sda", "sys/block/sda");
	fake_link(&f, "../../devices/pci0/sda/sda1", "sys/class/block/sda1");
	collrun_start(&r, &pb_coll_block, &t);
	assert_int_equal(collrun_sample(&r, 5), 4);
	assert_string_equal(collrun_str(&r, collrun_row(&r, "block", "dm-0"), "role"), "disk");
	assert_string_equal(collrun_str(&r, collrun_row(&r, "block", "md127"), "role"), "below");
	assert_string_equal(collrun_str(&r, collrun_row(&r, "block", "sda"), "role"), "below");
	assert_true(collrun_has(&r, "block", "sdb"));
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_every_disk_when_none_was_named(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_stat(&f, "sda", STAT);
	fake_put(&f, "sys/block/sda/device/model", "x\n");
	put_stat(&f, "loop0", STAT);
	put_stat(&f, "nvme0c1n1", STAT);
	fake_put(&f, "sys/block/nvme0c1n1/device/model", "x\n");
	fake_put(&f, "sys/block/nvme0c1n1/hidden", "1\n");
	collrun_start(&r, &pb_coll_block, &t);
	assert_int_equal(collrun_sample(&r, 1 * SECOND), 1);
	assert_string_equal(collrun_str(&r, 0, "role"), "host");
	put_stat(&f, "sdb", STAT); /* plugged in while sampling */
	fake_put(&f, "sys/block/sdb/device/model", "x\n");
	assert_int_equal(collrun_sample(&r, 2 * SECOND), 2);
	assert_true(collrun_has(&r, "block", "sdb"));
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_unavailable(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	char why[128] = "";

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_coll_block.probe(&t, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "passed through"));
	t.block = "nvme0n1"; /* its name before it was passed through */
	assert_int_equal(pb_coll_block.probe(&t, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "passed through"));
	t.bdf = NULL;
	assert_int_equal(pb_coll_block.probe(&t, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "/sys/block/nvme0n1/stat"));
	t.block = NULL;
	assert_int_equal(pb_coll_block.probe(&t, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "/sys/block"));
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_disk),
		cmocka_unit_test(test_what_a_stacked_disk_stands_on),
		cmocka_unit_test(test_every_disk_when_none_was_named),
		cmocka_unit_test(test_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
