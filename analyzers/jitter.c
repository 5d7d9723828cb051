/*
 * Jitter of completion: p99.9 less p50, and the autocorrelation of the mean latency from one sampling
 * interval to the next. What repeats has a cause that repeats: a timer, a refresh, a neighbour. Shorter
 * periods than two sampling intervals cannot be seen.
 */
#include "analyzers/jitter.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <stdlib.h>

#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/workpoint.h"

#define FAMILY PB_THUMB_FAMILY

/* [ours] fewer values cannot show a period that repeats */
#define VALUES_MIN 32
#define VALUES_MAX 4096
/* [ours] of white noise: one run in twenty shows a period that is not there */
#define ALPHA 0.05

static double autocorrelation(const double *x, unsigned n, double mean, double var, unsigned lag)
{
	double sum = 0;

	for (unsigned i = 0; i + lag < n; i++)
		sum += (x[i] - mean) * (x[i + lag] - mean);
	return sum / var;
}

unsigned pb_jitter_period(const double *x, unsigned n, double *bound, double *r_peak)
{
	unsigned lags = n / 4;
	double mean = 0, var = 0, before, r, after;
	bool trough = false;

	*bound = *r_peak = NAN;
	if (n < VALUES_MIN)
		return 0;
	for (unsigned i = 0; i < n; i++)
		mean += x[i] / n;
	for (unsigned i = 0; i < n; i++)
		var += (x[i] - mean) * (x[i] - mean);
	*bound = gsl_cdf_ugaussian_Pinv(1 - ALPHA / 2 / lags) / sqrt(n);
	if (!(var > 0))
		return 0;
	/* A slow drift is positive from lag 1 on and has no peak; a period falls below zero first. */
	before = 1;
	r = autocorrelation(x, n, mean, var, 1);
	for (unsigned k = 1; k < lags; k++) {
		after = autocorrelation(x, n, mean, var, k + 1);
		trough |= r < 0;
		if (trough && r > *bound && r >= before && r >= after) {
			*r_peak = r;
			return k;
		}
		before = r;
		r = after;
	}
	return 0;
}

/* Totals over jobs at one instant. */
struct total {
	int64_t t_ns;
	double completed, depth_ns;
};

/* Mean latency of each sampling interval inside the window, in ns; *step_ns is their spacing. */
static unsigned latencies(const struct pb_table *t, const struct pb_point *p, double *x, double *step_ns)
{
	int time = t ? pb_table_col(t, "t_ns") : -1, done = t ? pb_table_col(t, "completed") : -1;
	int depth = t ? pb_table_col(t, "depth_ns") : -1;
	struct total last = {.t_ns = PB_NA}, now = {.t_ns = PB_NA};
	int64_t first = PB_NA;
	unsigned n = 0;

	for (size_t row = 0; done >= 0 && depth >= 0 && row <= pb_table_rows(t); row++) {
		int64_t at = row < pb_table_rows(t) ? pb_table_i64(t, row, time) : PB_NA;

		if (at != now.t_ns && now.t_ns != PB_NA) {
			if (last.t_ns != PB_NA && n < VALUES_MAX && now.completed > last.completed)
				x[n++] = (now.depth_ns - last.depth_ns) / (now.completed - last.completed);
			first = first == PB_NA ? now.t_ns : first;
			last = now;
			now = (struct total){.t_ns = PB_NA};
		}
		if (at == PB_NA || at < p->t0_ns || at > p->t1_ns)
			continue;
		now.t_ns = at;
		now.completed += pb_table_num(t, row, done);
		now.depth_ns += pb_table_num(t, row, depth);
	}
	*step_ns = n ? (double)(last.t_ns - first) / n : NAN;
	return n;
}

static void say(const struct pb_rule *rule, struct pb_findings *out, const struct pb_point *p,
		const char *file, unsigned period, double step_ns, double bound, double r)
{
	struct pb_finding *f = pb_say(
		out, rule, FAMILY, PB_SEV_INFO,
		"Jitter at depth %lld: one I/O in a thousand takes %.0f us longer than usual%s",
		(long long)p->depth, (p->p999_ns - p->p50_ns) / 1e3, period ? PB_N(", at intervals") : "");

	if (isnan(bound))
		pb_say_what(
			f,
			"p99.9 less p50. Whether the slow ones come at intervals cannot be told from so few "
			"samples.");
	else if (period)
		pb_say_what(
			f,
			"p99.9 less p50. The mean latency rises and falls every %.0f ms: look for what else "
			"does so on this machine (timers, refresh of the disk, another guest).",
			period * step_ns / 1e6);
	else
		pb_say_what(
			f, "p99.9 less p50. The slow ones come at no regular intervals that can be told from "
			   "chance.");
	pb_say_fact(f,
		    &(struct pb_fact){"steps.csv", "lat_p999_ns", p->t0_ns, p->t1_ns,
				      (p->p999_ns - p->p50_ns) / 1e3, NAN, "us",
				      "docs/rules.md thumb-jitter"},
		    "p50 %.0f us, p99.9 %.0f us", p->p50_ns / 1e3, p->p999_ns / 1e3);
	if (period)
		pb_say_fact(f,
			    &(struct pb_fact){file, "depth_ns", p->t0_ns, p->t1_ns, r, bound, "correlation",
					      "docs/rules.md thumb-jitter"},
			    "autocorrelation of the mean latency is %.2f at %.0f ms; chance stays below %.2f",
			    r, period * step_ns / 1e6, bound);
}

int pb_jitter_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	double *x = malloc(VALUES_MAX * sizeof(*x)), bound, r, step_ns = NAN;
	unsigned n, period;
	struct pb_point p;
	char file[300];

	if (!x)
		return -ENOMEM;
	if (!pb_workpoint_top(&p, run)) {
		free(x);
		return 0;
	}
	n = latencies(pb_run_table(run, pb_run_guest_file(run, file, sizeof(file), "engine.csv")), &p, x,
		      &step_ns);
	period = pb_jitter_period(x, n, &bound, &r);
	free(x);
	if (isnan(bound))
		pb_say_lack(out, FAMILY, rule,
			    "%s, %d samples in a window, for the period: there are %u. Longer "
			    "--duration or shorter --interval",
			    file, VALUES_MIN + 1, n ? n + 1 : 0);
	if (isnan(p.p999_ns) || isnan(p.p50_ns))
		pb_say_lack(out, FAMILY, rule,
			    "steps.csv, column lat_p999_ns: too few completions for p99.9");
	else
		say(rule, out, &p, file, period, step_ns, bound, r);
	return 0;
}
