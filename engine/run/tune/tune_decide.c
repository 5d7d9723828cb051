/*
 * Keep or undo: a pure function of the measured windows.
 */
#include <math.h>
#include <stdio.h>

#include "engine/run/tune/tune.h"
#include "engine/lib/texts.h"

void pb_tune_decide(const double *a, const double *b, const double *p99_a, const double *p99_b, unsigned n,
		    bool moved, double alpha, struct pb_verdict *v)
{
	struct pb_compare iops = pb_stats_paired(a, b, n, alpha),
			  tail = pb_stats_paired(p99_a, p99_b, n, alpha);

	v->ratio = iops.ratio;
	v->p = iops.p;
	v->p99_ratio = tail.ratio;
	v->median_a = pb_stats_median(a, n);
	v->median_b = pb_stats_median(b, n);
	v->keep = false;
	/* where an interval is not possible yet the estimate says nothing, and more is measured in any case
	 */
	v->open =
		moved && (isnan(v->ratio.lo) || (v->ratio.lo <= 1 && v->ratio.est >= 1 + PB_TUNE_MIN_EFFECT));
	if (!moved)
		snprintf(v->reason, sizeof(v->reason),
			 "the setting reads back, but the counters did not follow it: it has no effect here");
	else if (isnan(v->ratio.lo))
		snprintf(v->reason, sizeof(v->reason), "%u pairs are too few for an interval", n);
	else if (v->ratio.lo <= 1)
		snprintf(v->reason, sizeof(v->reason),
			 v->ratio.hi < 1 ? PB_N("it made things worse")
					 : PB_N("no gain shown: the interval of the gain includes zero"));
	else if (v->ratio.est < 1 + PB_TUNE_MIN_EFFECT)
		snprintf(v->reason, sizeof(v->reason),
			 "the gain is real but below %.0f%%, not worth a change", 100 * PB_TUNE_MIN_EFFECT);
	else if (v->p99_ratio.est > 1 + PB_TUNE_P99_GUARD)
		snprintf(v->reason, sizeof(v->reason),
			 "throughput rose, but p99 latency rose by %.0f%%, more than %.0f%%",
			 100 * (v->p99_ratio.est - 1), 100 * PB_TUNE_P99_GUARD);
	else
		v->keep = true;
	if (v->keep)
		snprintf(v->reason, sizeof(v->reason),
			 "the gain's interval excludes zero and p99 did not suffer");
}

static void no_numbers(struct pb_verdict *v)
{
	const struct pb_ci none = {.est = NAN, .lo = NAN, .hi = NAN};

	*v = (struct pb_verdict){
		.ratio = none, .p99_ratio = none, .p = NAN, .median_a = NAN, .median_b = NAN};
}

void pb_tune_not_measured(const char *why, struct pb_verdict *v)
{
	no_numbers(v);
	snprintf(v->reason, sizeof(v->reason), "%s", why);
}

void pb_tune_undecided(unsigned invalid, const char *why, struct pb_verdict *v)
{
	no_numbers(v);
	snprintf(v->reason, sizeof(v->reason),
		 "%u windows were not valid (the last: %s): nothing is concluded", invalid, why);
}
