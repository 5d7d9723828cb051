/*
 * The tables of the history, version 1, and whether a database has exactly these. Knows nothing of files.
 */
#ifndef PB_HISTORY_SCHEMA_H
#define PB_HISTORY_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>

#define PB_SCHEMA_APPLICATION 0x50426869 /* "PBhi" in the database's header */
#define PB_SCHEMA_VERSION 1

/* Longest texts that are kept, in bytes; what is longer is refused or cut where it is read. */
#define PB_SCHEMA_NAME_MAX 200
#define PB_SCHEMA_FACTS_MAX 262144
#define PB_SCHEMA_VALUE_MAX 1e300

/* Makes the tables in an empty database, in one transaction. SQLITE_OK or an SQLite error code. */
int pb_schema_create(sqlite3 *db);
/*
 * Are the tables, indexes, views and triggers those of pb_schema_create, word for word? *same is the answer;
 * SQLITE_OK or an SQLite error code. A database from elsewhere could have triggers and views that act.
 */
int pb_schema_check(sqlite3 *db, bool *same);

#endif
