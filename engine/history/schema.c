/*
 * The history's tables as SQL. SQLite keeps these texts as they are, which is what the check compares.
 */
#include "engine/history/schema.h"

#include <stdio.h>
#include <string.h>

/*
 * STRICT and the CHECKs let integrity_check find values that cannot be meant. A series has one identity: what
 * is the same in all of its runs (identity.c). An environment is kept once however many runs share it. Both
 * are JSON objects of texts with sorted keys.
 */
static const struct {
	const char *name, *sql;
} objects[] = {
	{"series", "CREATE TABLE series(id INTEGER PRIMARY KEY, "
		   "name TEXT NOT NULL UNIQUE CHECK(length(name) BETWEEN 1 AND 200), "
		   "identity TEXT NOT NULL CHECK(length(identity) BETWEEN 2 AND 262144)) STRICT"},
	{"environment", "CREATE TABLE environment(id INTEGER PRIMARY KEY, "
			"facts TEXT NOT NULL UNIQUE CHECK(length(facts) BETWEEN 2 AND 262144)) STRICT"},
	{"run", "CREATE TABLE run(id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series(id), "
		"environment INTEGER NOT NULL REFERENCES environment(id), "
		"manifest TEXT NOT NULL UNIQUE CHECK(length(manifest) = 64), "
		"started_utc TEXT NOT NULL CHECK(length(started_utc) = 20), "
		"added_utc TEXT NOT NULL CHECK(length(added_utc) = 20), "
		"label TEXT NOT NULL CHECK(length(label) <= 200), "
		"dir TEXT NOT NULL CHECK(length(dir) <= 4096)) STRICT"},
	{"run_order", "CREATE INDEX run_order ON run(series, started_utc, id)"},
	{"metric", "CREATE TABLE metric(id INTEGER PRIMARY KEY, "
		   "name TEXT NOT NULL UNIQUE CHECK(length(name) BETWEEN 1 AND 200), "
		   "unit TEXT NOT NULL CHECK(length(unit) <= 200), "
		   "higher_is_better INTEGER NOT NULL CHECK(higher_is_better IN (0, 1))) STRICT"},
	{"value", "CREATE TABLE value(metric INTEGER NOT NULL REFERENCES metric(id), "
		  "run INTEGER NOT NULL REFERENCES run(id), "
		  "value REAL NOT NULL CHECK(abs(value) < 1e300), "
		  "PRIMARY KEY(metric, run)) STRICT, WITHOUT ROWID"},
};
#define OBJECTS (sizeof(objects) / sizeof(objects[0]))

static int execute(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

int pb_schema_create(sqlite3 *db)
{
	char sql[128];
	int rc = execute(db, "BEGIN IMMEDIATE");

	for (size_t i = 0; i < OBJECTS && rc == SQLITE_OK; i++)
		rc = execute(db, objects[i].sql);
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 PB_SCHEMA_APPLICATION, PB_SCHEMA_VERSION);
	if (rc == SQLITE_OK)
		rc = execute(db, sql);
	return rc == SQLITE_OK ? execute(db, "COMMIT") : rc;
}

static bool is_ours(const char *name, const char *sql)
{
	for (size_t i = 0; i < OBJECTS; i++)
		if (strcmp(name, objects[i].name) == 0)
			return sql && strcmp(sql, objects[i].sql) == 0;
	/* The indexes behind UNIQUE and PRIMARY KEY come with their tables and have no text. */
	return !sql && strncmp(name, "sqlite_autoindex_", 17) == 0;
}

int pb_schema_check(sqlite3 *db, bool *same)
{
	sqlite3_stmt *list;
	size_t ours = 0;
	bool strange = false;
	int rc = sqlite3_prepare_v2(db, "SELECT name, sql FROM sqlite_schema", -1, &list, NULL);

	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(list)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(list, 0);
		const char *sql = (const char *)sqlite3_column_text(list, 1);

		strange |= !name || !is_ours(name, sql);
		ours += sql != NULL;
	}
	sqlite3_finalize(list);
	*same = !strange && ours == OBJECTS;
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}
