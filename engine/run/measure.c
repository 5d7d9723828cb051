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
#include "engine/run/stop.h"

#define POLL_MS 250

void pb_step_fini(struct pb_step *s)
{
	free(s->hist);
	s->hist = NULL;
}

static void add_reason(struct pb_step *s, const char *reason)
{
	size_t used = strlen(s->reason);

	s->valid = false;
	snprintf(s->reason + used, sizeof(s->reason) - used, "%s%s", used ? ";" : "", reason);
}

/* Rates of the telemetry intervals inside the window are the batches. */
static void batch_rates(struct pb_step *s, const struct pb_row *rows, size_t n)
{
	double *rate = calloc(n + 1, sizeof(*rate));
	const struct pb_row *prev = NULL;
	unsigned k = 0;

	s->iops = (struct pb_ci){NAN, NAN, NAN};
	s->lag1 = NAN;
	for (size_t i = 0; rate && i < n; i++) {
		if (rows[i].t_ns < s->t0_ns || rows[i].t_ns > s->t1_ns)
			continue;
		if (prev && rows[i].t_ns > prev->t_ns)
			rate[k++] = (double)(rows[i].completed - prev->completed) * 1e9 /
				    (double)(rows[i].t_ns - prev->t_ns);
		prev = &rows[i];
	}
	if (rate) {
		s->iops = pb_stats_mean_ci(rate, k);
		s->lag1 = pb_stats_lag1(rate, k);
	}
	s->batches = k;
	free(rate);
}

static void latencies(struct pb_step *s, const struct pb_hist_snap *h0, const struct pb_hist_snap *h1)
{
	uint64_t sum[PB_HIST_BINS] = {0}, count = 0;
	double total = 0;

	for (unsigned d = 0; d < 3; d++) {
		for (unsigned b = 0; b < PB_HIST_BINS; b++) {
			uint64_t v = h1->dir[d][b] >= h0->dir[d][b] ? h1->dir[d][b] - h0->dir[d][b] : 0;

			if (s->hist)
				s->hist[d][b] = v;
			sum[b] += v;
			count += v;
			total += (double)v * (double)pb_hist_mid(b);
		}
	}
	s->p50 = pb_stats_hist_quantile(sum, 0.50);
	s->p99 = pb_stats_hist_quantile(sum, 0.99);
	s->p999_ns = count >= 1000 ? pb_stats_hist_quantile(sum, 0.999).est : NAN;
	s->lat_mean_ns = count ? total / (double)count : NAN;
}

static void judge(struct pb_step *s, double ceiling_bytes_s)
{
	s->valid = true;
	s->reason[0] = '\0';
	if (s->failed > 0)
		add_reason(s, "failed-io");
	if (s->completed == 0)
		add_reason(s, "no-completions");
	if (s->batches < PB_MIN_BATCHES)
		add_reason(s, "too-few-batches");
	if (!pb_depth_held(s->depth, s->mean_depth))
		add_reason(s, "depth-not-held");
	if (ceiling_bytes_s > 0 && s->bw_bytes_s > ceiling_bytes_s)
		add_reason(s, "above-ceiling");
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
	latencies(s, h0, h1);
	judge(s, ceiling_bytes_s);
}

static bool narrow_enough(const struct pb_step *s, double rel)
{
	return rel > 0 && s->batches >= 10 && s->iops.est > 0 &&
	       (s->iops.hi - s->iops.lo) / 2 <= rel * s->iops.est;
}

/* Collects rows for ms; ends early with -EIO when fio is gone. */
static int collect(struct pb_conn *c, int ms, int64_t *next, struct pb_row **rows, size_t *n,
		   struct pb_err *err)
{
	bool running = true;
	int rc;

	if (pb_stop_sleep_ms(ms))
		return pb_stop_check(err);
	rc = pb_agent_rows(c, next, rows, n, &running, err);
	if (rc == 0 && !running)
		return -EIO; /* the caller asks the agent why */
	return rc;
}

/* Skips the rows up to now: their content belongs to the transient. */
static int settle(struct pb_conn *c, const struct pb_measure_opts *o, struct pb_err *err)
{
	struct pb_row *rows = NULL;
	size_t n = 0, before;
	int64_t set_ns;
	int rc = pb_agent_depth(c, o->depth, &set_ns, err);

	if (rc == 0)
		rc = collect(c, o->settle_ms, o->cursor, &rows, &n, err);
	do { /* the backlog may be longer than one answer */
		before = n;
		if (rc == 0)
			rc = collect(c, 0, o->cursor, &rows, &n, err);
	} while (rc == 0 && n - before == PB_PROTO_ROWS_MAX);
	free(rows);
	return rc;
}

static int sample(struct pb_conn *c, const struct pb_measure_opts *o, struct pb_hist_snap *h0,
		  struct pb_hist_snap *h1, struct pb_step *s, struct pb_err *err)
{
	struct pb_row *rows = NULL;
	size_t n = 0;
	int done = 0, rc = settle(c, o, err);

	if (rc == 0)
		rc = pb_agent_hist(c, h0, err);
	while (rc == 0 && done < o->max_ms) {
		int ms = done < o->min_ms ? o->min_ms - done : POLL_MS;

		rc = collect(c, ms, o->cursor, &rows, &n, err);
		done += ms;
		if (rc < 0)
			break;
		s->t0_ns = h0->row.t_ns;
		s->t1_ns = INT64_MAX;
		batch_rates(s, rows, n);
		if (narrow_enough(s, o->rel_half_width))
			break;
	}
	if (rc == 0)
		rc = pb_agent_hist(c, h1, err);
	if (rc == 0)
		pb_step_compute(s, rows, n, h0, h1, o->ceiling_bytes_s);
	free(rows);
	return rc;
}

int pb_measure(struct pb_conn *c, const struct pb_measure_opts *o, struct pb_step *out, struct pb_err *err)
{
	struct pb_step s = {.phase = o->phase, .depth = o->depth, .block = o->block};
	struct pb_hist_snap *h = calloc(2, sizeof(*h));
	int rc = -ENOMEM;

	s.hist = calloc(3, sizeof(*s.hist));
	if (h && s.hist)
		rc = sample(c, o, &h[0], &h[1], &s, err);
	else
		pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	free(h);
	if (rc < 0) {
		pb_step_fini(&s);
		return rc;
	}
	*out = s;
	return 0;
}
