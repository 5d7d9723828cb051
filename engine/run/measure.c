/*
 * Measured windows. Statistics are engine/lib/stats.h's; which depth comes
 * next is search.c's business.
 */
#include "engine/run/measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/held.h"
#include "engine/lib/stats_batch.h"
#include "engine/run/host/stop.h"

#define SETTLE_POLL_MS 20
/* After a change of depth this many times the depth must have completed: what was queued before has left. */
#define SETTLE_TURNS 4
#define SETTLE_RATES 5 /* as few rates say whether they have settled */

void pb_step_fini(struct pb_step *s)
{
	free(s->hist);
	free(s->rates);
	s->hist = NULL;
	s->rates = NULL;
}

static void add_reason(struct pb_step *s, const char *reason)
{
	size_t used = strlen(s->reason);

	s->valid = false;
	snprintf(s->reason + used, sizeof(s->reason) - used, "%s%s", used ? ";" : "", reason);
}

/* IOPS of the telemetry intervals between t0 and t1; a stall is a rate of 0, not a gap. */
static unsigned rates_between(double *rate, int64_t t0, int64_t t1, const struct pb_row *rows, size_t n)
{
	const struct pb_row *prev = NULL;
	unsigned k = 0;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].t_ns < t0 || rows[i].t_ns > t1)
			continue;
		if (prev && rows[i].t_ns > prev->t_ns)
			rate[k++] = (double)(rows[i].completed - prev->completed) * 1e9 /
				    (double)(rows[i].t_ns - prev->t_ns);
		prev = &rows[i];
	}
	return k;
}

/* The rates of the window, and their mean with its interval. */
static void batch_rates(struct pb_step *s, const struct pb_row *rows, size_t n)
{
	struct pb_batches b = {{NAN, NAN, NAN}, 0, NAN};

	free(s->rates);
	s->n_rates = 0;
	s->rates = calloc(n + 1, sizeof(*s->rates));
	if (s->rates) {
		s->n_rates = rates_between(s->rates, s->t0_ns, s->t1_ns, rows, n);
		b = pb_stats_batch_means(s->rates, s->n_rates);
	}
	s->iops = b.mean;
	s->batches = b.k;
	s->lag1 = b.lag1;
}

static void latencies(struct pb_step *s, const struct pb_hist_snap *h0, const struct pb_hist_snap *h1)
{
	uint64_t sum[PB_HIST_BINS] = {0}, count = 0;
	double total = 0;

	s->lat_max_ns = NAN;

	for (unsigned d = 0; d < 3; d++) {
		for (unsigned b = 0; b < PB_HIST_BINS; b++) {
			uint64_t v = h1->dir[d][b] >= h0->dir[d][b] ? h1->dir[d][b] - h0->dir[d][b] : 0;

			if (s->hist)
				s->hist[d][b] = v;
			sum[b] += v;
			count += v;
			if (v)
				s->lat_max_ns = fmax(s->lat_max_ns, (double)pb_hist_mid(b));
			total += (double)v * (double)pb_hist_mid(b);
		}
	}
	s->p50 = pb_stats_hist_quantile(sum, 0.50);
	s->p99 = pb_stats_hist_quantile(sum, 0.99);
	s->p999_ns = count >= 1000 ? pb_stats_hist_quantile(sum, 0.999).est : NAN;
	s->lat_mean_ns = count ? total / (double)count : NAN;
}

/*
 * Little's law as a ceiling: I/Os that completed spent rate * latency in flight, and the engine's integral of
 * the depth knows how much that was. More means that I/Os were counted which never were in flight. Allowed on
 * top: half a bin of the histogram (hist.h: 1/128), rounded up to 2%, and the time that those in flight at
 * the window's begin had spent before it, at most the longest latency each.
 */
static bool above_depth(const struct pb_step *s, double dt)
{
	double spent = (double)s->completed * s->lat_mean_ns, had = s->mean_depth * dt;
	double before = fmax(s->depth, ceil(s->mean_depth)) * s->lat_max_ns;

	return !s->paced && spent > had * 1.02 + before;
}

static void judge(struct pb_step *s, double ceiling_bytes_s)
{
	s->valid = true;
	s->reason[0] = '\0';
	if (s->failed > 0)
		add_reason(s, "failed-io");
	if (s->ended)
		add_reason(s, "fio-ended");
	if (s->completed == 0)
		add_reason(s, "no-completions");
	if (s->failed > 0 || s->ended)
		return; /* the window was cut short: the rest follows from that */
	if (s->batches < PB_MIN_BATCHES)
		add_reason(s, "too-few-batches");
	if (!pb_depth_held(s->depth, s->mean_depth))
		add_reason(s, "depth-not-held");
	if (ceiling_bytes_s > 0 && s->bw_bytes_s > ceiling_bytes_s)
		add_reason(s, "above-ceiling");
	if (above_depth(s, (double)(s->t1_ns - s->t0_ns)))
		add_reason(s, "above-depth");
}

void pb_step_compute(struct pb_step *s, const struct pb_row *rows, size_t n, const struct pb_hist_snap *h0,
		     const struct pb_hist_snap *h1, double ceiling_bytes_s)
{
	double dt = (double)(h1->row.t_ns - h0->row.t_ns);

	s->t0_ns = h0->row.t_ns;
	s->t1_ns = h1->row.t_ns;
	s->completed = h1->row.completed - h0->row.completed;
	s->failed = h1->row.failed - h0->row.failed;
	s->bytes = h1->row.read_bytes + h1->row.write_bytes - h0->row.read_bytes - h0->row.write_bytes;
	s->mean_depth = dt > 0 ? (double)(h1->row.depth_ns - h0->row.depth_ns) / dt : NAN;
	s->bw_bytes_s = dt > 0 ? (double)s->bytes * 1e9 / dt : NAN;
	batch_rates(s, rows, n);
	if (dt > 0 && s->completed > 0 && !isnan(s->iops.est)) {
		/* the interval is the batches'; the point is the exact count over the exact time */
		double shift = (double)s->completed * 1e9 / dt - s->iops.est;

		s->iops.est += shift;
		s->iops.lo += shift;
		s->iops.hi += shift;
	}
	if (s->completed == 0) { /* nothing came back: there is no rate to speak of */
		s->iops = (struct pb_ci){NAN, NAN, NAN};
		s->bw_bytes_s = NAN;
	}
	latencies(s, h0, h1);
	judge(s, ceiling_bytes_s);
}

/* A window while it is sampled. */
struct window {
	struct pb_conn *c;
	const struct pb_measure_opts *o;
	struct pb_row *rows;
	size_t n;
	bool over;  /* I/Os failed, or fio has ended: waiting for more makes no sense */
	bool ended; /* fio has ended */
};

/* Fetches what has gathered. */
static int fetch(struct window *w, struct pb_err *err)
{
	bool running = true;
	size_t before;
	int rc;

	do { /* what has gathered may be longer than one answer */
		before = w->n;
		rc = pb_agent_rows(w->c, w->o->cursor, &w->rows, &w->n, &running, err);
	} while (rc == 0 && running && w->n - before == PB_PROTO_ROWS_MAX);
	w->ended = w->ended || (rc == 0 && !running);
	w->over = w->ended || (w->n && w->rows[w->n - 1].failed > *w->o->failed);
	return rc;
}

/* Collects rows for ms, or until the window is over. */
static int collect(struct window *w, int ms, struct pb_err *err)
{
	int rc = 0;

	for (; ms > 0 && rc == 0 && !w->over; ms -= PB_MEASURE_WATCH_MS) {
		if (pb_stop_sleep_ms(ms < PB_MEASURE_WATCH_MS ? ms : PB_MEASURE_WATCH_MS))
			return pb_stop_check(err);
		rc = fetch(w, err);
	}
	return rc;
}

/* Whether the change of depth at set_ns has been got over: MSER finds its end in the first half of the rows.
 */
static bool settled(unsigned depth, int64_t set_ns, const struct pb_row *rows, size_t n)
{
	double *rate = calloc(n + 1, sizeof(*rate));
	unsigned k = rate ? rates_between(rate, set_ns, INT64_MAX, rows, n) : 0;
	bool over = k >= SETTLE_RATES && pb_stats_mser(rate, k) < k / 2;

	free(rate);
	for (size_t i = 0; over && i < n; i++)
		if (rows[i].t_ns >= set_ns)
			return rows[n - 1].completed - rows[i].completed >= (int64_t)SETTLE_TURNS * depth;
	return false;
}

/* Skips the rows up to now: their content belongs to the transient. */
static int settle(struct window *w, struct pb_err *err)
{
	const struct pb_measure_opts *o = w->o;
	int64_t set_ns;
	int done = o->settle_ms, rc = pb_agent_depth(w->c, o->depth, &set_ns, err);

	if (rc == 0)
		rc = collect(w, o->settle_ms, err);
	for (; rc == 0 && !w->over && done < o->settle_max_ms && !settled(o->depth, set_ns, w->rows, w->n);
	     done += SETTLE_POLL_MS)
		rc = collect(w, SETTLE_POLL_MS, err);
	w->n = 0;
	return rc;
}

/* What can be said before the window's end, for those who decide about it. */
static bool enough(const struct pb_measure_opts *o, struct pb_step *s, const struct pb_hist_snap *h0,
		   const struct pb_row *rows, size_t n)
{
	if (!o->enough || n == 0)
		return false;
	s->t0_ns = h0->row.t_ns;
	s->t1_ns = rows[n - 1].t_ns;
	s->completed = rows[n - 1].completed - h0->row.completed;
	batch_rates(s, rows, n);
	return o->enough(o->arg, s);
}

/* The histogram is asked for only when somebody looks: reading it costs the guest about a millisecond. */
static int show(const struct window *w, struct pb_step *s, const struct pb_hist_snap *h0, int left_ms,
		struct pb_err *err)
{
	struct pb_hist_snap *now = calloc(1, sizeof(*now));
	int rc = now ? pb_agent_hist(w->c, now, err) : pb_fail(err, PB_MISSING, ENOMEM, "out of memory");

	if (rc == 0 && w->n > 0) {
		s->t0_ns = h0->row.t_ns;
		s->t1_ns = w->rows[w->n - 1].t_ns;
		batch_rates(s, w->rows, w->n);
		latencies(s, h0, now);
		w->o->show(w->o->arg, s, left_ms / 1e3);
	}
	free(now);
	return rc;
}

static int sample(struct window *w, struct pb_hist_snap *h0, struct pb_hist_snap *h1, struct pb_step *s,
		  struct pb_err *err)
{
	const struct pb_measure_opts *o = w->o;
	int done = 0, shown = 0, rc = settle(w, err);

	if (rc == 0)
		rc = pb_agent_hist(w->c, h0, err);
	while (rc == 0 && !w->over && done < o->max_ms) {
		int ms = done < o->min_ms ? o->min_ms - done : PB_MEASURE_POLL_MS;

		if (o->show && ms > PB_MEASURE_SHOW_MS)
			ms = PB_MEASURE_SHOW_MS;
		rc = collect(w, ms, err);
		done += ms;
		if (rc == 0 && o->show && !w->over && done - shown >= PB_MEASURE_SHOW_MS) {
			rc = show(w, s, h0, o->max_ms - done, err);
			shown = done;
		}
		if (rc < 0 || (done >= o->min_ms && enough(o, s, h0, w->rows, w->n)))
			break;
	}
	if (rc == 0)
		rc = pb_agent_hist(w->c, h1, err);
	if (rc < 0)
		return rc;
	h0->row.failed = *o->failed; /* those of the transient and of the time before it count as well */
	*o->failed = h1->row.failed;
	s->ended = w->ended;
	s->paced = o->paced;
	pb_step_compute(s, w->rows, w->n, h0, h1, o->ceiling_bytes_s);
	return 0;
}

int pb_measure(struct pb_conn *c, const struct pb_measure_opts *o, struct pb_step *out, struct pb_err *err)
{
	struct pb_step s = {.phase = o->phase, .depth = o->depth, .block = o->block};
	struct window w = {.c = c, .o = o};
	struct pb_hist_snap *h = calloc(2, sizeof(*h));
	int rc = -ENOMEM;

	s.hist = calloc(3, sizeof(*s.hist));
	if (h && s.hist)
		rc = sample(&w, &h[0], &h[1], &s, err);
	else
		pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	free(w.rows);
	free(h);
	if (rc < 0) {
		pb_step_fini(&s);
		return rc;
	}
	*out = s;
	return 0;
}
