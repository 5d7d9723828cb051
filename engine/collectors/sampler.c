/*
 * Drives the collectors on an absolute schedule. The sampling thread reads
 * sources into memory and hands chunks to the writer; it never writes a file. Knows nothing of any
 * single source.
 */
#include "engine/collectors/sampler.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/collectors/rows.h"
#include "engine/collectors/writer.h"

#define NS 1000000000LL
#define INTERVAL_MIN_NS 10000000LL
#define SLEEP_MAX_NS 200000000LL /* a stop is answered within this */
#define SLOW_NS NS
#define GIVE_NS 500000000LL          /* chunks go to the writer this often, */
#define GIVE_BYTES ((size_t)1 << 20) /* or when they hold this much */
#define FIFO_PRIORITY 10
#define COST_FACTOR 50     /* a source rests this many times its own CPU cost: 2% of a CPU at most */
#define CPU_SHARE_MAX 0.01 /* above 1% of a CPU the sampler disturbs what it measures */

struct source {
	const struct pb_collector *c;
	char why[192]; /* "" = running */
	void *state;
	char file[64];
	FILE *f;
	size_t ncols;
	struct pb_rows *rows;
	uint64_t n_rows, dropped, errors;
	int last_errno;
	int64_t cpu_ns, wall_ns;
	int64_t rest_until_ns; /* too dear for this interval: left out until then */
	uint64_t skipped;      /* ticks left out */
};

struct pb_sampler {
	struct pb_target target;
	struct pb_rundir *dir;
	int64_t interval_ns;
	int cpu;
	struct source *src;
	size_t n;
	struct pb_writer *writer;
	pthread_t thread;
	bool running;
	atomic_bool stop;
	/* Written by the sampling thread, read after it has ended. */
	int64_t begun_ns, ended_ns, cpu_ns;
	uint64_t ticks, missed;
	bool fifo, pinned;
};

static int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts))
		return 0;
	return (int64_t)ts.tv_sec * NS + ts.tv_nsec;
}

int64_t pb_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC_RAW);
}

static void sample_source(struct source *s, bool last)
{
	int64_t cpu0 = clock_ns(CLOCK_THREAD_CPUTIME_ID), t = pb_now_ns(), cost;
	size_t before;
	int rc;

	if (t < s->rest_until_ns && !last) {
		s->skipped++;
		return;
	}
	before = pb_rows_count(s->rows);
	rc = last && s->c->finish ? s->c->finish(s->state, t, s->rows) : s->c->sample(s->state, t, s->rows);
	if (rc < 0 || pb_rows_failed(s->rows)) {
		s->errors++;
		s->last_errno = rc < 0 ? -rc : ENOMEM;
	}
	s->n_rows += pb_rows_count(s->rows) - before;
	s->wall_ns += pb_now_ns() - t;
	cost = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu0;
	s->cpu_ns += cost;
	s->rest_until_ns = t + COST_FACTOR * cost;
}

/* Sources due at this instant: the fast ones first, so that a slow one does not make them late. */
static void sample_all(struct pb_sampler *s, bool slow, bool ends, bool last)
{
	for (int period = PB_PERIOD_FAST; period <= PB_PERIOD_ENDS; period++) {
		if ((period == PB_PERIOD_SLOW && !slow) || (period == PB_PERIOD_ENDS && !ends))
			continue;
		for (size_t i = 0; i < s->n; i++)
			if (s->src[i].f && (int)s->src[i].c->period == period)
				sample_source(&s->src[i], last);
	}
}

static void hand_over(struct pb_sampler *s, bool all)
{
	for (size_t i = 0; i < s->n; i++) {
		struct source *x = &s->src[i];
		struct pb_rows *fresh;

		if (!x->f || !pb_rows_count(x->rows) || (!all && pb_rows_bytes(x->rows) < GIVE_BYTES))
			continue;
		fresh = pb_writer_give(s->writer, x->f, x->rows, x->ncols, &x->dropped);
		if (!fresh) { /* no memory: the rows are lost, the chunk is used again */
			x->dropped += pb_rows_count(x->rows);
			pb_rows_clear(x->rows);
			continue;
		}
		x->rows = fresh;
	}
}

/* Sleeps to the deadline (CLOCK_MONOTONIC) in slices; false when a stop was asked. */
static bool sleep_until(struct pb_sampler *s, int64_t deadline)
{
	for (;;) {
		int64_t now = clock_ns(CLOCK_MONOTONIC), to = deadline;
		struct timespec ts;

		if (atomic_load(&s->stop))
			return false;
		if (now >= deadline)
			return true;
		if (to - now > SLEEP_MAX_NS)
			to = now + SLEEP_MAX_NS;
		ts.tv_sec = (time_t)(to / NS);
		ts.tv_nsec = (long)(to % NS);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	}
}

static void thread_setup(struct pb_sampler *s)
{
	struct sched_param p = {.sched_priority = FIFO_PRIORITY};
	cpu_set_t set;

	s->fifo = !pthread_setschedparam(pthread_self(), SCHED_FIFO, &p);
	if (s->cpu < 0 || s->cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)s->cpu, &set);
	s->pinned = !pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void *sampler_main(void *arg)
{
	struct pb_sampler *s = arg;
	int64_t due, slow_due, give_due;

	thread_setup(s);
	s->begun_ns = pb_now_ns();
	due = clock_ns(CLOCK_MONOTONIC);
	slow_due = due + SLOW_NS;
	give_due = due + GIVE_NS;
	sample_all(s, true, true, false);
	s->ticks = 1;
	for (;;) {
		int64_t late;
		bool slow;

		due += s->interval_ns;
		late = clock_ns(CLOCK_MONOTONIC) - due;
		if (late >= s->interval_ns) { /* skip what cannot be caught up, stay on the grid */
			s->missed += (uint64_t)(late / s->interval_ns);
			due += late / s->interval_ns * s->interval_ns;
		}
		if (!sleep_until(s, due))
			break;
		slow = due >= slow_due;
		sample_all(s, slow, false, false);
		s->ticks++;
		while (slow_due <= due)
			slow_due += SLOW_NS;
		hand_over(s, due >= give_due);
		if (due >= give_due)
			give_due = due + GIVE_NS;
	}
	sample_all(s, true, true, true);
	hand_over(s, true);
	s->ended_ns = pb_now_ns();
	s->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

static bool wanted(const struct pb_strv *only, const char *name)
{
	if (!only || !only->n)
		return true;
	for (size_t i = 0; i < only->n; i++)
		if (!strcmp(only->v[i], name))
			return true;
	return false;
}

static int check_only(const struct pb_strv *only, struct pb_err *err)
{
	for (size_t i = 0; only && i < only->n; i++) {
		const struct pb_collector *const *c = pb_collectors;
		char known[512] = "";

		while (*c && strcmp((*c)->name, only->v[i]))
			c++;
		if (*c)
			continue;
		for (c = pb_collectors; *c; c++) {
			size_t len = strlen(known);

			snprintf(known + len, sizeof(known) - len, "%s%s", len ? ", " : "", (*c)->name);
		}
		return pb_fail(err, PB_USAGE, EINVAL, "unknown collector '%s'; known: %s", only->v[i], known);
	}
	return 0;
}

/* Column names into the fresh file. 0 or -errno. */
static int write_header(struct source *x)
{
	struct pb_strv names = {0};
	struct pb_csv csv = {.f = x->f};
	int rc = x->c->columns(x->state, &names);

	if (!rc) {
		pb_csv_str(&csv, "t_ns");
		for (size_t i = 0; i < names.n; i++)
			pb_csv_str(&csv, names.v[i]);
		pb_csv_end(&csv);
		x->ncols = names.n;
		x->rows = pb_rows_new(names.n);
		rc = x->rows ? 0 : -ENOMEM;
	}
	pb_strv_fini(&names);
	return rc;
}

/* A source that cannot be read is data: only the run directory can fail here. */
static int open_source(struct pb_sampler *s, struct source *x, struct pb_err *err)
{
	int rc = x->c->probe(&s->target, x->why, sizeof(x->why));

	if (!rc)
		rc = x->c->start(&s->target, &x->state, x->why, sizeof(x->why));
	if (rc) {
		x->state = NULL;
		if (!x->why[0])
			snprintf(x->why, sizeof(x->why), "%s", strerror(-rc));
		return 0;
	}
	x->why[0] = '\0';
	snprintf(x->file, sizeof(x->file), "host/%s.csv", x->c->name);
	x->f = pb_rundir_begin(s->dir, x->file, err);
	if (!x->f)
		return err && err->msg[0] ? -EIO : pb_fail(err, PB_MISSING, EIO, "cannot write %s", x->file);
	rc = write_header(x);
	return rc ? pb_fail(err, PB_MISSING, -rc, "collector %s: %s", x->c->name, strerror(-rc)) : 0;
}

static int open_sources(struct pb_sampler *s, const struct pb_strv *only, struct pb_err *err)
{
	size_t n = 0;
	int rc = 0;

	while (pb_collectors[n])
		n++;
	s->src = calloc(n + 1, sizeof(*s->src));
	if (!s->src)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory while starting the collectors");
	for (size_t i = 0; i < n && !rc; i++) {
		if (!wanted(only, pb_collectors[i]->name))
			continue;
		s->src[s->n].c = pb_collectors[i];
		rc = open_source(s, &s->src[s->n++], err);
	}
	return rc;
}

/* Closes every source; files are committed when commit says so. First error wins. */
static int close_sources(struct pb_sampler *s, struct pb_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct source *x = &s->src[i];
		int one = x->f ? pb_rundir_commit(s->dir, x->f, x->file, err) : 0;

		if (one && !rc)
			rc = one;
		x->f = NULL;
		x->c->stop(x->state);
		x->state = NULL;
		pb_rows_free(x->rows);
		x->rows = NULL;
	}
	return rc;
}

static void sampler_free(struct pb_sampler *s)
{
	free(s->src);
	free(s);
}

static int run_threads(struct pb_sampler *s, struct pb_err *err)
{
	sigset_t all, old;
	int rc = pb_writer_start(&s->writer);

	if (rc)
		return pb_fail(err, PB_MISSING, -rc, "cannot start the collectors' writer thread: %s",
			       strerror(-rc));
	sigfillset(&all); /* signals belong to the main thread */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&s->thread, NULL, sampler_main, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc)
		return pb_fail(err, PB_MISSING, rc, "cannot start the sampling thread: %s", strerror(rc));
	s->running = true;
	return 0;
}

int pb_sampler_start(struct pb_sampler **out, const struct pb_target *target, struct pb_rundir *dir,
		     const struct pb_sampler_opts *opts, struct pb_err *err)
{
	struct pb_sampler *s;
	int rc = check_only(opts->only, err);

	if (rc)
		return rc;
	if (opts->interval_ns < INTERVAL_MIN_NS)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "sampling interval of %lld us is too short: at least 10 ms",
			       (long long)(opts->interval_ns / 1000));
	s = calloc(1, sizeof(*s));
	if (!s)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory while starting the collectors");
	s->target = *target;
	s->dir = dir;
	s->interval_ns = opts->interval_ns;
	s->cpu = opts->cpu;
	rc = open_sources(s, opts->only, err);
	if (!rc)
		rc = run_threads(s, err);
	if (rc) {
		pb_writer_stop(s->writer, NULL);
		close_sources(s, NULL);
		sampler_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

static json_t *source_json(const struct pb_sampler *s, const struct source *x)
{
	uint64_t missed = x->skipped + (x->c->period == PB_PERIOD_FAST && !x->why[0] ? s->missed : 0);
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
		      (json_int_t)x->wall_ns, "missed_ticks", (json_int_t)missed);
	if (o && x->dropped)
		json_object_set_new(o, "dropped_rows", json_integer((json_int_t)x->dropped));
	if (o && x->errors)
		json_object_set_new(o, "errors", json_integer((json_int_t)x->errors));
	return o;
}

static json_t *collectors_json(const struct pb_sampler *s)
{
	json_t *a = json_array();

	for (size_t i = 0; a && i < s->n; i++)
		json_array_append_new(a, source_json(s, &s->src[i]));
	return a;
}

static json_t *sampling_json(const struct pb_sampler *s, int64_t writer_cpu_ns)
{
	double wall = (double)(s->ended_ns - s->begun_ns);
	double share = wall > 0 ? (double)(s->cpu_ns + writer_cpu_ns) / wall : 0;
	uint64_t dropped = 0;
	char text[256];
	json_t *o = json_pack("{s:I, s:f, s:I, s:I, s:s}", "interval_ns", (json_int_t)s->interval_ns,
			      "cpu_share", share, "ticks", (json_int_t)s->ticks, "missed_ticks",
			      (json_int_t)s->missed, "scheduling", s->fifo ? "fifo" : "other");

	for (size_t i = 0; i < s->n; i++)
		dropped += s->src[i].dropped;
	if (!o)
		return NULL;
	json_object_set_new(o, "cpu", s->pinned ? json_integer(s->cpu) : json_null());
	if (dropped) {
		snprintf(text, sizeof(text),
			 "%llu sampled rows were lost because the run directory could not be written fast "
			 "enough",
			 (unsigned long long)dropped);
		json_object_set_new(o, "warning", json_string(text));
	} else if (share > CPU_SHARE_MAX) {
		snprintf(text, sizeof(text),
			 "sampling used %.1f%% of a CPU (more than 1%%): use a longer interval or fewer "
			 "collectors",
			 share * 100);
		json_object_set_new(o, "warning", json_string(text));
	}
	return o;
}

int pb_sampler_stop(struct pb_sampler *s, json_t **collectors, json_t **sampling, struct pb_err *err)
{
	int64_t writer_cpu_ns = 0;
	int rc;

	if (!s)
		return 0;
	atomic_store(&s->stop, true);
	pthread_join(s->thread, NULL);
	pb_writer_stop(s->writer, &writer_cpu_ns);
	rc = close_sources(s, err);
	if (collectors)
		*collectors = collectors_json(s);
	if (sampling)
		*sampling = sampling_json(s, writer_cpu_ns);
	sampler_free(s);
	return rc;
}
