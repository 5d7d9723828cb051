/*
 * The whole history in memory: read in one go from a store, then asked without it, so that nobody waits for a
 * long computation. All texts are plain (engine/lib/plain.h), whoever wrote the file.
 */
#ifndef PB_HISTORY_PAST_H
#define PB_HISTORY_PAST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/history/store.h"
#include "engine/lib/buf.h"

struct pb_past_series {
	int64_t id;
	char *name;
	json_t *identity; /* object of texts */
};

struct pb_past_environment {
	int64_t id;
	json_t *facts; /* object of texts */
};

struct pb_past_run {
	int64_t id;
	size_t series, environment; /* indexes */
	char *manifest, *started_utc, *added_utc, *label, *dir;
};

struct pb_past_metric {
	int64_t id;
	char *name, *unit;
	bool higher_is_better;
};

struct pb_past_value {
	size_t metric, run; /* indexes */
	double value;
};

struct pb_past {
	struct pb_past_series *series; /* by number */
	struct pb_past_environment *environment;
	struct pb_past_run *run;       /* by series, start, number: the order of time within a series */
	struct pb_past_metric *metric; /* by name, iops@2 before iops@16 */
	struct pb_past_value *value;   /* by metric, then run */
	size_t n_series, n_environment, n_run, n_metric, n_value;
};

/* Reads all of an open store. 0 or -errno; p is untouched on failure. */
int pb_past_read(struct pb_past *p, struct pb_store *s, struct pb_err *err);
/* Opens, reads, closes. */
int pb_past_load(struct pb_past *p, const char *path, struct pb_err *err);
void pb_past_fini(struct pb_past *p);

/* The points of one metric in one series, in order of time. */
struct pb_past_points {
	size_t n, *run; /* indexes of runs */
	double *x;
};

/* 0 or -ENOMEM; the caller frees with pb_past_points_fini. */
int pb_past_points(const struct pb_past *p, size_t series, size_t metric, struct pb_past_points *out);
void pb_past_points_fini(struct pb_past_points *pts);

/* Index, or SIZE_MAX. */
size_t pb_past_find_series(const struct pb_past *p, const char *name);
size_t pb_past_find_metric(const struct pb_past *p, const char *name);

/*
 * What differs between the environments of two runs: names, before, after, three texts each, appended to out.
 * A fact that one of them does not know is no difference. 0 or -ENOMEM.
 */
int pb_past_differences(const struct pb_past *p, size_t before, size_t after, struct pb_strv *out);

#endif
