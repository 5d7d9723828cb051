/*
 * engine/history/past: order of runs and metrics, points, differences of environments, texts of strangers.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/lib/buf.h"
#include "tests/unit/mkhistory.h"
#include "tests/unit/tmpdir.h"

struct place {
	struct tmpdir dir;
	char db[128];
	struct pb_past p;
};

static int setup(void **state)
{
	static struct place k;

	k = (struct place){.db = ""};
	tmpdir_make(&k.dir);
	snprintf(k.db, sizeof(k.db), "%s/history.db", k.dir.path);
	*state = &k;
	return 0;
}

static int teardown(void **state)
{
	struct place *k = *state;

	pb_past_fini(&k->p);
	tmpdir_remove(&k->dir);
	return 0;
}

static void load(struct place *k)
{
	struct pb_err err = PB_ERR_INIT;

	if (pb_past_load(&k->p, k->db, &err) < 0)
		fail_msg("%s", err.msg);
}

/* Added in any order, looked at in the order of time. */
static void order_of_time(void **state)
{
	static const unsigned order[] = {5, 2, 9, 1, 7};
	struct place *k = *state;
	struct pb_past_points pts;

	for (size_t i = 0; i < 5; i++)
		assert_int_equal(mk_add(k->db, order[i], 100 * order[i], NULL), 0);
	load(k);
	assert_int_equal(k->p.n_run, 5);
	assert_int_equal(k->p.n_metric, 2);
	assert_int_equal(pb_past_points(&k->p, 0, pb_past_find_metric(&k->p, "iops@16"), &pts), 0);
	assert_int_equal(pts.n, 5);
	for (size_t i = 1; i < 5; i++) {
		assert_true(pts.x[i - 1] < pts.x[i]);
		assert_true(strcmp(k->p.run[pts.run[i - 1]].started_utc, k->p.run[pts.run[i]].started_utc) <
			    0);
	}
	pb_past_points_fini(&pts);
}

static void series_apart(void **state)
{
	struct place *k = *state;
	struct pb_inserted done;
	struct pb_past_points pts;
	struct pb_store s;
	struct pb_entry e;

	assert_int_equal(pb_store_open(&s, k->db, PB_STORE_WRITE, NULL), 0);
	for (unsigned n = 0; n < 6; n++) {
		mk_entry(&e, n, 100 + n, NULL);
		assert_int_equal(pb_insert_run(&s, &e, n % 2 ? "odd" : "even", "", &done, NULL), 0);
		pb_entry_fini(&e);
	}
	assert_int_equal(pb_store_commit(&s, NULL), 0);
	load(k);
	assert_int_equal(pb_past_points(&k->p, pb_past_find_series(&k->p, "odd"),
					pb_past_find_metric(&k->p, "iops@16"), &pts),
			 0);
	assert_int_equal(pts.n, 3);
	assert_true(pts.x[0] == 101 && pts.x[1] == 103 && pts.x[2] == 105);
	pb_past_points_fini(&pts);
	assert_true(pb_past_find_series(&k->p, "none") == SIZE_MAX);
	assert_true(pb_past_find_metric(&k->p, "none") == SIZE_MAX);
}

static void differences(void **state)
{
	struct place *k = *state;
	struct pb_strv diff = {0};
	struct pb_store s;

	assert_int_equal(pb_store_open(&s, k->db, PB_STORE_WRITE, NULL), 0);
	assert_int_equal(mk_insert(&s, 1, 1, "{\"b\":\"1\",\"a\":\"1\",\"only here\":\"x\"}", NULL), 0);
	assert_int_equal(mk_insert(&s, 2, 1, "{\"b\":\"2\",\"a\":\"3\",\"only there\":\"x\"}", NULL), 0);
	assert_int_equal(mk_insert(&s, 3, 1, "{\"b\":\"2\",\"a\":\"3\",\"only there\":\"x\"}", NULL), 0);
	assert_int_equal(pb_store_commit(&s, NULL), 0);
	load(k);
	assert_int_equal(k->p.n_environment, 2);
	assert_int_equal(pb_past_differences(&k->p, 1, 2, &diff), 0);
	assert_int_equal(diff.n, 0);
	assert_int_equal(pb_past_differences(&k->p, 0, 1, &diff), 0);
	assert_int_equal(diff.n, 6);
	assert_string_equal(diff.v[0], "a");
	assert_string_equal(diff.v[1], "1");
	assert_string_equal(diff.v[2], "3");
	assert_string_equal(diff.v[3], "b");
	pb_strv_fini(&diff);
}

/* Somebody else may have written the file: whole, but not friendly. */
static void strange_texts(void **state)
{
	struct place *k = *state;
	sqlite3 *db;

	assert_int_equal(mk_add(k->db, 1, 1, NULL), 0);
	assert_int_equal(sqlite3_open(k->db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "UPDATE run SET label = char(27) || '[2J' || char(8238); "
				      "UPDATE series SET identity = '[1,2]', name = CAST(x'ff41' AS TEXT); "
				      "UPDATE environment SET facts = '{\"a\":{\"b\":1},\"c\":\"\\u001b\"}'",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	load(k);
	assert_string_equal(k->p.run[0].label, "\xef\xbf\xbd[2J\xef\xbf\xbd");
	assert_string_equal(k->p.series[0].name, "\xef\xbf\xbd"
						 "A");
	assert_int_equal(json_object_size(k->p.series[0].identity), 0);
	assert_int_equal(json_object_size(k->p.environment[0].facts), 1);
	assert_string_equal(json_string_value(json_object_get(k->p.environment[0].facts, "c")),
			    "\xef\xbf\xbd");
}

static void empty(void **state)
{
	struct place *k = *state;
	struct pb_past_points pts;
	struct pb_store s;

	assert_int_equal(pb_store_open(&s, k->db, PB_STORE_WRITE, NULL), 0);
	assert_int_equal(pb_store_commit(&s, NULL), 0);
	load(k);
	assert_int_equal(k->p.n_run, 0);
	assert_int_equal(pb_past_points(&k->p, 0, 0, &pts), 0);
	assert_int_equal(pts.n, 0);
	pb_past_points_fini(&pts);
}

#define WITH_PLACE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACE(order_of_time), WITH_PLACE(series_apart), WITH_PLACE(differences),
		WITH_PLACE(strange_texts), WITH_PLACE(empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
