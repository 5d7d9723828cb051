/* Unit tests of engine/collectors/blkstat.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "engine/collectors/blkstat.h"
#include "engine/lib/csv.h"
#include "tests/unit/faketree.h"

static void parse_fixture(const char *name, int64_t v[PB_BLK_FIELDS])
{
	char path[128], *text;

	snprintf(path, sizeof(path), "tests/fixtures/block/%s", name);
	text = fixture_text(path);
	assert_int_equal(pb_blkstat_parse(text, v), 0);
	free(text);
}

static void test_kernels(void **state)
{
	int64_t v[PB_BLK_FIELDS];

	(void)state;
	parse_fixture("stat-linux-3.10.txt", v);
	assert_int_equal(v[PB_BLK_READS], 48215);
	assert_int_equal(v[PB_BLK_QUEUE_MS], 101233);
	assert_true(v[PB_BLK_DISCARDS] == PB_NA && v[PB_BLK_FLUSHES] == PB_NA);
	parse_fixture("stat-linux-4.19.txt", v);
	assert_int_equal(v[PB_BLK_INFLIGHT], 2);
	assert_int_equal(v[PB_BLK_DISCARD_MS], 8);
	assert_true(v[PB_BLK_FLUSHES] == PB_NA);
	parse_fixture("stat-linux-6.12.txt", v);
	assert_int_equal(v[PB_BLK_READS], 3);
	assert_int_equal(v[PB_BLK_FLUSH_MS], 0);
	parse_fixture("stat-linux-6.18.txt", v);
	assert_true(v[PB_BLK_READS] > 0 && v[PB_BLK_FLUSHES] > 0);
}

static void test_absurd(void **state)
{
	int64_t v[PB_BLK_FIELDS] = {77};

	(void)state;
	assert_int_equal(pb_blkstat_parse("", v), -EINVAL);
	assert_int_equal(pb_blkstat_parse("1 2 3 4 5 6 7 8 9 10", v), -EINVAL);
	assert_int_equal(pb_blkstat_parse("1 2 3 4 5 6 7 8 x 10 11 12", v), -EINVAL);
	assert_int_equal(v[0], 77); /* untouched */
	assert_int_equal(pb_blkstat_parse("99999999999999999999 2 3 4 5 6 7 8 9 10 11", v), 0);
	assert_true(v[0] == PB_NA && v[1] == 2);
	assert_int_equal(pb_blkstat_parse("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", v), 0);
	assert_int_equal(v[PB_BLK_FLUSH_MS], 17); /* fields of kernels to come */
}

static void test_milliseconds_wrap_at_32_bits(void **state)
{
	struct pb_blkcount c = {0};
	int64_t v[PB_BLK_FIELDS] = {0};

	(void)state;
	v[PB_BLK_READ_MS] = 4294967290LL;
	v[PB_BLK_READS] = 5000000000LL; /* counts are 64-bit */
	pb_blkcount_add(&c, v);
	v[PB_BLK_READ_MS] = 4;
	v[PB_BLK_READS] = 5000000007LL;
	v[PB_BLK_INFLIGHT] = 3;
	pb_blkcount_add(&c, v);
	assert_true(c.sum[PB_BLK_READ_MS] == 4294967300LL);
	assert_true(c.sum[PB_BLK_READS] == 5000000007LL);
	assert_int_equal(c.sum[PB_BLK_INFLIGHT], 3);
	v[PB_BLK_INFLIGHT] = 1;
	pb_blkcount_add(&c, v);
	assert_int_equal(c.sum[PB_BLK_INFLIGHT], 1);
}

/* A disk is removed and added again: its counters start over, ours go on. */
static void test_restart(void **state)
{
	struct pb_blkcount c = {0};
	int64_t v[PB_BLK_FIELDS] = {0};

	(void)state;
	v[PB_BLK_READS] = 100;
	pb_blkcount_add(&c, v);
	v[PB_BLK_READS] = 30;
	pb_blkcount_add(&c, v);
	assert_int_equal(c.sum[PB_BLK_READS], 130);
	pb_blkcount_restart(&c); /* the file was opened anew, and it has counted further than before */
	v[PB_BLK_READS] = 40;
	pb_blkcount_add(&c, v);
	assert_int_equal(c.sum[PB_BLK_READS], 170);
	v[PB_BLK_READS] = PB_NA;
	pb_blkcount_add(&c, v);
	assert_true(c.sum[PB_BLK_READS] == PB_NA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_absurd),
		cmocka_unit_test(test_milliseconds_wrap_at_32_bits),
		cmocka_unit_test(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
