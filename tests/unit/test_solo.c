/*
 * Unit tests of engine/run/solo.c: the curve of a run alone, and when it does not compare.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/lib/json.h"
#include "engine/run/solo.h"
#include "tests/unit/mkrun.h"
#include "tests/unit/tmpdir.h"

static void curve_of_valid_windows(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	json_t *solo = NULL, *points, *other;
	struct mk_run m;
	struct tmpdir t;
	char path[128];

	(void)state;
	mk_default(&m);
	m.step[1].reason = "depth-not-held";
	m.step[3].depth = 4; /* a second window of that depth */
	tmpdir_make(&t);
	snprintf(path, sizeof(path), "%s/run", t.path);
	assert_int_equal(mk_write(&m, path), 0);
	assert_int_equal(pb_solo_load(&solo, path, &err), 0);
	points = json_object_get(solo, "points");
	assert_int_equal(json_array_size(points), 5);
	assert_int_equal(pb_json_i64(json_array_get(points, 1), "depth", 0), 4);
	assert_int_equal(pb_json_num(json_array_get(points, 1), "iops", 0), 9900);
	other = json_pack("{s:{s:s},s:{s:s}}", "disk", "serial", "PBLAB0001", "profile", "name",
			  "randread-4k");
	assert_int_equal(pb_solo_fits(solo, other, &err), 0);
	json_object_set_new(json_object_get(other, "profile"), "name", json_string("seqread-128k"));
	assert_true(pb_solo_fits(solo, other, &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	err = (struct pb_err)PB_ERR_INIT;
	json_object_set_new(json_object_get(other, "disk"), "serial", json_string("X"));
	assert_true(pb_solo_fits(solo, other, &err) < 0);
	assert_non_null(strstr(err.msg, "PBLAB0001"));
	json_decref(other);
	json_decref(solo);
	tmpdir_remove(&t);
}

static void run_without_windows_is_refused(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	json_t *solo = NULL;
	struct mk_run m;
	struct tmpdir t;
	char path[128];

	(void)state;
	mk_default(&m);
	m.drop_file = "steps.csv";
	tmpdir_make(&t);
	snprintf(path, sizeof(path), "%s/run", t.path);
	assert_int_equal(mk_write(&m, path), 0);
	assert_true(pb_solo_load(&solo, path, &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	assert_null(solo);
	tmpdir_remove(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(curve_of_valid_windows),
		cmocka_unit_test(run_without_windows_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
