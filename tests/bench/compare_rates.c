/*
 * How often compare is wrong and how often it finds what is there, by simulation with fixed seeds: A/A
 * comparisons, a step of 5%, the printed smallest change, and how often the interval holds the truth. For
 * bench_compare.sh.
 */
#include <gsl/gsl_math.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/compare/compare.h"

#define METRICS_MAX 64

enum noise { NOISE_NORMAL, NOISE_LOGNORMAL, NOISE_HEAVY, NOISE_OUTLIERS };

static const char *const noise_names[] = {"normal", "lognormal", "Student t(3)", "10% outliers"};

struct scenario {
	enum noise noise;
	unsigned metrics, stepped, runs;
	double sd, step; /* standard deviation of a run as a share, ratio new / base of the stepped metrics */
};

struct rates {
	unsigned regressions, any, covered, intervals;
	double detectable; /* mean over tested metrics */
};

/* A run's value around 1; all kinds have about the same standard deviation sd. */
static double run_value(gsl_rng *rng, enum noise noise, double sd)
{
	switch (noise) {
	case NOISE_LOGNORMAL:
		return exp(gsl_ran_gaussian(rng, sd));
	case NOISE_HEAVY:
		return exp(gsl_ran_tdist(rng, 3) * sd / sqrt(3));
	case NOISE_OUTLIERS: /* one run in ten with four times the noise of the others: variance 0.9 + 0.1 *
				16 */
		return exp(gsl_ran_gaussian(rng, sd / sqrt(2.5)) * (gsl_rng_uniform(rng) < 0.1 ? 4 : 1));
	default:
		return fmax(0.01, 1 + gsl_ran_gaussian(rng, sd));
	}
}

static int fill(struct pb_comparison *c, const struct scenario *s, gsl_rng *rng)
{
	for (unsigned k = 0; k < s->metrics; k++) {
		char name[24];
		struct pb_compared *m;

		snprintf(name, sizeof(name), "lat_p99@%u", k + 1);
		m = pb_compare_add(c, name, "ns", false);
		for (unsigned i = 0; m && i < s->runs; i++)
			if (pb_compared_value(m, true, 1e5 * run_value(rng, s->noise, s->sd)) < 0 ||
			    pb_compared_value(m, false,
					      1e5 * run_value(rng, s->noise, s->sd) *
						      (k < s->stepped ? s->step : 1)) < 0)
				return -1;
		if (!m)
			return -1;
	}
	c->n_base = c->n_new = s->runs;
	return pb_compare_judge(c);
}

static void count(struct rates *r, const struct pb_comparison *c, const struct scenario *s)
{
	bool found = false;

	for (size_t k = 0; k < c->n; k++) {
		double truth = k < s->stepped ? s->step : 1;
		const struct pb_compared *m = &c->v[k];

		found = found || (m->change == PB_CHANGE_WORSE && (k < s->stepped || s->stepped == 0));
		r->covered += m->ratio.lo <= truth && truth <= m->ratio.hi;
		r->intervals++;
		if (!isnan(m->detectable))
			r->detectable += m->detectable;
	}
	r->regressions += found;
	r->any += c->worse + c->better > 0;
}

/* Seeds 1 .. comparisons; the same numbers on every machine. */
static int simulate(struct rates *r, const struct scenario *s, unsigned comparisons, double min_effect,
		    bool hasty)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	int rc = rng ? 0 : -1;

	*r = (struct rates){0};
	for (unsigned seed = 1; seed <= comparisons && rc == 0; seed++) {
		struct pb_comparison c = {
			.alpha = PB_COMPARE_ALPHA, .min_effect = min_effect, .hasty = hasty};

		gsl_rng_set(rng, seed);
		rc = fill(&c, s, rng);
		if (rc == 0)
			count(r, &c, s);
		pb_comparison_fini(&c);
	}
	gsl_rng_free(rng);
	return rc;
}

static int false_alarms(unsigned comparisons)
{
	static const unsigned runs[] = {5, 7, 10, 16};
	int rc = 0;

	for (int noise = NOISE_NORMAL; noise <= NOISE_OUTLIERS && rc == 0; noise++) {
		printf("A/A, 20 metrics, 3%% %s noise, regressions called (any change):", noise_names[noise]);
		for (unsigned i = 0; i < sizeof(runs) / sizeof(runs[0]) && rc == 0; i++) {
			const struct scenario s = {(enum noise)noise, 20, 0, runs[i], 0.03, 1};
			struct rates r;

			rc = simulate(&r, &s, comparisons, PB_COMPARE_MIN_EFFECT, true);
			printf(" n=%u %.1f%% (%.1f%%)", runs[i], 100.0 * r.regressions / comparisons,
			       100.0 * r.any / comparisons);
			fflush(stdout);
		}
		printf("; target 1%% at n=10\n");
	}
	return rc;
}

static int found_steps(unsigned comparisons)
{
	static const unsigned of[][2] = {{1, 1}, {20, 1}, {20, 4}, {20, 20}};
	int rc = 0;

	for (int noise = NOISE_NORMAL; noise <= NOISE_OUTLIERS && rc == 0; noise++) {
		printf("5%% step, 10 and 10 runs, 2%% %s noise, found when it is in:", noise_names[noise]);
		for (unsigned i = 0; i < sizeof(of) / sizeof(of[0]) && rc == 0; i++) {
			const struct scenario s = {(enum noise)noise, of[i][0], of[i][1], 10, 0.02, 1.05};
			/* Each stepped metric takes an interval: what is nearly always found gets by with
			 * fewer. */
			unsigned tries = of[i][1] == 1 ? comparisons : comparisons / 10 + 1;
			struct rates r;

			rc = simulate(&r, &s, tries, PB_COMPARE_MIN_EFFECT, true);
			printf(" %u of %u metrics %.1f%%", of[i][1], of[i][0], 100.0 * r.regressions / tries);
			fflush(stdout);
		}
		printf("; target 95%%\n");
	}
	return rc;
}

/* The change that "could see" prints, put in: 80% of comparisons should find it. And how often intervals
 * hold. */
static int sensitivity(unsigned comparisons)
{
	static const unsigned runs[] = {8, 10, 16};
	int rc = 0;

	for (unsigned i = 0; i < sizeof(runs) / sizeof(runs[0]) && rc == 0; i++) {
		struct scenario s = {NOISE_LOGNORMAL, 20, 1, runs[i], 0.02, 1};
		struct rates r = {0}, covered;

		rc = simulate(&covered, &s, comparisons / 40 + 1, 0, false);
		s.step = 1 + covered.detectable / covered.intervals;
		if (rc == 0)
			rc = simulate(&r, &s, comparisons / 2, 0, true);
		printf("n=%u: the printed smallest change (%.1f%% at 2%% noise) was found %.0f%% of the time "
		       "(said: 80%%); 95%% "
		       "intervals held the truth %.1f%%\n",
		       runs[i], 100 * (s.step - 1), 200.0 * r.regressions / comparisons,
		       100.0 * covered.covered / covered.intervals);
	}
	return rc;
}

int main(int argc, char **argv)
{
	unsigned comparisons = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000;

	if (comparisons < 4) {
		fprintf(stderr, "usage: %s [COMPARISONS]\n", argv[0]);
		return 2;
	}
	return false_alarms(comparisons) || found_steps(comparisons) || sensitivity(comparisons) ? 1 : 0;
}
