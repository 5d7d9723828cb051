/*
 * engine/history/export: CSV that a spreadsheet may open, JSON with everything.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/history/export.h"
#include "engine/lib/csv.h"
#include "engine/lib/json.h"
#include "tests/unit/mkhistory.h"
#include "tests/unit/tmpdir.h"

struct place {
	struct tmpdir dir;
	char db[128];
	struct pb_past p;
};

/* Three runs in series "a", the last with another kernel; one in series "=b()" with a label of the kind. */
static int setup(void **state)
{
	static struct place k;
	struct pb_inserted done;
	struct pb_store s;
	struct pb_entry e;

	k = (struct place){.db = ""};
	tmpdir_make(&k.dir);
	snprintf(k.db, sizeof(k.db), "%s/history.db", k.dir.path);
	assert_int_equal(pb_store_open(&s, k.db, PB_STORE_WRITE, NULL), 0);
	for (unsigned n = 1; n <= 4; n++) {
		mk_entry(&e, n, 100 * n, n == 3 ? MK_KERNEL("6.12") : NULL);
		assert_int_equal(
			pb_insert_run(&s, &e, n < 4 ? "a" : "=b()", n < 4 ? "l" : "@x,\"y\"", &done, NULL),
			0);
		pb_entry_fini(&e);
	}
	assert_int_equal(pb_store_commit(&s, NULL), 0);
	assert_int_equal(pb_past_load(&k.p, k.db, NULL), 0);
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

static struct pb_table *csv(struct place *k, size_t series)
{
	struct pb_table *t = NULL;
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/out.csv", k->dir.path);
	f = fopen(path, "w");
	assert_int_equal(pb_export_csv(&k->p, series, f), 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(pb_table_read(&t, k->dir.fd, "out.csv", NULL), 0);
	return t;
}

static void csv_rows(void **state)
{
	struct pb_table *t = csv(*state, 0);
	int value = pb_table_col(t, "value"), changed = pb_table_col(t, "environment_changed");

	assert_int_equal(pb_table_rows(t), 6);
	assert_string_equal(pb_table_str(t, 0, pb_table_col(t, "metric")), "iops@16");
	assert_string_equal(pb_table_str(t, 0, pb_table_col(t, "better")), "higher");
	assert_true(pb_table_num(t, 2, value) == 300);
	assert_string_equal(pb_table_str(t, 1, changed), "");
	assert_string_equal(pb_table_str(t, 2, changed), "host kernel");
	assert_string_equal(pb_table_str(t, 3, pb_table_col(t, "better")), "lower");
	pb_table_free(t);
}

static void csv_formulas(void **state)
{
	struct pb_table *t = csv(*state, 1);

	assert_int_equal(pb_table_rows(t), 2);
	assert_string_equal(pb_table_str(t, 0, pb_table_col(t, "series")), "'=b()");
	assert_string_equal(pb_table_str(t, 0, pb_table_col(t, "label")), "'@x,\"y\"");
	pb_table_free(t);
}

static void csv_of_all(void **state)
{
	struct pb_table *t = csv(*state, PB_EXPORT_ALL);

	assert_int_equal(pb_table_rows(t), 8);
	pb_table_free(t);
}

static void json_of_all(void **state)
{
	struct place *k = *state;
	json_t *j = pb_export_json(&k->p, PB_EXPORT_ALL), *series, *run;

	assert_int_equal(pb_json_i64(j, "schema", 0), PB_EXPORT_SCHEMA);
	assert_int_equal(json_array_size(json_object_get(j, "metrics")), 2);
	assert_int_equal(json_array_size(json_object_get(j, "series")), 2);
	series = json_array_get(json_object_get(j, "series"), 0);
	assert_string_equal(pb_json_str(json_object_get(series, "identity"), "disk serial", ""), "S1");
	assert_int_equal(json_array_size(json_object_get(series, "runs")), 3);
	run = json_array_get(json_object_get(series, "runs"), 2);
	assert_string_equal(pb_json_str(json_object_get(run, "environment"), "host kernel", ""), "6.12");
	assert_true(pb_json_num(json_object_get(run, "values"), "iops@16", 0) == 300);
	assert_string_equal(pb_json_str(json_array_get(json_object_get(j, "series"), 1), "name", ""), "=b()");
	json_decref(j);
}

static void json_of_one(void **state)
{
	struct place *k = *state;
	json_t *j = pb_export_json(&k->p, 1), *run;

	assert_int_equal(json_array_size(json_object_get(j, "series")), 1);
	json_decref(j);
	run = pb_export_run(&k->p, 0);
	assert_int_equal(pb_json_i64(run, "run", 0), 1);
	assert_int_equal(json_object_size(json_object_get(run, "values")), 2);
	json_decref(run);
}

static void what_changed(void **state)
{
	struct place *k = *state;
	static const char *const want[] = {"", "", "host kernel", ""};

	for (size_t i = 0; i < 4; i++) {
		char *text = pb_export_changed(&k->p, i);

		assert_string_equal(text, want[i]);
		free(text);
	}
}

#define WITH_PLACE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACE(csv_rows),    WITH_PLACE(csv_formulas), WITH_PLACE(csv_of_all),
		WITH_PLACE(json_of_all), WITH_PLACE(json_of_one),  WITH_PLACE(what_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
