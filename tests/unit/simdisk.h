/*
 * A simulated disk with a known knee, noise that is correlated over time and a latency tail, sampled the way
 * a search samples: rates of 20 ms and a histogram for each window, pooled by engine/run/pool.c.
 */
#ifndef PB_TESTS_SIMDISK_H
#define PB_TESTS_SIMDISK_H

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run/pool.h"
#include "engine/run/search_fit.h"

#define SIM_RATE_S 0.010
#define SIM_CHANGE_S 0.07 /* to settle after a change of depth, and to ask for what was counted */
#define SIM_RATES_MAX 512

/* Serves width I/Os at once, service_ns each: X = min(N, width) / service, with a soft corner. */
struct simdisk {
	double width, service_ns;
	double noise; /* standard deviation of a 20 ms rate, share of the mean */
	double phi;   /* lag-1 correlation of that noise */
	double drift; /* standard deviation of a whole window's rate */
	double steal; /* share of the time in which somebody else takes 5 to 30%, for 50 to 500 ms each */
	double shift; /* times a second at which the machine's speed changes: half, whole or between */
	gsl_rng *rng;
	double now_s, steal_until_s, stolen, shift_at_s, speed;
	unsigned windows, rates; /* what was sampled so far */
	struct pb_pool pool[PB_DEPTH_MAX + 1];
};

static inline double sim_iops(const struct simdisk *d, double depth)
{
	double light = depth / d->service_ns, heavy = d->width / d->service_ns;

	return 1e9 / pow(pow(1 / light, 8) + pow(1 / heavy, 8), 1.0 / 8);
}

/* Latencies have a gamma distribution of shape 4 around Little's mean. */
static inline double sim_quantile_ns(const struct simdisk *d, double depth, double q)
{
	double lo = 0, hi = 40;

	for (int i = 0; i < 60; i++) {
		double mid = (lo + hi) / 2, sum = 0, term = 1;

		for (int k = 0; k < 4; k++) {
			sum += term;
			term *= mid / (k + 1);
		}
		if (1 - exp(-mid) * sum < q)
			lo = mid;
		else
			hi = mid;
	}
	return depth / sim_iops(d, depth) * 1e9 * lo / 4;
}

/* What the machine leaves of the disk's speed in the next interval. */
static inline double sim_machine(struct simdisk *d)
{
	d->now_s += SIM_RATE_S;
	if (d->shift > 0 && d->now_s >= d->shift_at_s) {
		d->shift_at_s = d->now_s + gsl_ran_exponential(d->rng, 1 / d->shift);
		d->speed = gsl_rng_uniform(d->rng) < 0.5 ? 1 : 0.4 + 0.6 * gsl_rng_uniform(d->rng);
	}
	if (d->now_s < d->steal_until_s)
		return d->speed * (1 - d->stolen);
	/* bursts last 275 ms on average */
	if (gsl_rng_uniform(d->rng) < SIM_RATE_S / 0.275 * d->steal / fmax(1 - d->steal, 0.01)) {
		d->steal_until_s = d->now_s + 0.05 + 0.45 * gsl_rng_uniform(d->rng);
		d->stolen = 0.05 + 0.25 * gsl_rng_uniform(d->rng);
	}
	return d->speed;
}

static inline void sim_add_rates(struct simdisk *d, struct pb_step *s, double iops, unsigned n, double *state)
{
	/* noise and phi are those of 20 ms */
	double noise = d->noise * sqrt(0.020 / SIM_RATE_S), phi = pow(d->phi, SIM_RATE_S / 0.020);

	for (unsigned i = 0; i < n && s->n_rates < SIM_RATES_MAX; i++) {
		double rate = fmax(iops * sim_machine(d) * (1 + noise * *state), 0);

		*state = phi * *state + gsl_ran_gaussian(d->rng, sqrt(1 - phi * phi));
		s->rates[s->n_rates++] = rate;
		s->completed += (int64_t)(rate * SIM_RATE_S);
		d->rates++;
	}
	s->t1_ns = (int64_t)(s->n_rates * SIM_RATE_S * 1e9);
}

/* One window at depth: sampled until enough (pool_until with the window) or max_s. */
static inline void sim_window(struct simdisk *d, unsigned depth, const struct pb_pool *until, double rel,
			      double quantile, double max_s, struct pb_step *s)
{
	double iops = sim_iops(d, depth) * (1 + gsl_ran_gaussian(d->rng, 1) * d->drift);
	double mean_ns = depth / iops * 1e9, state = gsl_ran_gaussian(d->rng, 1);

	for (double end = d->now_s + SIM_CHANGE_S; d->now_s < end;)
		sim_machine(d);
	memset(s, 0, sizeof(*s));
	s->depth = depth;
	s->valid = true;
	s->rates = calloc(SIM_RATES_MAX, sizeof(*s->rates));
	s->hist = calloc(3, sizeof(*s->hist));
	sim_add_rates(d, s, iops, 20, &state);
	while (s->n_rates * SIM_RATE_S < max_s && s->n_rates < SIM_RATES_MAX &&
	       !pb_pool_enough(until, s, rel, quantile))
		sim_add_rates(d, s, iops, 10, &state);
	{
		struct pb_batches b = pb_stats_batch_means(s->rates, s->n_rates);

		s->iops = b.mean;
	}
	for (int64_t i = 0; quantile > 0 && i < s->completed; i++)
		s->hist[0][pb_hist_bin((uint64_t)gsl_ran_gamma(d->rng, 4, mean_ns / 4))]++;
	d->windows++;
}

static inline void sim_begin(struct simdisk *d, unsigned seed)
{
	d->rng = gsl_rng_alloc(gsl_rng_mt19937);
	gsl_rng_set(d->rng, seed);
	d->windows = d->rates = 0;
	d->now_s = d->steal_until_s = d->shift_at_s = 0;
	d->speed = 1;
	memset(d->pool, 0, sizeof(d->pool));
}

static inline void sim_end(struct simdisk *d)
{
	for (unsigned i = 0; i <= PB_DEPTH_MAX; i++)
		pb_pool_fini(&d->pool[i]);
	gsl_rng_free(d->rng);
}

/* The whole search, as engine/run/walk.c does it, with at most max_s for each depth. */
static inline unsigned sim_search(struct simdisk *d, struct pb_search *s, double quantile, double max_s,
				  char *why, unsigned size)
{
	unsigned most = pb_search_most(s);

	for (unsigned n = 0;; n++) {
		unsigned depth = pb_search_next(s), check = depth ? 0 : pb_search_confirm(s);
		struct pb_pool *pool = &d->pool[depth ? depth : check], alone = {0};
		struct pb_search_point p;
		struct pb_step step;
		double left = max_s - (double)pool->sampled_ns / 1e9;

		if (!depth && !check)
			break;
		if (most && n >= most)
			fail_msg("more windows than the %u that were said to be the most", most);
		if (check)
			sim_window(d, check, &alone, 0.02, quantile, max_s, &step);
		else
			sim_window(d, depth, pool, pool->windows ? 0.02 : 0.05, quantile,
				   quantile > 0 && !pool->windows ? max_s : fmin(left, 0.3), &step);
		pb_pool_add(pool, &step, NULL);
		pb_pool_point(pool, step.depth, quantile, &p);
		p.spent = (double)pool->sampled_ns >= (max_s - 0.2) * 1e9;
		pb_search_add(s, &p);
		pb_search_window(s, step.depth, d->now_s, &step.iops);
		pb_search_fit(s);
		if (check) {
			pb_pool_add(&alone, &step, NULL);
			pb_pool_point(&alone, check, quantile, &p);
			pb_search_confirmed(s, check, p.slo_hi_ns <= s->slo_ns);
			pb_pool_fini(&alone);
		}
		pb_step_fini(&step);
	}
	return pb_search_choose(s, why, size);
}

#endif
