/*
 * Life of one collector inside the sampler: probe, start, sample, account, stop. Knows no schedule; a source
 * that costs too much is left out for a while, whatever the schedule says.
 */
#include "engine/collectors/source.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define NS 1000000000LL
#define GIVE_BYTES ((size_t)1 << 20) /* chunks of this size go to the writer at once */
#define COST_FACTOR 50 /* a source rests this many times its own CPU cost: 2% of a CPU at most */

int64_t pb_clock_ns(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts))
		return 0;
	return (int64_t)ts.tv_sec * NS + ts.tv_nsec;
}

int64_t pb_now_ns(void)
{
	return pb_clock_ns(CLOCK_MONOTONIC_RAW);
}

/* Column names into the fresh file and to the watcher. 0 or -errno. */
static int take_columns(struct pb_source *x, const struct pb_watch *watch)
{
	struct pb_strv names = {0};
	struct pb_csv csv = {.f = x->f};
	int rc = x->c->columns(x->state, &names);

	if (!rc && x->f) {
		pb_csv_str(&csv, "t_ns");
		for (size_t i = 0; i < names.n; i++)
			pb_csv_str(&csv, names.v[i]);
		pb_csv_end(&csv);
	}
	if (!rc && watch && watch->source)
		rc = watch->source(watch->arg, x->c, &names, NULL);
	if (!rc) {
		x->ncols = names.n;
		x->rows = pb_rows_new(names.n);
		rc = x->rows ? 0 : -ENOMEM;
	}
	pb_strv_fini(&names);
	return rc;
}

int pb_source_open(struct pb_source *x, const struct pb_collector *c, const struct pb_target *t,
		   struct pb_rundir *dir, const struct pb_watch *watch, struct pb_err *err)
{
	int rc;

	*x = (struct pb_source){.c = c};
	rc = c->probe(t, x->why, sizeof(x->why));
	if (!rc)
		rc = c->start(t, &x->state, x->why, sizeof(x->why));
	if (rc) {
		x->state = NULL;
		if (!x->why[0])
			snprintf(x->why, sizeof(x->why), "%s", strerror(-rc));
		rc = watch && watch->source ? watch->source(watch->arg, c, NULL, x->why) : 0;
		return rc ? pb_fail(err, PB_MISSING, -rc, "collector %s: %s", c->name, strerror(-rc)) : 0;
	}
	x->why[0] = '\0';
	x->running = true;
	snprintf(x->file, sizeof(x->file), "host/%s.csv", c->name);
	if (dir) {
		x->f = pb_rundir_begin(dir, x->file, err);
		if (!x->f)
			return err && err->msg[0] ? -EIO
						  : pb_fail(err, PB_MISSING, EIO, "cannot write %s", x->file);
	}
	rc = take_columns(x, watch);
	return rc ? pb_fail(err, PB_MISSING, -rc, "collector %s: %s", c->name, strerror(-rc)) : 0;
}

int64_t pb_source_sample(struct pb_source *x, bool last, int64_t cpu0)
{
	int64_t t = pb_now_ns(), cpu1;
	size_t before;
	int rc;

	if (t < x->next_ns && !last)
		return cpu0;
	if (t < x->rest_until_ns && !last) {
		x->skipped++;
		return cpu0;
	}
	x->next_ns = t + x->c->spacing_ns;
	before = pb_rows_count(x->rows);
	rc = last && x->c->finish ? x->c->finish(x->state, t, x->rows) : x->c->sample(x->state, t, x->rows);
	if (rc < 0 || pb_rows_failed(x->rows)) {
		x->errors++;
		x->last_errno = rc < 0 ? -rc : ENOMEM;
	}
	x->n_rows += pb_rows_count(x->rows) - before;
	x->wall_ns += pb_now_ns() - t;
	cpu1 = pb_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	x->cpu_ns += cpu1 - cpu0;
	x->rest_until_ns = t + COST_FACTOR * (cpu1 - cpu0);
	return cpu1;
}

void pb_source_give(struct pb_source *x, struct pb_writer *w, bool all)
{
	struct pb_rows *fresh;

	if (!x->running || !pb_rows_count(x->rows) || (!all && pb_rows_bytes(x->rows) < GIVE_BYTES))
		return;
	fresh = pb_writer_give(w, x->f, x->c, x->rows, x->ncols, &x->dropped);
	if (fresh) {
		x->rows = fresh;
		return;
	}
	x->dropped += pb_rows_count(x->rows); /* no memory: the rows are lost, the chunk is used again */
	pb_rows_clear(x->rows);
}

int pb_source_close(struct pb_source *x, struct pb_rundir *dir, struct pb_err *err)
{
	int rc = x->f ? pb_rundir_commit(dir, x->f, x->file, err) : 0;

	x->f = NULL;
	x->running = false;
	x->c->stop(x->state);
	x->state = NULL;
	pb_rows_free(x->rows);
	x->rows = NULL;
	return rc;
}

json_t *pb_source_json(const struct pb_source *x, uint64_t missed)
{
	uint64_t left_out = x->skipped + (x->c->period == PB_PERIOD_FAST && !x->why[0] ? missed : 0);
	char status[256];
	json_t *o;

	if (x->why[0])
		snprintf(status, sizeof(status), "unavailable: %s", x->why);
	else if (!x->n_rows && x->errors)
		snprintf(status, sizeof(status), "unavailable: %s: %s", x->c->source,
			 strerror(x->last_errno));
	else
		snprintf(status, sizeof(status), "ok");
	o = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "name", x->c->name, "status", status, "rows",
		      (json_int_t)x->n_rows, "cpu_ns", (json_int_t)x->cpu_ns, "wall_ns",
		      (json_int_t)x->wall_ns, "missed_ticks", (json_int_t)left_out);
	if (o && x->dropped)
		json_object_set_new(o, "dropped_rows", json_integer((json_int_t)x->dropped));
	if (o && x->errors)
		json_object_set_new(o, "errors", json_integer((json_int_t)x->errors));
	return o;
}
