/*
 * Rows for one run. Every text is bound, none is part of a statement.
 */
#include "engine/history/insert.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/lib/plain.h"

struct adding {
	struct pb_store *s;
	const struct pb_entry *e;
	struct pb_err *err;
};

/* A name out of the database: whoever wrote it, it is going to be shown. */
static void take_name(char *name, size_t size, sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	char *plain = pb_plain_copy(text ? text : "", size - 1);

	snprintf(name, size, "%s", plain ? plain : "?");
	free(plain);
}

/* Runs a statement whose one text parameter is `text`: the first column of its first row, 0 when it has none.
 */
static int look_up(struct adding *a, const char *sql, const char *text, int64_t *id)
{
	sqlite3_stmt *q = pb_store_prepare(a->s, sql, a->err);
	int rc;

	if (!q)
		return -EINVAL;
	sqlite3_bind_text(q, 1, text, -1, SQLITE_STATIC);
	rc = pb_store_step(a->s, q, a->err);
	*id = rc == 1 ? sqlite3_column_int64(q, 0) : 0;
	sqlite3_finalize(q);
	return rc < 0 ? rc : 0;
}

/* Is the run there already? */
static int find_run(struct adding *a, struct pb_inserted *done)
{
	sqlite3_stmt *q = pb_store_prepare(a->s,
					   "SELECT run.id, series.name FROM run JOIN series ON series.id = "
					   "run.series WHERE manifest = ?",
					   a->err);
	int rc;

	if (!q)
		return -EINVAL;
	sqlite3_bind_text(q, 1, a->e->manifest, -1, SQLITE_STATIC);
	rc = pb_store_step(a->s, q, a->err);
	if (rc == 1) {
		done->known = true;
		done->run = sqlite3_column_int64(q, 0);
		take_name(done->series, sizeof(done->series), q, 1);
	}
	sqlite3_finalize(q);
	return rc < 0 ? rc : 0;
}

/* "disk serial (A, not B), profile (x, not y)": what differs between two identities. */
static char *difference(const char *here, const char *there)
{
	json_t *a = json_loads(here, 0, NULL), *b = json_loads(there ? there : "", 0, NULL), *v;
	struct pb_buf text = {0};
	const char *key;
	char *plain;

	json_object_foreach(a, key, v)
	{
		const char *other = json_string_value(json_object_get(b, key));

		if (other && strcmp(json_string_value(v), other) == 0)
			continue;
		pb_buf_printf(&text, "%s%s (%s, not %s)", text.len ? ", " : "", key, json_string_value(v),
			      other ? other : "nothing");
	}
	json_object_foreach(b, key, v) if (!json_object_get(a, key))
		pb_buf_printf(&text, "%s%s (nothing, not %s)", text.len ? ", " : "", key,
			      json_is_string(v) ? json_string_value(v) : "?");
	json_decref(a);
	json_decref(b);
	plain = pb_plain_copy(text.data ? text.data : "another identity", PB_INSERT_DIFFERS_MAX);
	pb_buf_fini(&text);
	return plain;
}

/* The series of that name: its number, 0 when there is none. */
static int find_named(struct adding *a, const char *name, int64_t *id)
{
	sqlite3_stmt *q = pb_store_prepare(a->s, "SELECT id, identity FROM series WHERE name = ?", a->err);
	const char *identity;
	int rc;

	*id = 0;
	if (!q)
		return -EINVAL;
	sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
	rc = pb_store_step(a->s, q, a->err);
	identity = rc == 1 ? (const char *)sqlite3_column_text(q, 1) : NULL;
	if (identity && strcmp(identity, a->e->identity) != 0) {
		char *what = difference(a->e->identity, identity);

		rc = pb_fail(a->err, PB_USAGE, EINVAL,
			     "%s cannot be compared with the runs of series '%s': %s; give another --series",
			     a->e->dir, name, what ? what : "another identity");
		free(what);
	} else if (identity) {
		*id = sqlite3_column_int64(q, 0);
	}
	sqlite3_finalize(q);
	return rc < 0 ? rc : 0;
}

/* The one series with the run's identity: its number and name, 0 when there is none. */
static int find_alike(struct adding *a, int64_t *id, char *name, size_t size)
{
	char other[PB_SCHEMA_NAME_MAX + 1];
	sqlite3_stmt *q = pb_store_prepare(
		a->s, "SELECT id, name FROM series WHERE identity = ? ORDER BY id LIMIT 2", a->err);
	int rc;

	*id = 0;
	if (!q)
		return -EINVAL;
	sqlite3_bind_text(q, 1, a->e->identity, -1, SQLITE_STATIC);
	rc = pb_store_step(a->s, q, a->err);
	if (rc == 1) {
		*id = sqlite3_column_int64(q, 0);
		take_name(name, size, q, 1);
		rc = pb_store_step(a->s, q, a->err);
	}
	if (rc == 1) {
		take_name(other, sizeof(other), q, 1);
		rc = pb_fail(a->err, PB_USAGE, EINVAL,
			     "%s fits into more than one series ('%s', '%s'): say which with --series",
			     a->e->dir, name, other);
	}
	sqlite3_finalize(q);
	return rc < 0 ? rc : 0;
}

/* Runs an INSERT whose parameters are texts; *id is the new row's number. */
static int insert_texts(struct adding *a, const char *sql, const char *const *text, int n, int64_t *id)
{
	sqlite3_stmt *q = pb_store_prepare(a->s, sql, a->err);
	int rc;

	if (!q)
		return -EINVAL;
	for (int i = 0; i < n; i++)
		sqlite3_bind_text(q, i + 1, text[i], -1, SQLITE_STATIC);
	rc = pb_store_step(a->s, q, a->err);
	sqlite3_finalize(q);
	*id = sqlite3_last_insert_rowid(a->s->db);
	return rc;
}

static int make_series(struct adding *a, const char *name, int64_t *id)
{
	const char *const text[] = {name, a->e->identity};

	return insert_texts(a, "INSERT INTO series(name, identity) VALUES(?, ?)", text, 2, id);
}

/* What the run differs in from the series that has its name. */
static int explain(struct adding *a, int64_t taken, struct pb_inserted *done)
{
	sqlite3_stmt *q = pb_store_prepare(a->s, "SELECT identity FROM series WHERE id = ?", a->err);
	char *what;
	int rc;

	if (!q)
		return -EINVAL;
	sqlite3_bind_int64(q, 1, taken);
	rc = pb_store_step(a->s, q, a->err);
	if (rc == 1) {
		what = difference(a->e->identity, (const char *)sqlite3_column_text(q, 0));
		snprintf(done->differs, sizeof(done->differs), "%s", what ? what : "");
		free(what);
	}
	sqlite3_finalize(q);
	return rc < 0 ? rc : 0;
}

/* The run's own name for its series, with a number when a series of another identity has it. */
static int make_unnamed(struct adding *a, struct pb_inserted *done, int64_t *id)
{
	int64_t taken = 1;
	int rc = 0;

	for (int i = 1; taken && rc == 0; i++) {
		snprintf(done->series, sizeof(done->series), i > 1 ? "%s (%d)" : "%s", a->e->name, i);
		rc = look_up(a, "SELECT id FROM series WHERE name = ?", done->series, &taken);
		if (rc == 0 && taken)
			rc = explain(a, taken, done);
	}
	return rc ? rc : make_series(a, done->series, id);
}

static int choose_series(struct adding *a, const char *name, struct pb_inserted *done, int64_t *id)
{
	int rc;

	if (name) {
		rc = find_named(a, name, id);
		snprintf(done->series, sizeof(done->series), "%s", name);
	} else {
		rc = find_alike(a, id, done->series, sizeof(done->series));
	}
	if (rc < 0 || *id)
		return rc;
	done->new_series = true;
	return name ? make_series(a, name, id) : make_unnamed(a, done, id);
}

static int keep_environment(struct adding *a, int64_t *id)
{
	int rc = look_up(a, "SELECT id FROM environment WHERE facts = ?", a->e->environment, id);

	if (rc < 0 || *id)
		return rc;
	return insert_texts(a, "INSERT INTO environment(facts) VALUES(?)",
			    (const char *const[]){a->e->environment}, 1, id);
}

static int insert_run(struct adding *a, int64_t series, int64_t environment, const char *label, int64_t *id)
{
	char added[sizeof(PB_ENTRY_UTC)];
	time_t now = time(NULL);
	sqlite3_stmt *q;
	struct tm tm;
	int rc;

	gmtime_r(&now, &tm);
	strftime(added, sizeof(added), "%Y-%m-%dT%H:%M:%SZ", &tm);
	q = pb_store_prepare(
		a->s,
		"INSERT INTO run(series, environment, manifest, started_utc, added_utc, label, dir) "
		"VALUES(?, ?, ?, ?, ?, ?, ?)",
		a->err);
	if (!q)
		return -EINVAL;
	sqlite3_bind_int64(q, 1, series);
	sqlite3_bind_int64(q, 2, environment);
	sqlite3_bind_text(q, 3, a->e->manifest, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 4, a->e->started_utc, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 5, added, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 6, label, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 7, a->e->dir, -1, SQLITE_STATIC);
	rc = pb_store_step(a->s, q, a->err);
	sqlite3_finalize(q);
	*id = sqlite3_last_insert_rowid(a->s->db);
	return rc;
}

/* The metric's number. The same name always means the same unit and direction. */
static int keep_metric(struct adding *a, const struct pb_metric *m, int64_t *id)
{
	sqlite3_stmt *q = pb_store_prepare(
		a->s, "SELECT id, unit = ?2 AND higher_is_better = ?3 FROM metric WHERE name = ?1", a->err);
	bool same = false;
	int rc;

	if (!q)
		return -EINVAL;
	sqlite3_bind_text(q, 1, m->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, m->unit, -1, SQLITE_STATIC);
	sqlite3_bind_int(q, 3, m->higher_is_better);
	rc = pb_store_step(a->s, q, a->err);
	*id = rc == 1 ? sqlite3_column_int64(q, 0) : 0;
	same = rc == 1 && sqlite3_column_int(q, 1);
	sqlite3_finalize(q);
	if (rc < 0)
		return rc;
	if (*id)
		return same ? 0
			    : pb_fail(a->err, PB_USAGE, EINVAL,
				      "%s: %s is in %s, the history has it in another unit; give another "
				      "--db",
				      a->e->dir, m->name, m->unit);
	q = pb_store_prepare(a->s, "INSERT INTO metric(name, unit, higher_is_better) VALUES(?, ?, ?)",
			     a->err);
	if (!q)
		return -EINVAL;
	sqlite3_bind_text(q, 1, m->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, m->unit, -1, SQLITE_STATIC);
	sqlite3_bind_int(q, 3, m->higher_is_better);
	rc = pb_store_step(a->s, q, a->err);
	sqlite3_finalize(q);
	*id = sqlite3_last_insert_rowid(a->s->db);
	return rc;
}

static int insert_values(struct adding *a, int64_t run)
{
	sqlite3_stmt *q =
		pb_store_prepare(a->s, "INSERT INTO value(metric, run, value) VALUES(?, ?, ?)", a->err);
	int64_t metric;
	int rc = q ? 0 : -EINVAL;

	for (size_t i = 0; i < a->e->metrics.n && rc == 0; i++) {
		const struct pb_metric *m = &a->e->metrics.v[i];

		if (!isfinite(m->value))
			continue;
		rc = keep_metric(a, m, &metric);
		if (rc < 0)
			break;
		sqlite3_reset(q);
		sqlite3_bind_int64(q, 1, metric);
		sqlite3_bind_int64(q, 2, run);
		sqlite3_bind_double(q, 3, m->value);
		rc = pb_store_step(a->s, q, a->err);
	}
	sqlite3_finalize(q);
	return rc;
}

/* Text that a user gives is kept as it is, so it must be fit to be shown. */
static int check_text(const char *what, const char *text, size_t least, struct pb_err *err)
{
	char *plain = pb_plain_copy(text, PB_SCHEMA_NAME_MAX);
	bool good = plain && strcmp(plain, text) == 0 && strlen(text) >= least;

	free(plain);
	return good ? 0
		    : pb_fail(err, PB_USAGE, EINVAL,
			      "%s: %zu to %d bytes of UTF-8 text without control characters", what, least,
			      PB_SCHEMA_NAME_MAX);
}

int pb_insert_run(struct pb_store *s, const struct pb_entry *e, const char *series, const char *label,
		  struct pb_inserted *done, struct pb_err *err)
{
	struct adding a = {.s = s, .e = e, .err = err};
	struct pb_inserted new = {.run = 0};
	int64_t in = 0, environment = 0;
	int rc = check_text("--label", label, 0, err);

	if (rc == 0 && series)
		rc = check_text("--series", series, 1, err);
	if (rc == 0)
		rc = find_run(&a, &new);
	if (rc == 0 && !new.known) {
		rc = choose_series(&a, series, &new, &in);
		if (rc == 0)
			rc = keep_environment(&a, &environment);
		if (rc == 0)
			rc = insert_run(&a, in, environment, label, &new.run);
		if (rc == 0)
			rc = insert_values(&a, new.run);
	}
	if (rc == 0)
		*done = new;
	return rc;
}
