/*
 * Queue depth: which depth to run at, or why the curve does not say.
 * It reads the measured curve only; whether the steps are sound is validity.c's
 * business, and setting the depth is tune's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/depth_queue.h"
#include "analyzers/knee.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/sweep.h"
#include "engine/lib/json.h"

#define FAMILY PB_DEPTH_FAMILY
#define STEPS "steps.csv"

/* docs/rules.md A2, plateau rule: smallest N with lowerCI(X) >= 0.95 Xmax */
#define PLATEAU 0.95
/* docs/rules.md A2 (c), R-Q3: a curve whose last doubling still gains more has not flattened */
#define FLAT_RATIO 1.05
/* docs/rules.md A2.3: low confidence when the cross-checks span more than a factor 4 */
#define CHECK_SPAN 4.0
/* docs/method.md: a search's range of one doubling is as sharp as a knee gets */
#define RANGE_SURE 2.0
/* [ours] fewer depths than this are points, not a curve: depth search refuses below it too */
#define DEPTHS_MIN 6

struct slo {
	double quantile, lat_ns; /* lat_ns 0 = none */
};

static struct slo slo_of(const struct pb_run *run)
{
	const json_t *slo = json_object_get(pb_run_section(run, "goal"), "slo");

	return (struct slo){.quantile = pb_json_num(slo, "quantile", 0.99),
			    .lat_ns = pb_json_num(slo, "lat_ns", 0)};
}

static bool is_quantile(double q, double want)
{
	return fabs(q - want) < 1e-9;
}

/* The upper bound of the SLO's quantile, and which column it stands in. p99.9 has no interval in steps.csv.
 */
static double slo_upper(const struct pb_point *p, double q, const char **column)
{
	if (is_quantile(q, 0.5)) {
		*column = "lat_p50_hi_ns";
		return p->p50_hi_ns;
	}
	if (is_quantile(q, 0.999)) {
		*column = "lat_p999_ns";
		return p->p999_ns;
	}
	*column = "lat_p99_hi_ns";
	return is_quantile(q, 0.99) ? p->p99_hi_ns : NAN;
}

/* What the depth search chose: it compared the windows in the order they were measured in. NULL without one.
 */
static const struct pb_point *chosen(const struct pb_sweep *s, const struct pb_run *run)
{
	int64_t depth = pb_json_i64(pb_run_section(run, "search"), "chosen_depth", 0);

	for (unsigned i = 0; i < s->n; i++)
		if (s->p[i].depth == depth)
			return &s->p[i];
	return NULL;
}

/*
 * A search that named a depth has judged its last doubling with all its windows. Without one, a gain that
 * the last depth's interval does not exclude to be none is noise, not a curve that rises.
 */
static bool still_rising(const struct pb_sweep *s, const struct pb_run *run)
{
	const struct pb_point *last, *prev;

	if (s->n < 2 || chosen(s, run))
		return false;
	last = &s->p[s->n - 1];
	prev = last - 1;
	return last->iops > FLAT_RATIO * prev->iops && !(last->iops_lo <= prev->iops);
}

/* How to run at a depth: there is no one place, so the ways are named. */
static void say_how(struct pb_finding *f, const struct pb_run *run, int64_t depth)
{
	const char *dev = pb_run_guest_dev(run, "nvme0n1");
	const char *where = strcmp(pb_run_path(run), "local") == 0 ? "" : PB_N("in the guest");

	pb_say_nature(f, NULL,
		      PB_N("none: the depth is chosen by the application and takes effect at its next start"),
		      "L");
	pb_say_apply(f,
		     "application: %lld outstanding I/Os in all, over its threads (a database's I/O "
		     "concurrency setting)",
		     (long long)depth);
	pb_say_apply(f, "fio: iodepth=%lld with numjobs=1", (long long)depth);
	pb_say_apply(f, "as a cap%s%s, per hardware queue: echo %lld > /sys/block/%s/queue/nr_requests",
		     *where ? " " : "", where, (long long)(depth < 4 ? 4 : depth), dev);
	pb_say_undo(f, "the application's former setting; %s%secho %lld > /sys/block/%s/queue/nr_requests",
		    where, *where ? ": " : "",
		    (long long)pb_json_i64(json_object_get(pb_run_section(run, "guest"), "disk"),
					   "nr_requests", 1023),
		    dev);
	pb_say_verify(
		f, "passbench run --depth %lld --duration 60s: IOPS within 5%% of the plateau, latency lower",
		(long long)depth);
	if (f)
		f->params = json_pack("{s:I}", "depth", (json_int_t)depth);
}

/* Expected change against the deepest measured depth, from the two p99s. */
static void say_gain(struct pb_finding *f, const struct pb_point *pick, const struct pb_point *last)
{
	if (!f || pick == last || !(last->p99_ns > 0))
		return;
	pb_finding_set(&f->gain_of, "lat_p99");
	f->gain_pct = 100 * (pick->p99_ns / last->p99_ns - 1);
	f->gain_lo_pct = 100 * (pick->p99_lo_ns / last->p99_hi_ns - 1);
	f->gain_hi_pct = 100 * (pick->p99_hi_ns / last->p99_lo_ns - 1);
}

static void say_lacking(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
			const struct pb_sweep *s)
{
	struct pb_finding *f =
		pb_say(out, rule, FAMILY, PB_SEV_INFO,
		       "No depth can be recommended: %u valid depths, %d are needed", s->n, DEPTHS_MIN);

	pb_say_what(f, "A plateau shows only when depths below and on it were measured. Nothing is concluded "
		       "from fewer.");
	pb_say_fact(f,
		    &(struct pb_fact){.file = STEPS,
				      .column = "depth",
				      .value = s->n,
				      .threshold = DEPTHS_MIN,
				      .unit = "depths",
				      .source = "docs/rules.md R-Q2"},
		    "%u valid rows of phase sweep", s->n);
	pb_say_missing(f, pb_run_table(run, STEPS)
				  ? PB_N("more measured depths: passbench run --depth 1,2,4,8,16,32,64")
				  : PB_N("steps.csv: this run has no depth curve"));
}

static void say_slo_unmet(const struct pb_rule *rule, struct pb_findings *out, const struct pb_sweep *s,
			  const struct slo *slo)
{
	const struct pb_point *p = &s->p[0];
	const char *column;
	double upper = slo_upper(p, slo->quantile, &column);
	struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_WARNING,
				      "No measured depth meets the latency goal of p%g <= %.0f us",
				      100 * slo->quantile, slo->lat_ns / 1e3);

	pb_say_what(f,
		    "Even at depth %lld the upper bound of p%g is %.0f us. Less depth cannot help; the path "
		    "or the device has to get faster.",
		    (long long)p->depth, 100 * slo->quantile, upper / 1e3);
	pb_say_fact(f,
		    &(struct pb_fact){STEPS, column, p->t0_ns, p->t1_ns, upper, slo->lat_ns, "ns",
				      "manifest.json goal.slo"},
		    "depth %lld: upper bound of p%g is %.0f us", (long long)p->depth, 100 * slo->quantile,
		    upper / 1e3);
}

static void say_slo_met(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
			const struct pb_sweep *s, const struct slo *slo, const struct pb_point *pick)
{
	const char *column;
	double upper = slo_upper(pick, slo->quantile, &column);
	struct pb_finding *f =
		pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
		       "Run at queue depth %lld: %.0f IOPS with p%g within %.0f us", (long long)pick->depth,
		       pick->iops, 100 * slo->quantile, slo->lat_ns / 1e3);

	pb_say_what(f,
		    "Of the measured depths that keep the upper bound of p%g within the goal, %lld has the "
		    "largest throughput.",
		    100 * slo->quantile, (long long)pick->depth);
	pb_say_fact(f,
		    &(struct pb_fact){STEPS, column, pick->t0_ns, pick->t1_ns, upper, slo->lat_ns, "ns",
				      "docs/rules.md A2, R-Q1"},
		    "depth %lld: upper bound of p%g is %.0f us", (long long)pick->depth, 100 * slo->quantile,
		    upper / 1e3);
	pb_say_fact(f, &(struct pb_fact){STEPS, "iops", pick->t0_ns, pick->t1_ns, pick->iops, NAN, "1/s", ""},
		    "depth %lld: %.0f IOPS (95%% interval %.0f to %.0f)", (long long)pick->depth, pick->iops,
		    pick->iops_lo, pick->iops_hi);
	say_how(f, run, pick->depth);
	say_gain(f, pick, &s->p[s->n - 1]);
	if (is_quantile(slo->quantile, 0.999)) {
		pb_say_missing(f, "an interval for p99.9: steps.csv has the estimate only, so the estimate "
				  "was compared");
		pb_say_nature(f, "medium", NULL, NULL);
	}
}

/* R-Q1: the largest throughput whose quantile stays within the goal with its whole interval. */
static int rule_slo(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct slo slo = slo_of(run);
	const struct pb_point *pick = NULL;
	struct pb_sweep s;
	unsigned known = 0;

	if (slo.lat_ns <= 0)
		return 0;
	pb_sweep_read(&s, run);
	pb_sweep_valid(&s);
	for (unsigned i = 0; i < s.n; i++) {
		const char *column;
		double upper = slo_upper(&s.p[i], slo.quantile, &column);

		known += !isnan(upper);
		if (upper <= slo.lat_ns && (!pick || s.p[i].iops > pick->iops))
			pick = &s.p[i];
	}
	if (known == 0) {
		struct pb_finding *f =
			pb_say(out, rule, FAMILY, PB_SEV_INFO, "The latency goal cannot be checked");

		pb_say_missing(f, "an upper bound of p%g in steps.csv for at least one valid depth",
			       100 * slo.quantile);
	} else if (pick) {
		say_slo_met(run, rule, out, &s, &slo, pick);
	} else {
		say_slo_unmet(rule, out, &s, &slo);
	}
	return 0;
}

static void say_checks(struct pb_finding *f, const struct pb_sweep *s, const struct pb_point *pick,
		       double xmax)
{
	double n0 = pb_knee_little(s, xmax), knee = pb_knee_kneedle(s);
	double peak = pb_knee_usl(s), power = pb_knee_power(s);
	double lo = fmin(fmin((double)pick->depth, n0), knee), hi = fmax(fmax((double)pick->depth, n0), knee);

	/* fmin and fmax pass over NAN, which is what a check that could not be made is. */
	if (!isnan(n0))
		pb_say_fact(f,
			    &(struct pb_fact){STEPS, "lat_mean_ns", s->p[0].t0_ns, s->p[0].t1_ns, n0, NAN,
					      "I/Os", "docs/rules.md A1"},
			    "Little's law puts the ideal knee at %.1f (largest throughput times the mean "
			    "latency at depth %lld)",
			    n0, (long long)s->p[0].depth);
	else
		pb_say_missing(f, "a step at depth 1 with lat_mean_ns: Little's cross-check was not made");
	if (!isnan(knee))
		pb_say_fact(f,
			    &(struct pb_fact){STEPS, "iops", 0, 0, knee, NAN, "I/Os",
					      "docs/rules.md A2, Kneedle"},
			    "Kneedle on the linear depth axis names depth %.0f", knee);
	if (!isnan(peak))
		pb_say_fact(f,
			    &(struct pb_fact){STEPS, "iops", 0, 0, peak, NAN, "I/Os",
					      "docs/rules.md A2, universal scalability law"},
			    "the universal scalability law has its largest throughput at %.0f", peak);
	if (power > 0)
		pb_say_fact(
			f,
			&(struct pb_fact){STEPS, "iops", 0, 0, power, NAN, "I/Os", "docs/rules.md A2, power"},
			"throughput over latency is largest at depth %.0f: a choice for latency first",
			power);
	if (hi > CHECK_SPAN * lo) {
		pb_say_nature(f, "low", NULL, NULL);
		pb_say_fact(f,
			    &(struct pb_fact){STEPS, "depth", 0, 0, hi / lo, CHECK_SPAN, "ratio",
					      "docs/rules.md A2.3"},
			    "the cross-checks span a factor %.1f, so the knee is not sharp", hi / lo);
	}
}

/* The depths that the search's noise leaves open; more than one doubling is not sure. */
static void say_range(struct pb_finding *f, const struct pb_run *run)
{
	const json_t *range = json_object_get(pb_run_section(run, "search"), "range");
	double lo = json_number_value(json_array_get(range, 0)),
	       hi = json_number_value(json_array_get(range, 1));

	if (!(lo > 0) || !(hi > lo))
		return;
	pb_say_fact(f,
		    &(struct pb_fact){"manifest.json", "search.range", 0, 0, hi / lo, RANGE_SURE, "ratio",
				      "docs/rules.md R-Q2"},
		    "noise leaves open depths %.0f to %.0f", lo, hi);
	if (hi > RANGE_SURE * lo)
		pb_say_nature(f, "medium", NULL, NULL);
}

static void say_plateau(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
			const struct pb_sweep *s, const struct pb_point *pick, const struct pb_point *top)
{
	const struct pb_point *last = &s->p[s->n - 1];
	bool sure = pick->iops_lo >= PLATEAU * top->iops;
	struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
				      "Run at queue depth %lld: %.0f%% of the largest throughput",
				      (long long)pick->depth, 100 * pick->iops / top->iops);

	pb_say_what(f,
		    "Throughput stops growing there; more I/Os in flight only wait longer. Depth %lld is %s "
		    "%.0f%% of the largest throughput (%.0f IOPS at depth %lld).",
		    (long long)pick->depth,
		    sure ? PB_N("the smallest whose lower bound reaches")
			 : PB_N("what the depth search found, though noise keeps its lower bound below"),
		    100 * PLATEAU, top->iops, (long long)top->depth);
	pb_say_fact(f,
		    &(struct pb_fact){STEPS, "iops_lo", pick->t0_ns, pick->t1_ns, pick->iops_lo,
				      PLATEAU * top->iops, "1/s", "docs/rules.md A2, R-Q2"},
		    "depth %lld: lower bound of IOPS %.0f, needed %.0f", (long long)pick->depth,
		    pick->iops_lo, PLATEAU * top->iops);
	if (last != pick && last->p99_ns > 0)
		pb_say_fact(f,
			    &(struct pb_fact){STEPS, "lat_p99_ns", pick->t0_ns, pick->t1_ns, pick->p99_ns,
					      last->p99_ns, "ns", "steps.csv"},
			    "p99 is %.0f us at depth %lld and %.0f us at depth %lld", pick->p99_ns / 1e3,
			    (long long)pick->depth, last->p99_ns / 1e3, (long long)last->depth);
	say_how(f, run, pick->depth);
	say_gain(f, pick, last);
	say_range(f, run);
	say_checks(f, s, pick, top->iops);
}

/* R-Q2: the plateau rule, when no goal says otherwise and the curve has flattened. */
static int rule_plateau(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const struct pb_point *top, *pick;
	struct pb_sweep s;

	if (slo_of(run).lat_ns > 0)
		return 0;
	pb_sweep_read(&s, run);
	pb_sweep_valid(&s);
	top = pb_sweep_top(&s);
	if (s.n < DEPTHS_MIN || !top) {
		say_lacking(run, rule, out, &s);
		return 0;
	}
	if (still_rising(&s, run))
		return 0; /* R-Q3 says why */
	pick = chosen(&s, run);
	for (unsigned i = 0; !pick && i < s.n; i++)
		if (s.p[i].iops_lo >= PLATEAU * top->iops)
			pick = &s.p[i];
	if (pick) {
		say_plateau(run, rule, out, &s, pick, top);
		return 0;
	}
	struct pb_finding *f =
		pb_say(out, rule, FAMILY, PB_SEV_INFO, "The intervals are too wide to name a depth");

	pb_say_what(
		f,
		"No depth's lower bound reaches %.0f%% of the largest throughput, not even that depth's own.",
		100 * PLATEAU);
	pb_say_fact(f,
		    &(struct pb_fact){STEPS, "iops_lo", top->t0_ns, top->t1_ns, top->iops_lo,
				      PLATEAU * top->iops, "1/s", "docs/rules.md A2, R-Q2"},
		    "depth %lld: %.0f IOPS with lower bound %.0f", (long long)top->depth, top->iops,
		    top->iops_lo);
	pb_say_missing(f, isnan(top->iops_lo) ? PB_N("iops_lo in steps.csv")
					      : PB_N("narrower intervals: a longer --duration"));
	return 0;
}

/* R-Q3: the last step still gained, so any knee named would be the end of the ruler. */
static int rule_not_flat(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const struct pb_point *last, *prev;
	struct slo slo = slo_of(run);
	struct pb_finding *f;
	struct pb_sweep s;
	const char *column;

	pb_sweep_read(&s, run);
	pb_sweep_valid(&s);
	if (!still_rising(&s, run))
		return 0;
	last = &s.p[s.n - 1];
	prev = &s.p[s.n - 2];
	if (slo.lat_ns > 0 && !(slo_upper(last, slo.quantile, &column) <= slo.lat_ns))
		return 0; /* deeper would only leave the goal further behind */
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
		   "The curve has not flattened at depth %lld: measure deeper", (long long)last->depth);
	pb_say_what(f, "The last step still gained %.0f%%, so the knee lies beyond what was measured. %s",
		    100 * (last->iops / prev->iops - 1),
		    slo.lat_ns > 0
			    ? PB_N("The depth named for the latency goal is the best of those measured.")
			    : PB_N("No depth is recommended from this curve."));
	pb_say_fact(f,
		    &(struct pb_fact){STEPS, "iops", last->t0_ns, last->t1_ns, last->iops / prev->iops,
				      FLAT_RATIO, "ratio", "docs/rules.md A2, R-Q3"},
		    "%.0f IOPS at depth %lld, %.0f at depth %lld", prev->iops, (long long)prev->depth,
		    last->iops, (long long)last->depth);
	pb_say_apply(f, "passbench run --depth %lld,%lld,%lld -o DIR (same disk, guest and profile)",
		     (long long)last->depth, (long long)(2 * last->depth), (long long)(4 * last->depth));
	pb_say_verify(f, "the last two depths differ by less than %.0f%%", 100 * (FLAT_RATIO - 1));
	if (f)
		f->params = json_pack("{s:I}", "extend_to", (json_int_t)(4 * last->depth));
	return 0;
}

static const struct pb_rule rules[] = {
	{"R-Q1", "latency goal set: the depth with the largest throughput that keeps it",
	 "vfio,virtio-blk,local,imported",
	 "docs/rules.md A2.1: largest X with upper interval bound of the quantile within the goal", rule_slo},
	{"R-Q2", "no goal: the smallest depth on the throughput plateau", "vfio,virtio-blk,local,imported",
	 "docs/rules.md A2.2: smallest N with lower bound of X at 95% of the largest", rule_plateau},
	{"R-Q3", "the curve has not flattened: no knee is named, deeper depths are asked for",
	 "vfio,virtio-blk,local,imported", "docs/rules.md A2 (c): X(last)/X(prev) > 1.05", rule_not_flat},
	{"R-Q4", "the guest's queues are full while throughput grows: more nr_requests", "vfio,local",
	 "docs/rules.md A4", pb_rule_nr_requests},
	{"R-Q5", "the virtqueues are full while throughput grows: a larger queue-size", "virtio-blk",
	 "docs/rules.md A4", pb_rule_queue_size},
	{"R-Q6", "fewer virtqueues than vCPUs and one takes most of the load", "virtio-blk",
	 "docs/rules.md A4", pb_rule_queue_count},
	{"R-Q7", "one or two I/Os in flight, and waking up costs more than polling", "vfio",
	 "docs/rules.md A4", pb_rule_polling},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_depth = {
	.name = FAMILY,
	.help = "queue depth: the knee, the latency goal, or why there is none yet",
	.rules = rules,
};
