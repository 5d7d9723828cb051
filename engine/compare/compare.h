/*
 * Runs against runs (docs/compare.md): for each metric how much it changed, how sure that is and whether it
 * matters; one verdict over all. Reads nothing and prints nothing.
 */
#ifndef PB_COMPARE_COMPARE_H
#define PB_COMPARE_COMPARE_H

#include "engine/compare/arm.h"
#include "engine/compare/differences.h"
#include "engine/lib/buf.h"
#include "engine/lib/stats.h"

/* Defaults: why these, docs/compare.md. */
#define PB_COMPARE_ALPHA 0.01
#define PB_COMPARE_MIN_EFFECT 0.05

enum pb_change {
	PB_CHANGE_UNKNOWN, /* not compared: `why` says why */
	PB_CHANGE_NONE,    /* no change seen */
	PB_CHANGE_SMALL,   /* changed, and certainly by less than the smallest effect that matters */
	PB_CHANGE_BETTER,
	PB_CHANGE_WORSE,
};

struct pb_compared {
	char *name;       /* "lat_p99@16"; "PROFILE/lat_p99@16" when an arm holds several profiles */
	const char *unit; /* borrowed, lives as long as the program */
	bool higher_is_better;
	double *base, *new_values; /* owned; the runs that have a positive value */
	unsigned n_base, n_new;
	double base_median, new_median;
	struct pb_ci ratio; /* new / base, with a 95% interval */
	double p, q;        /* NAN = not tested */
	double detectable;  /* the smallest change it could have seen, as a share (0.05); NAN = unknown */
	unsigned company;   /* 1, or how many metrics must change together before this one can be called */
	enum pb_change change;
	bool lost; /* one arm has it, and the other measured its depth and rejected it */
	char why[160];
};

enum pb_verdict {
	PB_VERDICT_NO_REGRESSION,
	PB_VERDICT_REGRESSION,
	PB_VERDICT_ENVIRONMENT, /* worse, and the machine is not the same: not blamed on what was tested */
	PB_VERDICT_WORSE,       /* worse, between setups that differ in what was measured: a choice, not a
				   regression */
	PB_VERDICT_TOO_FEW,     /* no number of runs like these can show anything */
	PB_VERDICT_INVALID,     /* nothing to compare, or a metric was lost */
};

struct pb_comparison {
	double alpha, min_effect;
	bool hasty; /* no interval for metrics without a change, nothing about what could be seen: thousands
		     * of simulated comparisons in seconds
		     */
	struct pb_compared *v; /* n, by name; owned */
	size_t n, tested, worse, better, small, unknown, lost, blind;
	/* blind: tested metrics in which a change of min_effect would have stayed unseen */
	struct pb_differences differences;
	struct pb_turns turns;
	size_t n_base, n_new; /* runs */
	enum pb_verdict verdict;
	struct pb_buf sentence; /* the verdict in words; holds names from the runs, as they are */
	struct pb_strv notes;   /* what a reader must know beside it, one sentence each */
};

/* alpha 0..0.5, min_effect as a share (0.05). 0, or -errno with a message. On failure *c holds nothing. */
int pb_compare_arms(struct pb_comparison *c, const struct pb_arm *base, const struct pb_arm *new_arm,
		    double alpha, double min_effect, struct pb_err *err);
void pb_comparison_fini(struct pb_comparison *c);

/* Decides c->v from their values: tests, intervals, changes, and the counts. For simulations, too. 0 or
 * -ENOMEM. */
int pb_compare_judge(struct pb_comparison *c);
/* Appends one metric without values; NULL on no memory. */
struct pb_compared *pb_compare_add(struct pb_comparison *c, const char *name, const char *unit,
				   bool higher_is_better);
/* Appends a value to an arm of the metric; one that is not a positive number is left out. 0 or -ENOMEM. */
int pb_compared_value(struct pb_compared *m, bool base, double value);

bool pb_compared_changed(const struct pb_compared *m); /* worse or better */
/* The exit status that belongs to the verdict (docs/cli.md). */
enum pb_status pb_comparison_status(const struct pb_comparison *c);
/* "regression", "environment changed", "worse", "better", "small change", "no change", "not compared". */
const char *pb_compared_word(const struct pb_comparison *c, const struct pb_compared *m);
const char *pb_verdict_name(enum pb_verdict v); /* "no-regression", "regression", ... */
/* Writes c->verdict, c->sentence and c->notes from the rest. 0 or -ENOMEM. */
int pb_compare_conclude(struct pb_comparison *c);

#endif
