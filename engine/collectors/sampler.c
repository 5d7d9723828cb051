/*
 * Drives the collectors on an absolute schedule. The sampling thread reads
 * sources into memory and hands chunks to the writer; it never writes a file. Knows nothing of any
 * single source.
 */
#include "engine/collectors/sampler.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/collectors/quietcpu.h"
#include "engine/collectors/source.h"
#include "engine/lib/hist.h"
#include "engine/lib/texts.h"

#define NS 1000000000LL
#define INTERVAL_MIN_NS 10000000LL
#define SLOW_NS NS
#define GIVE_NS 500000000LL /* chunks go to the writer this often */
#define MOVE_NS (5 * NS)    /* the measured CPUs are looked up again this often */
#define FIFO_PRIORITY 10
#define CPU_SHARE_MAX 0.01 /* above 1% of a CPU the sampler disturbs what it measures */
#define MISSED_SHARE_MAX 0.001

struct pb_sampler {
	struct pb_target target;
	struct pb_rundir *dir; /* NULL: no files */
	int64_t interval_ns;
	int asked_cpu; /* -1: choose */
	struct pb_source *src;
	size_t n;
	struct pb_writer *writer;
	pthread_t thread;
	pthread_mutex_t lock; /* of stop */
	pthread_cond_t wake;
	bool stop;
	struct pb_cpuset own; /* what this process may use */
	/* Written by the sampling thread, read after it has ended. */
	struct pb_quietcpu quiet;
	int64_t begun_ns, ended_ns, cpu_ns;
	uint64_t ticks, missed;
	bool fifo, pinned;
	uint64_t late_max_ns;
	uint32_t late[PB_HIST_BINS]; /* how long after its instant a sample began */
};

/* Sources due at this instant: the fast ones first, so that a slow one does not make them late. */
static void sample_all(struct pb_sampler *s, bool slow, bool ends, bool last)
{
	int64_t cpu = pb_clock_ns(CLOCK_THREAD_CPUTIME_ID);

	for (int period = PB_PERIOD_FAST; period <= PB_PERIOD_ENDS; period++) {
		if ((period == PB_PERIOD_SLOW && !slow) || (period == PB_PERIOD_ENDS && !ends))
			continue;
		for (size_t i = 0; i < s->n; i++)
			if (s->src[i].running && (int)s->src[i].c->period == period)
				cpu = pb_source_sample(&s->src[i], last, cpu);
	}
}

static void hand_over(struct pb_sampler *s, bool all)
{
	for (size_t i = 0; i < s->n; i++)
		pb_source_give(&s->src[i], s->writer, all);
}

/* Sleeps to the deadline (CLOCK_MONOTONIC); false when a stop was asked, at once then. */
static bool sleep_until(struct pb_sampler *s, int64_t deadline)
{
	const struct timespec ts = {.tv_sec = (time_t)(deadline / NS), .tv_nsec = (long)(deadline % NS)};
	int rc = 0;
	bool stop;

	pthread_mutex_lock(&s->lock);
	while (!s->stop && rc != ETIMEDOUT)
		rc = pthread_cond_clockwait(&s->wake, &s->lock, CLOCK_MONOTONIC, &ts);
	stop = s->stop;
	pthread_mutex_unlock(&s->lock);
	return !stop;
}

/* To the CPU that was asked for, or away from the CPUs that are measured. */
static void choose_cpu(struct pb_sampler *s)
{
	struct pb_cpuset one = {0};
	struct pb_quietcpu q = {.cpu = s->asked_cpu, .free = s->own, .why = PB_N("as asked for")};

	if (s->asked_cpu < 0) {
		if (!s->target.root->live)
			return; /* a recorded machine's CPUs are not ours */
		pb_quietcpu_pick(&s->target, &s->own, &q);
		if (q.cpu == s->quiet.cpu && s->pinned == (q.cpu >= 0) && s->quiet.why[0])
			return;
	}
	s->quiet = q;
	if (q.cpu >= 0)
		CPU_SET_S((size_t)q.cpu, sizeof(one), one.set);
	else
		one = s->own;
	s->pinned = !pthread_setaffinity_np(pthread_self(), sizeof(one), one.set) && q.cpu >= 0;
	pb_writer_move(s->writer, q.cpu >= 0 ? q.free.set : s->own.set, sizeof(one));
}

static void note_lateness(struct pb_sampler *s, int64_t due)
{
	int64_t late = pb_clock_ns(CLOCK_MONOTONIC) - due;
	uint64_t ns = late > 0 ? (uint64_t)late : 0;

	s->late[pb_hist_bin(ns)]++;
	if (ns > s->late_max_ns)
		s->late_max_ns = ns;
}

/* The next instant on the grid; what cannot be caught up is left out and counted. */
static int64_t next_due(struct pb_sampler *s, int64_t due)
{
	int64_t late;

	due += s->interval_ns;
	late = pb_clock_ns(CLOCK_MONOTONIC) - due;
	if (late < s->interval_ns)
		return due;
	s->missed += (uint64_t)(late / s->interval_ns);
	return due + late / s->interval_ns * s->interval_ns;
}

static void *sampler_main(void *arg)
{
	struct sched_param prio = {.sched_priority = FIFO_PRIORITY};
	struct pb_sampler *s = arg;
	int64_t due, slow_due, give_due, move_due;

	s->fifo = !pthread_setschedparam(pthread_self(), SCHED_FIFO, &prio);
	choose_cpu(s);
	s->begun_ns = pb_now_ns();
	due = pb_clock_ns(CLOCK_MONOTONIC);
	slow_due = due + SLOW_NS;
	give_due = due + GIVE_NS;
	move_due = due + MOVE_NS;
	sample_all(s, true, true, false);
	for (s->ticks = 1;; s->ticks++) {
		due = next_due(s, due);
		if (!sleep_until(s, due))
			break;
		note_lateness(s, due);
		sample_all(s, due >= slow_due, false, false);
		while (slow_due <= due)
			slow_due += SLOW_NS;
		hand_over(s, due >= give_due);
		if (due >= give_due)
			give_due = due + GIVE_NS;
		if (due >= move_due && s->asked_cpu < 0) {
			choose_cpu(s);
			move_due = due + MOVE_NS;
		}
	}
	sample_all(s, true, true, true);
	hand_over(s, true);
	s->ended_ns = pb_now_ns();
	s->cpu_ns = pb_clock_ns(CLOCK_THREAD_CPUTIME_ID);
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

static int open_sources(struct pb_sampler *s, const struct pb_sampler_opts *opts, struct pb_err *err)
{
	size_t n = 0;
	int rc = 0;

	while (pb_collectors[n])
		n++;
	s->src = calloc(n + 1, sizeof(*s->src));
	if (!s->src)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory while starting the collectors");
	for (size_t i = 0; i < n && !rc; i++)
		if (wanted(opts->only, pb_collectors[i]->name))
			rc = pb_source_open(&s->src[s->n++], pb_collectors[i], &s->target, s->dir,
					    opts->watch, err);
	return rc;
}

/* Closes every source. First error wins. */
static int close_sources(struct pb_sampler *s, struct pb_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < s->n; i++) {
		int one = pb_source_close(&s->src[i], s->dir, err);

		if (one && !rc)
			rc = one;
	}
	return rc;
}

static void sampler_free(struct pb_sampler *s)
{
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s->src);
	free(s);
}

static int run_threads(struct pb_sampler *s, const struct pb_watch *watch, struct pb_err *err)
{
	sigset_t all, old;
	int rc = pb_writer_start(&s->writer, watch);

	if (rc)
		return pb_fail(err, PB_MISSING, -rc, "cannot start the collectors' writer thread: %s",
			       strerror(-rc));
	sigfillset(&all); /* signals belong to the main thread */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&s->thread, NULL, sampler_main, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc ? pb_fail(err, PB_MISSING, rc, "cannot start the sampling thread: %s", strerror(rc)) : 0;
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
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	s->target = *target;
	s->dir = dir;
	s->interval_ns = opts->interval_ns;
	s->asked_cpu = opts->cpu;
	if (sched_getaffinity(0, sizeof(s->own), s->own.set))
		memset(&s->own, 0xff, sizeof(s->own));
	rc = open_sources(s, opts, err);
	if (!rc)
		rc = run_threads(s, opts->watch, err);
	if (rc) {
		pb_writer_stop(s->writer, NULL);
		close_sources(s, NULL);
		sampler_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

static json_t *collectors_json(const struct pb_sampler *s)
{
	json_t *a = json_array();

	for (size_t i = 0; a && i < s->n; i++)
		json_array_append_new(a, pb_source_json(&s->src[i], s->missed));
	return a;
}

/* ns below which this share of the samples began, the first one left out. */
static json_int_t lateness(const struct pb_sampler *s, double share)
{
	uint64_t n = 0, seen = 0;
	unsigned i;

	for (i = 0; i < PB_HIST_BINS; i++)
		n += s->late[i];
	for (i = 0; i + 1 < PB_HIST_BINS; i++) {
		seen += s->late[i];
		if ((double)seen >= share * (double)n)
			break;
	}
	return n ? (json_int_t)pb_hist_mid(i) : 0;
}

/* At most one warning: the one that matters most. */
static void add_warning(const struct pb_sampler *s, json_t *o, double share)
{
	double missed = (double)s->missed / (double)(s->ticks + s->missed);
	uint64_t dropped = 0;
	char text[256] = "";

	for (size_t i = 0; i < s->n; i++)
		dropped += s->src[i].dropped;
	if (dropped)
		snprintf(text, sizeof(text),
			 PB_N("%llu sampled rows were lost because the run directory could not be written "
			      "fast "
			      "enough"),
			 (unsigned long long)dropped);
	else if (share > CPU_SHARE_MAX)
		snprintf(text, sizeof(text),
			 PB_N("sampling used %.1f%% of a CPU (more than 1%%): use a longer interval or fewer "
			      "collectors"),
			 share * 100);
	else if (s->missed > 1 && missed > MISSED_SHARE_MAX)
		snprintf(text, sizeof(text),
			 PB_N("%llu sampling instants (%.1f%%) were missed because the sampler did not get a "
			      "CPU "
			      "in "
			      "time"),
			 (unsigned long long)s->missed, 100 * missed);
	if (text[0])
		json_object_set_new(o, "warning", json_string(text));
}

static json_t *sampling_json(const struct pb_sampler *s, int64_t writer_cpu_ns)
{
	double wall = (double)(s->ended_ns - s->begun_ns);
	double share = wall > 0 ? (double)(s->cpu_ns + writer_cpu_ns) / wall : 0;
	json_t *o = json_pack("{s:I, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "interval_ns",
			      (json_int_t)s->interval_ns, "cpu_share", share, "sampler_cpu_ns",
			      (json_int_t)s->cpu_ns, "writer_cpu_ns", (json_int_t)writer_cpu_ns, "ticks",
			      (json_int_t)s->ticks, "missed_ticks", (json_int_t)s->missed, "late_p50_ns",
			      lateness(s, 0.5), "late_p99_ns", lateness(s, 0.99), "late_max_ns",
			      (json_int_t)s->late_max_ns, "scheduling", s->fifo ? "fifo" : "other");

	if (!o)
		return NULL;
	json_object_set_new(o, "cpu", s->pinned ? json_integer(s->quiet.cpu) : json_null());
	if (s->quiet.why[0])
		json_object_set_new(o, "cpu_why", json_string(s->quiet.why));
	add_warning(s, o, share);
	return o;
}

int pb_sampler_stop(struct pb_sampler *s, json_t **collectors, json_t **sampling, struct pb_err *err)
{
	int64_t writer_cpu_ns = 0;
	int rc;

	if (!s)
		return 0;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
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
