/*
 * Sets of run directories for comparing: the example machine of mkrun.h at a few depths, each run off by a
 * fixed share, so that results are the same everywhere. Header-only, because every unit test is one file.
 */
#ifndef PB_TESTS_MKSET_H
#define PB_TESTS_MKSET_H

#include <math.h>
#include <sys/stat.h>

#include "tests/unit/mkrun.h"

#define MKS_RUNS 12

struct mks {
	int runs;           /* at most MKS_RUNS */
	int depths;         /* 1, 2, 4 ...: as many as this; 0 = 2 */
	double factor;      /* of IOPS, 0 = 1; latencies follow */
	double noise;       /* standard deviation of log IOPS between runs */
	int minute, every;  /* when the first run began, minutes between runs */
	int turn;           /* which of the fixed deviations the first run has */
	const char *patch;  /* more members of the manifest: ", \"host\": {...}" */
	const char *reason; /* of an invalid deepest depth */
};

/* Normal scores of 12 runs, in no order. */
static inline double mks_deviation(int i)
{
	static const double score[MKS_RUNS] = {-0.31, 1.12,  -1.63, 0.10,  0.54, -0.79,
					       1.63,  -0.10, 0.31,  -1.12, 0.79, -0.54};

	return score[i % MKS_RUNS];
}

/* Writes DIR/run0, DIR/run1 ... 0 or negative. */
static inline int mks_write(const struct mks *s, const char *dir)
{
	mkdir(dir, 0755);
	for (int i = 0; i < s->runs; i++) {
		int minute = s->minute + i * s->every, depths = s->depths ? s->depths : 2;
		char path[256], patch[1024];
		struct mk_run m;

		mk_default(&m);
		m.steps = depths;
		m.patch = patch;
		for (int k = 0; k < depths; k++)
			m.step[k].iops *= (s->factor ? s->factor : 1) *
					  exp(s->noise * mks_deviation(s->turn + i + 5 * k));
		m.step[depths - 1].reason = s->reason;
		snprintf(patch, sizeof(patch), "{\"started_utc\": \"2026-11-23T%02d:%02d:00Z\"%s}",
			 10 + minute / 60, minute % 60, s->patch ? s->patch : "");
		snprintf(path, sizeof(path), "%s/run%d", dir, i);
		if (mk_write(&m, path) < 0)
			return -1;
	}
	return 0;
}

#endif
