/*
 * Change points on made series with known steps: precision and recall, false alarms on series without
 * steps, and time. Seeded: the same program prints the same numbers, times excepted. With a path it makes
 * a history of 1,000 runs with 20 metrics there instead, for others to time.
 */
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/history/edivisive.h"
#include "engine/history/insert.h"

#define LENGTH_MAX 1000
#define STEPS_MAX 8
#define NEAR 2   /* a change counts as found when it is reported at most this many points away */
#define MARGIN 8 /* steps lie at least so far from each other and from the ends */

enum noise { NORMAL, HEAVY, SPIKES, RELATED };
static const char *const noise_name[] = {"normal", "t(3)", "2% spikes", "AR(1) 0.3"};

struct made {
	double x[LENGTH_MAX];
	size_t n, at[STEPS_MAX], steps;
};

struct tally {
	unsigned truth, found, hit, series, alarmed;
};

/* Noise of one standard deviation; spikes come on top. */
static double draw(gsl_rng *rng, enum noise kind, double *before)
{
	double z = gsl_ran_gaussian(rng, 1);

	switch (kind) {
	case HEAVY:
		return gsl_ran_tdist(rng, 3) / sqrt(3);
	case SPIKES:
		return z - (gsl_rng_uniform(rng) < 0.02 ? 5 + 10 * gsl_rng_uniform(rng) : 0);
	case RELATED:
		*before = 0.3 * *before + sqrt(1 - 0.09) * z;
		return *before;
	default:
		return z;
	}
}

static bool free_place(const struct made *m, size_t at)
{
	for (size_t i = 0; i < m->steps; i++)
		if (at < m->at[i] + MARGIN && m->at[i] < at + MARGIN)
			return false;
	return true;
}

static int by_place(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void make(struct made *m, gsl_rng *rng, size_t n, size_t steps, double step, double noise,
		 enum noise kind)
{
	double level = 1, before = 0;
	size_t next = 0;

	*m = (struct made){.n = n};
	while (m->steps < steps) {
		size_t at = MARGIN + gsl_rng_uniform_int(rng, n - 2 * MARGIN + 1);

		if (free_place(m, at))
			m->at[m->steps++] = at;
	}
	qsort(m->at, m->steps, sizeof(m->at[0]), by_place);
	for (size_t i = 0; i < n; i++) {
		if (next < m->steps && m->at[next] == i) {
			level *= gsl_rng_uniform(rng) < 0.5 ? 1 - step : 1 / (1 - step);
			next++;
		}
		m->x[i] = 10000 * level * (1 + noise * draw(rng, kind, &before));
	}
}

static void judge(const struct made *m, struct pb_edivisive *o, struct tally *t)
{
	struct pb_break *b = NULL;
	bool used[STEPS_MAX] = {false};
	size_t n = 0;

	if (pb_edivisive_find(o, m->x, m->n, &b, &n) < 0)
		exit(1);
	t->series++;
	t->truth += (unsigned)m->steps;
	t->found += (unsigned)n;
	t->alarmed += n > 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < m->steps; k++) {
			if (used[k] || b[i].at + NEAR < m->at[k] || m->at[k] + NEAR < b[i].at)
				continue;
			used[k] = true;
			t->hit++;
			break;
		}
	}
	free(b);
}

static void steps_table(gsl_rng *rng, struct pb_edivisive *o, unsigned tries)
{
	static const size_t length[] = {30, 100, 300}, steps[] = {1, 2, 4};
	static const double step[] = {0.03, 0.05, 0.1, 0.2}, noise[] = {0.01, 0.02, 0.05};
	struct made m;

	puts("noise      step  sd  | length 30: precision recall | 100 | 300");
	for (int kind = NORMAL; kind <= SPIKES; kind++) {
		for (size_t i = 0; i < 12; i++) {
			printf("%-9s  %3.0f%%  %.0f%% ", noise_name[kind], 100 * step[i / 3],
			       100 * noise[i % 3]);
			for (size_t l = 0; l < 3; l++) {
				struct tally t = {0};

				for (unsigned k = 0; k < tries; k++) {
					make(&m, rng, length[l], steps[l], step[i / 3], noise[i % 3],
					     (enum noise)kind);
					judge(&m, o, &t);
				}
				printf(" | %5.3f %5.3f", t.found ? (double)t.hit / t.found : NAN,
				       (double)t.hit / t.truth);
			}
			putchar('\n');
		}
	}
}

static void alarms_table(gsl_rng *rng, struct pb_edivisive *o, unsigned tries)
{
	static const size_t length[] = {30, 100, 300};
	struct made m;

	for (int kind = NORMAL; kind <= RELATED; kind++) {
		for (size_t l = 0; l < 3; l++) {
			struct tally t = {0};

			for (unsigned k = 0; k < tries; k++) {
				make(&m, rng, length[l], 0, 0, 0.02, (enum noise)kind);
				judge(&m, o, &t);
			}
			printf("no steps, %-9s length %3zu: %u of %u series with an alarm\n",
			       noise_name[kind], length[l], t.alarmed, t.series);
		}
	}
}

static void time_it(gsl_rng *rng, struct pb_edivisive *o)
{
	struct timespec a, b;
	struct tally t = {0};
	struct made m;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (int i = 0; i < 20; i++) {
		make(&m, rng, 1000, 4, 0.05, 0.02, NORMAL);
		judge(&m, o, &t);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	printf("20 metrics of 1,000 runs with 4 steps each: %.2f s of CPU, %u of %u found\n",
	       (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9, t.hit, t.truth);
}

#define RUNS 1000
#define METRICS 20

static void fill(struct pb_entry *e, struct made *m, unsigned run)
{
	*e = (struct pb_entry){.dir = "/made",
			       .name = "made",
			       .identity = "{\"disk\":\"made\"}",
			       .environment = run < RUNS / 2 ? "{\"host kernel\":\"6.1\"}"
							     : "{\"host kernel\":\"6.12\"}"};
	snprintf(e->manifest, sizeof(e->manifest), "%064u", run);
	snprintf(e->started_utc, sizeof(e->started_utc), "20%02u-%02u-%02uT00:00:00Z", run / 336,
		 run / 28 % 12 + 1, run % 28 + 1);
	e->metrics.n = METRICS;
	e->metrics.v = calloc(METRICS, sizeof(*e->metrics.v));
	for (unsigned i = 0; i < METRICS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "iops@%u", i + 1);
		e->metrics.v[i] = (struct pb_metric){
			.name = strdup(name), .unit = "1/s", .higher_is_better = true, .value = m[i].x[run]};
	}
}

static int make_history(gsl_rng *rng, const char *path)
{
	struct made *m = calloc(METRICS, sizeof(*m));
	struct pb_err err = PB_ERR_INIT;
	struct pb_inserted done;
	struct pb_store s;
	int rc = pb_store_open(&s, path, PB_STORE_WRITE, &err);

	for (int i = 0; i < METRICS; i++)
		make(&m[i], rng, RUNS, 4, 0.05, 0.02, NORMAL);
	for (unsigned run = 0; run < RUNS && rc == 0; run++) {
		struct pb_entry e;

		fill(&e, m, run);
		rc = pb_insert_run(&s, &e, NULL, "", &done, &err);
		pb_metrics_fini(&e.metrics);
	}
	free(m);
	if (rc == 0)
		rc = pb_store_commit(&s, &err);
	if (rc < 0)
		fprintf(stderr, "%s\n", err.msg);
	return rc;
}

int main(int argc, char **argv)
{
	unsigned tries = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100;
	const struct pb_edivisive_options options = PB_EDIVISIVE_DEFAULT;
	struct pb_edivisive *o = pb_edivisive_new(&options);
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	gsl_rng_set(rng, 20261123);
	if (argc > 1 && argv[1][0] == '/')
		return make_history(rng, argv[1]) ? 1 : 0;
	time_it(rng, o);
	alarms_table(rng, o, 10 * tries);
	steps_table(rng, o, tries);
	pb_edivisive_free(o);
	gsl_rng_free(rng);
	return 0;
}
