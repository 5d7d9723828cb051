/*
 * What may be typed for `verify`, and which manifests can be read back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/run/verify.h"
#include "tests/unit/tmpdir.h"

static void sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {{"256M", 256u << 20}, {"64K", 65536},    {"1G", 1u << 30},   {"0.5G", 512u << 20},
		    {"100000", 65536},    {"1MiB", 1 << 20}, {"2TB", 2ull << 40}};
	static const char *const bad[] = {"", "M", "63K", "-1G", "1X", "1M2", "nan", "inf", "1e30", "4G?"};
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(pb_verify_size_parse(good[i].text, &v, NULL), 0);
		assert_int_equal(v, good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pb_err err = PB_ERR_INIT;

		if (pb_verify_size_parse(bad[i], &v, &err) == 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(err.status, PB_USAGE);
	}
}

static void modes(void **state)
{
	enum pb_verify_mode m = PB_VERIFY_BOTH;

	(void)state;
	assert_int_equal(pb_verify_mode_parse("read", &m, NULL), 0);
	assert_int_equal(m, PB_VERIFY_READ);
	assert_true(pb_verify_mode_parse("", &m, NULL) < 0);
	assert_true(pb_verify_mode_parse("Read", &m, NULL) < 0);
}

static int origin(const char *manifest, struct pb_verify_origin *o)
{
	struct pb_err err = PB_ERR_INIT;
	struct tmpdir t;
	int rc;

	tmpdir_make(&t);
	tmpdir_write(&t, "manifest.json", manifest);
	rc = pb_verify_origin(t.path, o, &err);
	if (rc < 0)
		assert_int_equal(err.status, PB_USAGE);
	tmpdir_remove(&t);
	return rc;
}

#define MANIFEST(mode, run, size, passes, synced)                                                            \
	"{\"disk\":{\"serial\":\"S1\"},\"integrity\":{\"mode\":\"" mode "\",\"run\":" run                    \
	",\"seed\":9,\"size_bytes\":" size ",\"passes\":" passes ",\"synced_pass\":" synced "}}"

static void a_finished_write_holds_its_last_pass(void **state)
{
	struct pb_verify_origin o = {0};

	(void)state;
	assert_int_equal(origin(MANIFEST("write", "7", "131072", "3", "3"), &o), 0);
	assert_int_equal(o.run, 7);
	assert_int_equal(o.seed, 9);
	assert_int_equal(o.size_bytes, 131072);
	assert_int_equal(o.passes, 3);
	assert_int_equal(o.oldest, 3);
	assert_string_equal(o.serial, "S1");
}

static void a_cut_off_write_holds_one_of_two_passes(void **state)
{
	struct pb_verify_origin o = {0};

	(void)state;
	assert_int_equal(origin(MANIFEST("both", "7", "65536", "9", "4"), &o), 0);
	assert_int_equal(o.oldest, 4);
	assert_int_equal(o.passes, 5);
	assert_int_equal(origin(MANIFEST("write", "7", "65536", "9", "0"), &o), 0);
	assert_int_equal(o.oldest, 0);
	assert_int_equal(o.passes, 1);
}

static void other_manifests_are_refused(void **state)
{
	struct pb_verify_origin o;

	(void)state;
	assert_true(origin("{}", &o) < 0);
	assert_true(origin("not json", &o) < 0);
	assert_true(origin(MANIFEST("read", "7", "65536", "1", "0"), &o) < 0);
	assert_true(origin(MANIFEST("write", "-7", "65536", "1", "0"), &o) < 0);
	assert_true(origin(MANIFEST("write", "7", "65537", "1", "0"), &o) < 0);
	assert_true(origin(MANIFEST("write", "7", "0", "1", "0"), &o) < 0);
	assert_true(origin(MANIFEST("write", "7", "65536", "0", "0"), &o) < 0);
	assert_true(origin(MANIFEST("write", "7", "65536", "1001", "0"), &o) < 0);
	assert_true(origin(MANIFEST("write", "7", "65536", "2", "3"), &o) < 0);
	assert_true(origin(MANIFEST("write", "7", "65536", "2", "null"), &o) < 0);
	assert_true(pb_verify_origin("/nonexistent", &o, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(modes),
		cmocka_unit_test(a_finished_write_holds_its_last_pass),
		cmocka_unit_test(a_cut_off_write_holds_one_of_two_passes),
		cmocka_unit_test(other_manifests_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
