/*
 * The history's database file: opened, checked whole, and held in one transaction until it is committed or
 * closed. What stands in its tables is the business of insert.c and past.c.
 */
#ifndef PB_HISTORY_STORE_H
#define PB_HISTORY_STORE_H

#include <sqlite3.h>

#include "engine/lib/err.h"

enum pb_store_mode {
	PB_STORE_READ, /* there must be one; it is not changed */
	PB_STORE_WRITE /* made when there is none; other writers wait */
};

struct pb_store {
	sqlite3 *db;
	char path[1024];
};

/*
 * Opens the history at path. A file that is no history, one of another program or of a newer passbench, and
 * one that is damaged anywhere are PB_USAGE with one sentence; such a file is never written to. Another
 * process writing is waited for (a minute at most). One open store for each path in a process: SQLite's locks
 * are the process's. s is untouched on failure; 0 or -errno.
 */
int pb_store_open(struct pb_store *s, const char *path, enum pb_store_mode mode, struct pb_err *err);
/* Makes what was written last, or leaves everything as it was before. The store is closed either way. */
int pb_store_commit(struct pb_store *s, struct pb_err *err);
/* Closes; what was not committed never happened. A store that is closed, or all zero, is fine. */
void pb_store_close(struct pb_store *s);

/* A statement for this store (sqlite3_finalize), or NULL with a message. */
sqlite3_stmt *pb_store_prepare(struct pb_store *s, const char *sql, struct pb_err *err);
/* 1: a row is there; 0: done; -errno with a message. */
int pb_store_step(struct pb_store *s, sqlite3_stmt *stmt, struct pb_err *err);

#endif
