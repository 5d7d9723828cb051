/*
 * Opens history files. The header is read before SQLite sees the file: SQLite may write to what it
 * opens (a left-over journal, a write-ahead log), and a file that is not ours stays as it is.
 */
#include "engine/history/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/history/schema.h"

#define BUSY_MS 60000
/* A text longer than this cannot be one of ours. */
#define LENGTH_MAX (1 << 20)

/* SQLite's file format, part 1.3: where the numbers of the header are, big-endian. */
#define HEADER_BYTES 100
#define HEADER_MAGIC "SQLite format 3"
#define HEADER_VERSION_AT 60
#define HEADER_APPLICATION_AT 68

static uint32_t number_at(const unsigned char *header, size_t at)
{
	return (uint32_t)header[at] << 24 | (uint32_t)header[at + 1] << 16 | (uint32_t)header[at + 2] << 8 |
	       header[at + 3];
}

static int judge_header(const unsigned char *header, ssize_t n, const char *path, struct pb_err *err)
{
	uint32_t application, version;

	if (n < HEADER_BYTES || memcmp(header, HEADER_MAGIC, sizeof(HEADER_MAGIC)) != 0)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s is not a history database (or its beginning is destroyed): give another "
			       "--db, or move it away",
			       path);
	application = number_at(header, HEADER_APPLICATION_AT);
	version = number_at(header, HEADER_VERSION_AT);
	if (application != PB_SCHEMA_APPLICATION)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s is a database of another program (application id 0x%x): give another --db",
			       path, application);
	if (version > PB_SCHEMA_VERSION)
		return pb_fail(
			err, PB_USAGE, EINVAL,
			"%s was written by a newer passbench (schema %u, this one reads %d): use that one",
			path, version, PB_SCHEMA_VERSION);
	if (version < PB_SCHEMA_VERSION)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s has no schema number: its header is damaged; restore it from a copy",
			       path);
	return 0;
}

/* -ENOENT without a message when there is no file. */
static int check_header(const char *path, struct pb_err *err)
{
	unsigned char header[HEADER_BYTES];
	/* O_NONBLOCK: a FIFO under that name must not hang us. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0)
		return pb_fail(err, PB_MISSING, errno, "cannot open the history %s: %m", path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return pb_fail(err, PB_USAGE, EINVAL, "%s is not a file: give another --db", path);
	}
	n = pread(fd, header, sizeof(header), 0);
	close(fd);
	if (n < 0)
		return pb_fail(err, PB_MISSING, EIO, "cannot read the history %s", path);
	return judge_header(header, n, path, err);
}

static int fail_damaged(const char *path, const char *why, struct pb_err *err)
{
	return pb_fail(
		err, PB_USAGE, EINVAL,
		"%s is damaged (%.200s); nothing was read from it and nothing changed: restore it from a "
		"copy, or move it away and add the runs again",
		path, why);
}

/* What SQLite's code means to the user. */
static int fail_sqlite(sqlite3 *db, const char *path, int code, struct pb_err *err)
{
	int system = db ? sqlite3_system_errno(db) : 0;

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return pb_fail(
			err, PB_MISSING, EBUSY,
			"%s has been in use by another process for a minute; try again when it has ended",
			path);
	case SQLITE_FULL:
		return pb_fail(err, PB_MISSING, ENOSPC,
			       "%s: the disk is full; nothing was changed, make room and try again", path);
	case SQLITE_NOMEM:
		return pb_fail(err, PB_MISSING, ENOMEM, "%s: out of memory", path);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return pb_fail(err, PB_MISSING, EACCES, "%s cannot be written: %s", path,
			       sqlite3_errstr(code));
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		return pb_fail(err, PB_MISSING, EIO,
			       "%s cannot be read or written: %s%s%s; nothing was changed", path,
			       sqlite3_errstr(code), system ? ": " : "", system ? strerror(system) : "");
	default:
		return fail_damaged(path, db ? sqlite3_errmsg(db) : sqlite3_errstr(code), err);
	}
}

static int fail_now(struct pb_store *s, struct pb_err *err)
{
	return fail_sqlite(s->db, s->path, sqlite3_extended_errcode(s->db), err);
}

static int execute(struct pb_store *s, const char *sql, struct pb_err *err)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail_now(s, err);
}

/* Makes the tables under a name of its own and then links it to `path`: nobody ever sees half of it. */
static int create(const char *path, struct pb_err *err)
{
	char fresh[sizeof(((struct pb_store *)0)->path) + 32];
	uint32_t number = (uint32_t)getpid();
	sqlite3 *db = NULL;
	int fd, rc;

	snprintf(fresh, sizeof(fresh), "%s-journal", path);
	if (access(fresh, F_OK) == 0)
		return pb_fail(err, PB_USAGE, EEXIST,
			       "%s is left of a history that is gone: put that back or remove this too",
			       fresh);
	if (getrandom(&number, sizeof(number), 0) < 0)
		number = (uint32_t)getpid();
	snprintf(fresh, sizeof(fresh), "%s.new-%08x", path, number);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return pb_fail(err, PB_MISSING, errno, "cannot make the history %s: %m", path);
	close(fd);
	rc = sqlite3_open_v2(fresh, &db, SQLITE_OPEN_READWRITE, NULL);
	if (rc == SQLITE_OK)
		rc = pb_schema_create(db);
	rc = rc == SQLITE_OK ? 0 : fail_sqlite(db, path, rc, err);
	sqlite3_close(db);
	/* EEXIST: another process was first, and made the same. */
	if (rc == 0 && link(fresh, path) != 0 && errno != EEXIST)
		rc = pb_fail(err, PB_MISSING, errno, "cannot make the history %s: %m", path);
	unlink(fresh);
	return rc;
}

/* The file is data, not a program: no extension, no trigger with side effects, no text of a gigabyte. */
static int harden(struct pb_store *s, struct pb_err *err)
{
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, LENGTH_MAX);
	sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	return execute(s,
		       "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
		       "PRAGMA foreign_keys = ON",
		       err);
}

/* Does every page, row and index hold together, and is each row what the tables allow? */
static int check_whole(struct pb_store *s, struct pb_err *err)
{
	sqlite3_stmt *check;
	bool same = false;
	char why[200];
	int rc = pb_schema_check(s->db, &same);

	if (rc != SQLITE_OK)
		return fail_now(s, err);
	if (!same)
		return fail_damaged(s->path, "its tables are not those of a history", err);
	check = pb_store_prepare(s, "PRAGMA integrity_check(1)", err);
	if (!check)
		return -EINVAL;
	rc = pb_store_step(s, check, err);
	snprintf(why, sizeof(why), "%s", rc == 1 ? (const char *)sqlite3_column_text(check, 0) : "no answer");
	sqlite3_finalize(check);
	if (rc < 0)
		return rc;
	why[strcspn(why, "\n")] = '\0';
	if (strcmp(why, "ok") != 0)
		return fail_damaged(s->path, why, err);
	check = pb_store_prepare(s, "PRAGMA foreign_key_check", err);
	rc = check ? pb_store_step(s, check, err) : -EINVAL;
	sqlite3_finalize(check);
	return rc == 1 ? fail_damaged(s->path, "rows point to rows that are not there", err) : rc;
}

int pb_store_open(struct pb_store *s, const char *path, enum pb_store_mode mode, struct pb_err *err)
{
	struct pb_store new = {.db = NULL};
	int rc;

	if (!*path || strlen(path) >= sizeof(new.path))
		return pb_fail(err, PB_USAGE, ENAMETOOLONG, "--db: the path must have 1 to %zu bytes",
			       sizeof(new.path) - 1);
	strcpy(new.path, path);
	rc = check_header(path, err);
	if (rc == -ENOENT && mode == PB_STORE_WRITE)
		rc = create(path, err);
	if (rc == -ENOENT)
		return pb_fail(err, PB_USAGE, ENOENT,
			       "there is no history at %s; passbench history add DIR makes one", path);
	if (rc < 0)
		return rc;
	/* Also to read: a journal that a killed writer left can only be rolled back with write access. */
	rc = sqlite3_open_v2(path, &new.db, SQLITE_OPEN_READWRITE, NULL);
	if (rc != SQLITE_OK)
		rc = fail_sqlite(new.db, path, rc, err);
	else
		rc = harden(&new, err);
	if (rc == 0)
		rc = execute(&new,
			     mode == PB_STORE_WRITE ? "BEGIN IMMEDIATE" : "PRAGMA query_only = ON; BEGIN",
			     err);
	if (rc == 0)
		rc = check_whole(&new, err);
	if (rc < 0)
		pb_store_close(&new);
	else
		*s = new;
	return rc;
}

int pb_store_commit(struct pb_store *s, struct pb_err *err)
{
	int rc = execute(s, "COMMIT", err);

	pb_store_close(s);
	return rc;
}

void pb_store_close(struct pb_store *s)
{
	/* Closing rolls an open transaction back. */
	sqlite3_close(s->db);
	s->db = NULL;
}

sqlite3_stmt *pb_store_prepare(struct pb_store *s, const char *sql, struct pb_err *err)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_now(s, err);
	return stmt;
}

int pb_store_step(struct pb_store *s, sqlite3_stmt *stmt, struct pb_err *err)
{
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : fail_now(s, err);
}
