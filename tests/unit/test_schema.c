/*
 * engine/history/schema: its own tables are recognized, every other set is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/history/schema.h"

static sqlite3 *make(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(pb_schema_create(db), SQLITE_OK);
	return db;
}

static bool is_same(sqlite3 *db)
{
	bool same = false;

	assert_int_equal(pb_schema_check(db, &same), SQLITE_OK);
	return same;
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *q;
	int64_t v;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	v = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return v;
}

static void its_own(void **state)
{
	sqlite3 *db = make();

	(void)state;
	assert_true(is_same(db));
	assert_int_equal(number(db, "PRAGMA application_id"), PB_SCHEMA_APPLICATION);
	assert_int_equal(number(db, "PRAGMA user_version"), PB_SCHEMA_VERSION);
	sqlite3_close(db);
}

static void any_other(void **state)
{
	static const char *const sql[] = {
		"CREATE TABLE more(a)",
		"CREATE VIEW more AS SELECT 1",
		"CREATE TRIGGER more AFTER INSERT ON run BEGIN SELECT 1; END",
		"CREATE INDEX more ON run(label)",
		"DROP TABLE value",
		"DROP INDEX run_order",
		"ALTER TABLE run RENAME COLUMN dir TO folder",
		"ANALYZE",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
		sqlite3 *db = make();

		assert_int_equal(sqlite3_exec(db, sql[i], NULL, NULL, NULL), SQLITE_OK);
		assert_false(is_same(db));
		sqlite3_close(db);
	}
}

static void empty(void **state)
{
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_false(is_same(db));
	sqlite3_close(db);
}

/* What no run can have is refused by the tables themselves. */
static void rows_that_cannot_be(void **state)
{
	static const char *const sql[] = {
		"INSERT INTO series(name, identity) VALUES('', '{}')",
		"INSERT INTO metric(name, unit, higher_is_better) VALUES('m', 's', 2)",
		"INSERT INTO metric(name, unit, higher_is_better) VALUES('m', 's', 'yes')",
		"INSERT INTO value(metric, run, value) VALUES(1, 1, 9e999)",
		"INSERT INTO value(metric, run, value) VALUES(1, 1, NULL)",
		("INSERT INTO run(series, environment, manifest, started_utc, added_utc, label, dir) "
		 "VALUES(1, 1, 'short', '2026-11-23T10:00:00Z', '2026-11-23T10:00:00Z', '', '')"),
	};
	sqlite3 *db = make();

	(void)state;
	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
		assert_int_equal(sqlite3_exec(db, sql[i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_own),
		cmocka_unit_test(any_other),
		cmocka_unit_test(empty),
		cmocka_unit_test(rows_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
