/*
 * `passbench tune --apply`: applies what a finding recommends, measures with
 * and without in turns, keeps the change only when it helped.
 */
#ifndef PB_RUN_TUNE_TUNE_H
#define PB_RUN_TUNE_TUNE_H

#include "engine/lib/findings.h"
#include "engine/run/session.h"

/* Smallest gain that is worth a change, and how much p99 may lose (tuning.md F6: 3%, 5%). */
#define PB_TUNE_MIN_EFFECT 0.03
#define PB_TUNE_P99_GUARD 0.05

struct pb_tune_opts {
	const struct pb_root *root;
	const struct pb_ui *ui;
	const char *dir;             /* the run whose findings are applied */
	const struct pb_strv *rules; /* only these ids; NULL or empty = all that can be applied */
	const char *erase;           /* as in run, for profiles that write */
	const char *overwrite;       /* as in run */
	unsigned pairs;  /* A/B pairs: 6 at least, or nothing can become significant (tuning.md F5) */
	unsigned visits; /* of each arm, where every visit is a guest of its own: 6 at least, likewise */
	int window_ms;
	bool resume; /* do not repeat what DIR/tune already holds */
	int argc;
	char **argv;
};

/* True when tune knows how to apply this finding by itself. */
bool pb_tune_can_apply(const struct pb_finding *f);
/* Applies each in turn. *applied counts verdicts reached; a finding that was undone is no error. */
int pb_tune_apply(const struct pb_tune_opts *o, const struct pb_findings *fs, unsigned *applied,
		  struct pb_err *err);

/*
 * Pairs are looked at up to three times: after --pairs, twice and four times as many. Each look may err as
 * often as the constant says, so that all together err in 5% (Pocock, Biometrika 64 (1977), 191-199, table 1:
 * three looks).
 */
#define PB_TUNE_LOOKS 3
#define PB_TUNE_LOOK_ALPHA 0.0221
/* Where there is one look, as with a guest for each window. */
#define PB_TUNE_ONE_ALPHA 0.05

struct pb_verdict {
	struct pb_ci ratio; /* b/a of IOPS */
	double p;           /* two-sided Wilcoxon signed-rank */
	struct pb_ci p99_ratio;
	double median_a, median_b;
	bool keep;
	bool open; /* a gain worth having was seen and is not sure: more pairs may show it */
	char reason[240];
};

/* Decides from n pairs of windows: IOPS and p99 in ns. moved: the effect counters followed the change. alpha:
 * one of the two above. */
void pb_tune_decide(const double *a, const double *b, const double *p99_a, const double *p99_b, unsigned n,
		    bool moved, double alpha, struct pb_verdict *v);
/* The verdict without numbers: the change could not be made, or somebody else wrote the same thing. */
void pb_tune_not_measured(const char *why, struct pb_verdict *v);
/* The verdict when too many windows were not valid to compare anything; why is the last one's reason. */
void pb_tune_undecided(unsigned invalid, const char *why, struct pb_verdict *v);

#endif
