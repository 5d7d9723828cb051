/*
 * Starting integrity mode in the guest, following it, and writing down what
 * came out. What a bad block is, is decided by engine/lib/stamp.c in the guest.
 */
#include "engine/run/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "engine/lib/csv.h"
#include "engine/lib/json.h"
#include "engine/lib/stamp.h"
#include "engine/run/host/stop.h"

#define ASK_MS 60000
#define POLL_MS 100
#define BAD_ROWS 200
/* A flush takes as long as what it empties is large: host memory in front of a slow disk. */
#define FLUSH_PATIENCE 4
#define BAD_MAX 10000

struct verify {
	const struct pb_verify_opts *o;
	struct pb_session s;
	struct pb_verify_origin what;
	json_t *status;    /* the last one, owned */
	json_t *integrity; /* the manifest's, borrowed */
	int64_t bad;       /* blocks that are not what was written */
	int64_t start_ms;
	int64_t moved_bytes, moved_ms; /* what was done when there was progress last, and when that was */
};

static const char *const mode_names[] = {"both", "write", "read"};
static const char *const kinds[] = {"corrupted", "misdirected", "torn", "stale", "unstamped", "unreadable"};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int random_id(int64_t *id, struct pb_err *err)
{
	if (getrandom(id, sizeof(*id), 0) != sizeof(*id))
		return pb_fail(err, PB_MISSING, EIO, "no random numbers: %s", strerror(errno));
	*id &= INT64_MAX;
	return 0;
}

/* What will be written, or what an earlier run wrote. */
static int decide(struct verify *v, struct pb_err *err)
{
	const struct pb_verify_opts *o = v->o;
	int rc;

	if (o->mode == PB_VERIFY_READ)
		return pb_verify_origin(o->from, &v->what, err);
	v->what.size_bytes = (int64_t)o->size_bytes;
	v->what.passes = v->what.oldest = o->passes;
	v->what.seed = o->seed;
	rc = random_id(&v->what.run, err);
	return rc < 0 || o->seed >= 0 ? rc : random_id(&v->what.seed, err);
}

static int check_disk(const struct verify *v, struct pb_err *err)
{
	const struct pb_disk *d = &v->s.disk;

	if (v->o->mode == PB_VERIFY_READ && strcmp(v->what.serial, d->serial) != 0)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s was written on the disk with serial '%s', this one has '%s'", v->o->from,
			       v->what.serial, d->serial);
	if (d->size_bytes != PB_NA && d->size_bytes < v->what.size_bytes)
		return pb_fail(err, PB_USAGE, ENOSPC, "the disk has %lld bytes, less than the %lld to verify",
			       (long long)d->size_bytes, (long long)v->what.size_bytes);
	return 0;
}

/* Saved before anything is written: whoever is cut off can be read back. */
static int begin_manifest(struct verify *v, struct pb_err *err)
{
	json_t *j = json_pack("{s:s,s:I,s:I,s:I,s:i,s:i,s:i,s:i}", "mode", mode_names[v->o->mode], "run",
			      (json_int_t)v->what.run, "seed", (json_int_t)v->what.seed, "size_bytes",
			      (json_int_t)v->what.size_bytes, "passes", (int)v->what.passes, "oldest",
			      (int)v->what.oldest, "synced_pass", 0, "threads", (int)v->o->depth);

	if (!j)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	if (v->o->from)
		pb_json_set_str(j, "from", v->o->from);
	json_object_set_new(v->s.dir.manifest, "integrity", j);
	v->integrity = j;
	return pb_rundir_save(&v->s.dir, err);
}

static int start(struct verify *v, struct pb_err *err)
{
	json_t *disk = NULL, *fields;
	int rc = pb_session_guest_disk(&v->s, &disk, err);

	if (rc < 0)
		return rc;
	fields = json_pack("{s:o,s:o,s:s,s:I,s:i,s:i,s:I,s:I,s:i}", "disk", disk, "write_serial",
			   v->s.profile.writes ? json_string(v->o->session.erase) : json_null(), "mode",
			   mode_names[v->o->mode], "size_bytes", (json_int_t)v->what.size_bytes, "passes",
			   (int)v->what.passes, "oldest", (int)v->what.oldest, "run", (json_int_t)v->what.run,
			   "seed", (json_int_t)v->what.seed, "threads", (int)v->o->depth);
	pb_json_set_str(fields, "overwrite_signature", v->o->session.overwrite);
	rc = pb_conn_ask(&v->s.guest.conn, "verify_start", fields, ASK_MS, &v->s.started, err);
	if (rc == 0)
		pb_session_say(&v->s, "verify: %s, %lld MiB, %u pass%s, depth %u", mode_names[v->o->mode],
			       (long long)(v->what.size_bytes >> 20), v->what.passes,
			       v->what.passes == 1 ? "" : "es", v->o->depth);
	return rc;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* -ETIMEDOUT for a disk that has done nothing for too long: its guest may wait for it for ever. */
static int check_stall(struct verify *v, struct pb_err *err)
{
	int64_t done = pb_json_i64(v->status, "done_bytes", 0), now = now_ms();
	bool flushes = done > 0 && done % v->what.size_bytes == 0;
	int64_t limit_s = (int64_t)v->o->stall_s * (flushes ? FLUSH_PATIENCE : 1);

	if (done != v->moved_bytes || !v->moved_ms) {
		v->moved_bytes = done;
		v->moved_ms = now;
	}
	if (now - v->moved_ms <= limit_s * 1000)
		return 0;
	return pb_fail(
		err, PB_INVALID, ETIMEDOUT,
		"the disk hangs: nothing was done for %lld s (%s, pass %lld, %lld MiB in all); what it "
		"holds is unknown, and the kernel's log where it is used may say why (--stall)",
		(long long)limit_s, flushes ? "flush" : pb_json_str(v->status, "phase", "?"),
		(long long)pb_json_i64(v->status, "pass", 0), (long long)(done >> 20));
}

static void show_progress(const struct verify *v)
{
	double done = pb_json_num(v->status, "done_bytes", 0), all = pb_json_num(v->status, "total_bytes", 1);
	double share = all > 0 && done <= all ? done / all : 0;
	double spent_s = (double)(now_ms() - v->start_ms) / 1e3;

	pb_ui_progress(v->o->session.ui, share, pb_ui_left(share, spent_s), "%s pass %lld",
		       pb_json_str(v->status, "phase", "?"), (long long)pb_json_i64(v->status, "pass", 0));
}

/* One look at how far the guest is. 1 when it waits to hear that a flushed pass was recorded. */
static int poll_once(struct verify *v, struct pb_err *err)
{
	int64_t synced, before = pb_json_i64(v->integrity, "synced_pass", 0);
	int rc;

	json_decref(v->status);
	v->status = NULL;
	rc = pb_conn_ask(&v->s.guest.conn, "verify_status",
			 json_pack("{s:I}", "recorded", (json_int_t)before), ASK_MS, &v->status, err);
	if (rc < 0)
		return rc;
	show_progress(v);
	synced = pb_json_i64(v->status, "synced", 0);
	if (synced <= before || synced > v->what.passes)
		return 0;
	json_object_set_new(v->integrity, "synced_pass", json_integer(synced));
	rc = pb_rundir_save(&v->s.dir, err);
	return rc < 0 ? rc : 1;
}

static int follow(struct verify *v, struct pb_err *err)
{
	int rc;

	v->start_ms = now_ms();
	for (;;) {
		rc = poll_once(v, err);
		if (rc < 0 || !json_is_true(json_object_get(v->status, "running")))
			return rc < 0 ? rc : 0;
		if (rc == 0)
			pb_stop_sleep_ms(POLL_MS);
		rc = pb_stop_check(err);
		rc = rc < 0 ? rc : check_stall(v, err);
		if (rc < 0)
			return rc;
	}
}

static bool known_kind(const char *kind)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (!strcmp(kind, kinds[i]))
			return true;
	return false;
}

/* [lba, pass, kind, found] */
static int bad_row(const struct verify *v, struct pb_csv *c, const json_t *row, struct pb_err *err)
{
	const json_t *lba = json_array_get(row, 0), *pass = json_array_get(row, 1);
	const char *kind = json_string_value(json_array_get(row, 2));
	const char *found = json_string_value(json_array_get(row, 3));
	char expected[64];

	if (!json_is_integer(lba) || !json_is_integer(pass) || !kind || !found || !known_kind(kind))
		return pb_fail(err, PB_MISSING, EBADMSG,
			       "the agent's answer to 'verify_bad' does not have the form of protocol %d",
			       PB_PROTO_VERSION);
	if (v->o->mode == PB_VERIFY_READ && v->what.oldest < v->what.passes)
		snprintf(expected, sizeof(expected), "pass %u or %u", v->what.oldest, v->what.passes);
	else
		snprintf(expected, sizeof(expected), "pass %lld", (long long)json_integer_value(pass));
	pb_csv_i64(c, json_integer_value(lba));
	pb_csv_str(c, kind);
	pb_csv_str(c, expected);
	pb_csv_str(c, found);
	pb_csv_end(c);
	return 0;
}

static int bad_rows(const struct verify *v, struct pb_csv *c, struct pb_err *err)
{
	int64_t next = 0;
	int rc = 0;

	while (rc == 0 && next < BAD_MAX) {
		struct pb_conn *conn = (struct pb_conn *)&v->s.guest.conn;
		json_t *j = NULL, *row;
		size_t i, n;

		rc = pb_conn_ask(conn, "verify_bad",
				 json_pack("{s:I,s:i}", "since", (json_int_t)next, "max", BAD_ROWS), ASK_MS,
				 &j, err);
		if (rc < 0)
			return rc;
		n = json_array_size(json_object_get(j, "bad"));
		json_array_foreach(json_object_get(j, "bad"), i, row)
		{
			rc = rc ? rc : bad_row(v, c, row, err);
		}
		json_decref(j);
		if (!n)
			break;
		next += (int64_t)n;
	}
	return rc;
}

static int write_csv(struct verify *v, struct pb_err *err)
{
	FILE *f = pb_rundir_begin(&v->s.dir, "integrity.csv", err);
	struct pb_csv c = {.f = f};
	int rc;

	if (!f)
		return -EIO;
	fputs("lba,kind,expected,found\r\n", f);
	rc = bad_rows(v, &c, err);
	if (rc < 0) {
		fclose(f);
		return rc;
	}
	return pb_rundir_commit(&v->s.dir, f, "integrity.csv", err);
}

/* The counts go to the manifest and to the user. */
static void conclude(struct verify *v)
{
	const json_t *from = json_object_get(v->status, "counts");
	json_t *counts = json_object();

	for (size_t i = 0; i < N_KINDS; i++) {
		int64_t n = pb_json_i64(from, kinds[i], 0);

		json_object_set_new(counts, kinds[i], json_integer(n));
		v->bad += n;
		if (n)
			pb_session_say(&v->s, "%lld block%s %s", (long long)n, n == 1 ? "" : "s", kinds[i]);
	}
	json_object_set_new(v->integrity, "counts", counts);
	json_object_set_new(v->integrity, "checked_blocks",
			    json_integer(pb_json_i64(v->status, "checked_blocks", 0)));
	pb_json_set_str(v->integrity, "error", pb_json_str(v->status, "error", NULL));
	if (v->o->mode == PB_VERIFY_WRITE)
		pb_session_say(&v->s, "written and flushed: %lld of %u passes; not read back",
			       (long long)pb_json_i64(v->integrity, "synced_pass", 0), v->what.passes);
	else if (!v->bad)
		pb_session_say(&v->s, "%lld blocks of %d bytes read back, all as written",
			       (long long)pb_json_i64(v->status, "checked_blocks", 0), PB_STAMP_BLOCK);
}

static int verdict(const struct verify *v, struct pb_err *err)
{
	const char *error = pb_json_str(v->status, "error", NULL);

	if (error)
		return pb_fail(err, PB_INVALID, EIO,
			       "verify ended early, %.200s; what the disk holds is unknown", error);
	if (v->bad)
		return pb_fail(err, PB_INVALID, EIO,
			       "%lld block%s not what was written: see %s/integrity.csv for which and how",
			       (long long)v->bad, v->bad == 1 ? " is" : "s are", v->o->session.out);
	return 0;
}

static int go(struct verify *v, struct pb_err *err)
{
	int rc = check_disk(v, err);

	rc = rc ? rc : begin_manifest(v, err);
	rc = rc ? rc : start(v, err);
	rc = rc ? rc : follow(v, err);
	rc = rc ? rc : write_csv(v, err);
	if (rc == 0)
		conclude(v);
	return rc;
}

int pb_verify(const struct pb_verify_opts *o, struct pb_err *err)
{
	struct verify *v = calloc(1, sizeof(*v));
	struct pb_session_opts so = o->session;
	struct pb_err wrong = PB_ERR_INIT;
	int rc, bad = 0;

	if (!v)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	v->o = o;
	so.no_fio = "verify";
	so.writes = o->mode != PB_VERIFY_READ;
	rc = decide(v, err);
	rc = rc ? rc : pb_session_open(&v->s, &so, err);
	if (rc == 0) {
		rc = go(v, err);
		bad = rc == 0 ? verdict(v, &wrong) : 0;
		rc = pb_session_close(&v->s, rc, NULL, err);
	}
	if (rc == 0 && bad < 0) {
		*err = wrong; /* the directory is complete and says so too */
		rc = bad;
	}
	json_decref(v->status);
	free(v);
	return rc;
}
