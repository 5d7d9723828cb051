/*
 * Throughput of this disk against the load of each neighbour, in half seconds, within the windows of one
 * depth: between depths throughput differs for other reasons. The neighbour may lead by up to two seconds. A
 * neighbour whose load is constant shows nothing here; the same disk measured alone does (R-N1, R-N2).
 */
#include "analyzers/neighbour_load.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzers/beside.h"
#include "analyzers/neighbours.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/sweep.h"
#include "engine/lib/json.h"

#define FAMILY "neighbour"
#define IRQS "host/interrupts.csv"
#define BIN_NS PB_BESIDE_BIN_NS
#define BINS_MAX 1024 /* about 8 minutes of windows: more would not change what is said */

/* docs/rules.md G: |r| and lag */
#define R_MIN 0.6
#define LAGS 5 /* 0 to 2 s */
/* [ours] fewer half seconds than this show correlations of 0.6 by chance */
#define BINS_MIN 20
/* two-sided 1%: one in twenty over the five lags */
#define Z_LAGS 2.576

/* Half seconds of one grid; the neighbour's begin LAGS - 1 earlier, so that other[k + LAGS - 1 - lag] is what
 * it did `lag` bins before mine[k]. */
struct load {
	struct pb_run *run;
	const struct pb_rule *rule;
	struct pb_findings *out;
	struct pb_sweep s;
	int64_t from;
	double mine[BINS_MAX], other[BINS_MAX + LAGS];
	int group[BINS_MAX]; /* the window, -1 = in none */
	unsigned n;
};

struct neighbour {
	const char *name, *file, *column, *unit;
};

double pb_neighbour_correlation(const double *x, const double *y, const int *group, unsigned n)
{
	double xx = 0, yy = 0, xy = 0;

	for (unsigned i = 0; i < n;) {
		unsigned to = i;
		double mx = 0, my = 0;

		for (; to < n && group[to] == group[i]; to++) {
			mx += x[to];
			my += y[to];
		}
		mx /= to - i;
		my /= to - i;
		for (; i < to; i++) {
			xx += (x[i] - mx) * (x[i] - mx);
			yy += (y[i] - my) * (y[i] - my);
			xy += (x[i] - mx) * (y[i] - my);
		}
	}
	return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

/* The window that the bin at t lies in, or -1. */
static int window_at(const struct pb_sweep *s, int64_t t)
{
	for (unsigned i = 0; i < s->n; i++)
		if (t >= s->p[i].t0_ns && t + BIN_NS <= s->p[i].t1_ns)
			return (int)i;
	return -1;
}

static void read_mine(struct load *l)
{
	int64_t to = INT64_MIN;

	l->from = INT64_MAX;
	for (unsigned i = 0; i < l->s.n; i++) {
		l->from = l->s.p[i].t0_ns < l->from ? l->s.p[i].t0_ns : l->from;
		to = l->s.p[i].t1_ns > to ? l->s.p[i].t1_ns : to;
	}
	for (int64_t t = l->from; to > l->from && t + BIN_NS <= to && l->n < BINS_MAX; t += BIN_NS) {
		l->group[l->n] = window_at(&l->s, t);
		l->mine[l->n] = l->group[l->n] < 0 ? NAN : pb_beside_bytes(l->run, t, t + BIN_NS);
		l->n++;
	}
	if (l->n == 0)
		l->from = 0;
}

static int64_t other_at(const struct load *l, unsigned k)
{
	return l->from + ((int64_t)k - (LAGS - 1)) * BIN_NS;
}

static void read_vectors(struct load *l, const struct pb_strv *names)
{
	const struct pb_table *table = pb_run_table(l->run, IRQS);

	for (unsigned k = 0; k < l->n + LAGS - 1; k++) {
		int64_t t = other_at(l, k);

		l->other[k] = NAN;
		for (size_t i = 0; i < names->n; i++) {
			double v = pb_vector_rate(table, names->v[i], t, t + BIN_NS, NULL);

			if (!isnan(v))
				l->other[k] = isnan(l->other[k]) ? v : l->other[k] + v;
		}
	}
}

/* Each bin of the series is spread over the bins of the grid that it overlaps. */
static void read_series(struct load *l, const json_t *series)
{
	double part[BINS_MAX + LAGS] = {0};
	unsigned bins = l->n + LAGS - 1;
	const json_t *j;
	size_t i;

	for (unsigned k = 0; k < bins; k++)
		l->other[k] = 0;
	json_array_foreach(series, i, j)
	{
		int64_t from = json_integer_value(json_array_get(j, 0)), start = other_at(l, 0);
		double v = json_number_value(json_array_get(j, 1)), late;

		if (!json_is_number(json_array_get(j, 1)) || from < start || from >= other_at(l, bins))
			continue;
		late = (double)((from - start) % BIN_NS) / (double)BIN_NS;
		for (unsigned side = 0; side < 2; side++) {
			unsigned k = (unsigned)((from - start) / BIN_NS) + side;

			if (k >= bins)
				break;
			l->other[k] += v * (side ? late : 1 - late);
			part[k] += side ? late : 1 - late;
		}
	}
	for (unsigned k = 0; k < bins; k++)
		l->other[k] = part[k] >= .9 ? l->other[k] / part[k] : NAN;
}

/* Over the bins that both sides have; how many to *used. */
static double at_lag(const struct load *l, unsigned lag, unsigned *used)
{
	double x[BINS_MAX], y[BINS_MAX];
	int group[BINS_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < l->n; i++) {
		double v = l->other[i + LAGS - 1 - lag];

		if (isnan(v) || isnan(l->mine[i]))
			continue;
		x[n] = l->mine[i];
		y[n] = v;
		group[n++] = l->group[i];
	}
	*used = n;
	return n ? pb_neighbour_correlation(x, y, group, n) : NAN;
}

static void say(struct load *l, const struct neighbour *b, double r, unsigned lag, unsigned n)
{
	struct pb_finding *f = pb_say(l->out, l->rule, FAMILY, r < 0 ? PB_SEV_ADVICE : PB_SEV_INFO,
				      r < 0 ? "This disk slows down when %.100s works: correlation %.2f"
					    : PB_N("This disk and %.100s speed up and slow down together: "
						   "correlation %.2f"),
				      b->name, r);

	if (r < 0)
		pb_say_what(f,
			    "Within windows of one depth throughput fell, and so the mean latency rose "
			    "(Little's law), when the neighbour's load rose: they share something. Measured "
			    "alone the disk says how much that costs.");
	else
		pb_say_what(f,
			    "They do not take from each other, or not much: something drives both, such as "
			    "a CPU or a clock that they have in common.");
	pb_say_fact(
		f,
		&(struct pb_fact){b->file, b->column, 0, 0, r, r < 0 ? -R_MIN : R_MIN, "", "docs/rules.md G"},
		"%u half seconds: correlation %.2f of this disk's bytes/s with the neighbour's %s, %.1f s "
		"earlier",
		n, r, b->unit, lag * (double)BIN_NS / 1e9);
	pb_say_nature(f, "medium", NULL, NULL);
	if (r >= 0)
		return;
	pb_say_apply(f, "measure this disk while the neighbour is idle, then beside it: passbench run --solo "
			"DIR");
	pb_say_undo(f, "nothing is changed by that");
	pb_say_verify(f, "R-N1 or R-N2 of that run say what the neighbour costs, and what to do");
}

static void look(struct load *l, const struct neighbour *b)
{
	double best = NAN;
	unsigned lag_best = 0, n_best = 0, most = 0;

	for (unsigned lag = 0; lag < LAGS; lag++) {
		unsigned n;
		double r = at_lag(l, lag, &n);

		most = n > most ? n : most;
		if (n < BINS_MIN || isnan(r) || (!isnan(best) && fabs(r) <= fabs(best)))
			continue;
		best = r;
		lag_best = lag;
		n_best = n;
	}
	if (most < BINS_MIN) {
		struct pb_finding *f = pb_say(l->out, l->rule, FAMILY, PB_SEV_INFO,
					      "Whether %.100s slows this disk down cannot be told", b->name);

		pb_say_missing(f,
			       "%u half seconds of valid windows with engine.csv and %s; %d are needed: a "
			       "longer --duration",
			       most, b->file, BINS_MIN);
	}
	if (fabs(best) > R_MIN && fabs(best) > Z_LAGS / sqrt(n_best))
		say(l, b, best, lag_best, n_best);
}

/* Runs beside say most; without them the interrupts of disks behind the same ports. */
static void look_at_all(struct load *l, const struct pb_beside *b)
{
	static const struct pb_match kind[] = {{"kind", "neighbour"}, {NULL, NULL}};
	struct pb_strv names = {0};
	char name[128];

	for (unsigned i = 0; i < b->n; i++) {
		snprintf(name, sizeof(name), "%.100s", b->v[i].serial[0] ? b->v[i].serial : b->v[i].dir);
		read_series(l, b->v[i].series);
		look(l, &(struct neighbour){name, PB_BESIDE_FILE, "series", "bytes/s"});
	}
	if (b->n > 0)
		return;
	pb_distinct(pb_run_table(l->run, IRQS), "name", kind, &names);
	if (names.n > 0) {
		read_vectors(l, &names);
		look(l,
		     &(struct neighbour){PB_N("a disk behind the same port"), IRQS, "kind", "interrupts/s"});
	}
	pb_strv_fini(&names);
}

/* Whether there is anybody, before anything long is read. */
static bool has_neighbour(struct pb_run *run, const struct pb_beside *b)
{
	struct pb_neighbours near;

	if (b->n > 0)
		return true;
	pb_neighbours_read(&near, run, 0, 0);
	return near.disks > 0;
}

int pb_rule_neighbour_load(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_err err = PB_ERR_INIT;
	struct load *l = calloc(1, sizeof(*l));
	struct pb_beside b;
	int rc;

	if (!l)
		return -ENOMEM;
	*l = (struct load){.run = run, .rule = rule, .out = out};
	rc = pb_beside_read(&b, run, &err); /* a damaged one is told by neighbour-fair */
	if (rc == 0 && has_neighbour(run, &b)) {
		pb_sweep_read(&l->s, run);
		pb_sweep_valid(&l->s);
		read_mine(l);
		look_at_all(l, &b);
	}
	pb_beside_fini(&b);
	free(l);
	return rc == -ENOMEM ? rc : 0;
}
