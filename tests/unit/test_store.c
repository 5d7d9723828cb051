/*
 * engine/history/store: many writers, killed writers, full disks, and files that are no history or none any
 * more.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "engine/history/schema.h"
#include "tests/unit/mkhistory.h"
#include "tests/unit/tmpdir.h"

#define WRITERS 8
#define EACH 50

struct place {
	struct tmpdir dir;
	char db[128];
};

static int setup(void **state)
{
	static struct place p;

	tmpdir_make(&p.dir);
	snprintf(p.db, sizeof(p.db), "%s/history.db", p.dir.path);
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	tmpdir_remove(&p->dir);
	return 0;
}

static size_t count(const char *db)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_past p;
	size_t n;

	if (pb_past_load(&p, db, &err) < 0)
		fail_msg("%s", err.msg);
	n = p.n_run;
	pb_past_fini(&p);
	return n;
}

/* The file's bytes; freed by the caller. */
static char *bytes_of(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *data = malloc(1 << 20);

	assert_non_null(f);
	*len = fread(data, 1, 1 << 20, f);
	fclose(f);
	return data;
}

/* Reading and writing are refused as bad input, in one sentence that has `why` in it, and the file stays. */
static void assert_refused(const struct place *p, const char *why)
{
	for (int write = 0; write < 2; write++) {
		struct pb_err err = PB_ERR_INIT;
		size_t len, len_after;
		char *before = bytes_of(p->db, &len), *after;
		struct pb_past past;
		int rc = write ? mk_add(p->db, 9999, 1, &err) : pb_past_load(&past, p->db, &err);

		assert_true(rc < 0);
		assert_int_equal(err.status, PB_USAGE);
		if (!strstr(err.msg, why) || strchr(err.msg, '\n'))
			fail_msg("%s", err.msg);
		after = bytes_of(p->db, &len_after);
		assert_int_equal(len, len_after);
		assert_memory_equal(before, after, len);
		free(before);
		free(after);
	}
}

static void patch(const struct place *p, off_t at, const void *data, size_t len)
{
	int fd = open(p->db, O_WRONLY);

	assert_int_equal(pwrite(fd, data, len, at), len);
	close(fd);
}

static void nothing_there(void **state)
{
	struct place *p = *state;
	struct pb_err err = PB_ERR_INIT;
	struct pb_past past;

	assert_int_equal(pb_past_load(&past, p->db, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "history add"));
	assert_false(tmpdir_exists(&p->dir, "history.db"));
}

static void made_and_kept(void **state)
{
	struct place *p = *state;

	assert_int_equal(mk_add(p->db, 1, 100, NULL), 0);
	assert_int_equal(mk_add(p->db, 2, 100, NULL), 0);
	assert_int_equal(mk_add(p->db, 1, 100, NULL), 0);
	assert_int_equal(count(p->db), 2);
}

static void closed_without_commit_is_nothing(void **state)
{
	struct place *p = *state;
	struct pb_store s;

	assert_int_equal(mk_add(p->db, 1, 100, NULL), 0);
	assert_int_equal(pb_store_open(&s, p->db, PB_STORE_WRITE, NULL), 0);
	assert_int_equal(mk_insert(&s, 2, 100, NULL, NULL), 0);
	pb_store_close(&s);
	pb_store_close(&s);
	assert_int_equal(count(p->db), 1);
}

/* Each adds runs of its own and one that all add. */
static void writers_at_once(void **state)
{
	struct place *p = *state;
	pid_t pid[WRITERS];

	for (unsigned w = 0; w < WRITERS; w++) {
		pid[w] = fork();
		if (pid[w] == 0) {
			int bad = mk_add(p->db, 100000, 1, NULL);

			for (unsigned i = 0; i < EACH && !bad; i++)
				bad = mk_add(p->db, w * EACH + i, 1 + i, NULL);
			_exit(bad ? 1 : 0);
		}
	}
	for (unsigned w = 0; w < WRITERS; w++) {
		int status;

		assert_int_equal(waitpid(pid[w], &status, 0), pid[w]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	assert_int_equal(count(p->db), WRITERS * EACH + 1);
}

/* Whatever the moment: what was committed is there, and the next one goes on. */
static void killed_writers(void **state)
{
	struct place *p = *state;
	unsigned next = 0;

	assert_int_equal(mk_add(p->db, 100000, 1, NULL), 0);
	for (int round = 0; round < 20; round++) {
		struct timespec pause = {.tv_nsec = 1000000L * (1 + round)};
		pid_t pid = fork();
		size_t before;

		if (pid == 0)
			for (unsigned i = next;; i++)
				if (mk_add(p->db, i, 1, NULL))
					_exit(1);
		nanosleep(&pause, NULL);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		before = count(p->db);
		next = (unsigned)before + 1000;
		assert_int_equal(mk_add(p->db, next, 1, NULL), 0);
		assert_int_equal(count(p->db), before + 1);
		next++;
	}
}

/* A limit on the file's size is a full disk that needs no root. */
static void full_disk(void **state)
{
	struct place *p = *state;
	size_t len, len_after;
	char *before, *after;
	int status;
	pid_t pid;

	assert_int_equal(mk_history(p->db, 1, 50, 1000), 0);
	before = bytes_of(p->db, &len);
	pid = fork();
	if (pid == 0) {
		struct rlimit limit = {len + 4096, len + 4096};
		struct pb_err err = PB_ERR_INIT;
		struct pb_store s;
		int rc;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		rc = pb_store_open(&s, p->db, PB_STORE_WRITE, &err);
		for (unsigned n = 1000; n < 2000 && rc == 0; n++)
			rc = mk_insert(&s, n, 1, NULL, &err);
		if (rc == 0)
			rc = pb_store_commit(&s, &err);
		_exit(rc < 0 && err.status == PB_MISSING && strstr(err.msg, "nothing was changed") ? 42 : 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 42);
	assert_int_equal(count(p->db), 50);
	after = bytes_of(p->db, &len_after);
	assert_int_equal(len, len_after);
	assert_memory_equal(before, after, len);
	free(before);
	free(after);
	assert_int_equal(mk_add(p->db, 51, 1, NULL), 0);
}

static void not_a_database(void **state)
{
	struct place *p = *state;

	tmpdir_write(&p->dir, "history.db", "");
	assert_refused(p, "not a history database");
	tmpdir_write(&p->dir, "history.db", "a,b\n1,2\n");
	assert_refused(p, "not a history database");
	unlink(p->db);
	tmpdir_mkdir(&p->dir, "history.db");
	{
		struct pb_err err = PB_ERR_INIT;

		assert_true(mk_add(p->db, 1, 1, &err) < 0);
		assert_int_equal(err.status, PB_USAGE);
	}
}

static void another_programs(void **state)
{
	struct place *p = *state;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(p->db, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE t(a); INSERT INTO t VALUES(1)", NULL, NULL,
		     NULL);
	sqlite3_close(db);
	assert_refused(p, "another program");
	assert_false(tmpdir_exists(&p->dir, "history.db-wal"));
}

static void newer_and_no_schema(void **state)
{
	struct place *p = *state;

	assert_int_equal(mk_add(p->db, 1, 1, NULL), 0);
	patch(p, 60, "\0\0\0\2", 4);
	assert_refused(p, "newer passbench (schema 2");
	patch(p, 60, "\0\0\0\0", 4);
	assert_refused(p, "no schema number");
}

static void truncated(void **state)
{
	struct place *p = *state;
	struct stat st;

	assert_int_equal(mk_history(p->db, 1, 200, 1000), 0);
	assert_int_equal(stat(p->db, &st), 0);
	for (int part = 1; part < 8; part++) {
		assert_int_equal(truncate(p->db, st.st_size * (8 - part) / 8), 0);
		assert_refused(p, "damaged");
	}
	assert_int_equal(truncate(p->db, 60), 0);
	assert_refused(p, "not a history database");
}

/* Any page but a free one. */
static void garbage_page(void **state)
{
	struct place *p = *state;
	char garbage[512];
	size_t len;
	char *whole;

	assert_int_equal(mk_history(p->db, 1, 200, 1000), 0);
	whole = bytes_of(p->db, &len);
	for (size_t i = 0; i < sizeof(garbage); i++)
		garbage[i] = (char)(i * 37 + 11);
	for (size_t page = 1; page < len / 4096; page++) {
		patch(p, (off_t)page * 4096, garbage, sizeof(garbage));
		assert_refused(p, "damaged");
		patch(p, (off_t)page * 4096, whole + page * 4096, sizeof(garbage));
	}
	assert_int_equal(count(p->db), 200);
	free(whole);
}

static void execute(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* Whole as a database, but not ours. */
static void other_tables(void **state)
{
	static const char *const sql[] = {
		"CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM value; END",
		"CREATE VIEW v AS SELECT 1",
		"DROP INDEX run_order",
		"ALTER TABLE metric ADD COLUMN more TEXT",
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
		unlink(p->db);
		assert_int_equal(mk_add(p->db, 1, 1, NULL), 0);
		execute(p->db, sql[i]);
		assert_refused(p, "tables are not those of a history");
	}
}

static void rows_that_cannot_be(void **state)
{
	struct place *p = *state;

	assert_int_equal(mk_add(p->db, 1, 1, NULL), 0);
	execute(p->db, "PRAGMA foreign_keys = OFF; DELETE FROM series");
	assert_refused(p, "not there");
	unlink(p->db);
	assert_int_equal(mk_add(p->db, 1, 1, NULL), 0);
	execute(p->db, "PRAGMA ignore_check_constraints = ON; UPDATE run SET started_utc = 'yesterday'");
	assert_refused(p, "damaged");
}

/* SQLite would roll it back into the new file. */
static void a_journal_without_its_database(void **state)
{
	struct place *p = *state;
	struct pb_err err = PB_ERR_INIT;

	tmpdir_write(&p->dir, "history.db-journal", "left over");
	assert_true(mk_add(p->db, 1, 1, &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	assert_string_equal(tmpdir_read(&p->dir, "history.db-journal"), "left over");
	assert_false(tmpdir_exists(&p->dir, "history.db"));
}

static void nowhere_to_write(void **state)
{
	struct place *p = *state;
	struct pb_err err = PB_ERR_INIT;
	char deep[256];

	snprintf(deep, sizeof(deep), "%s/no/such/history.db", p->dir.path);
	assert_true(mk_add(deep, 1, 1, &err) < 0);
	assert_int_equal(err.status, PB_MISSING);
	assert_true(mk_add("", 1, 1, NULL) < 0);
}

#define WITH_PLACE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACE(nothing_there),
		WITH_PLACE(made_and_kept),
		WITH_PLACE(closed_without_commit_is_nothing),
		WITH_PLACE(writers_at_once),
		WITH_PLACE(killed_writers),
		WITH_PLACE(full_disk),
		WITH_PLACE(not_a_database),
		WITH_PLACE(another_programs),
		WITH_PLACE(newer_and_no_schema),
		WITH_PLACE(truncated),
		WITH_PLACE(garbage_page),
		WITH_PLACE(other_tables),
		WITH_PLACE(rows_that_cannot_be),
		WITH_PLACE(a_journal_without_its_database),
		WITH_PLACE(nowhere_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
