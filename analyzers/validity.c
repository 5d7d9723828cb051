/*
 * Whether the numbers may be used at all: failed I/O, depth not held, clock,
 * totals that disagree, link errors, the cost of measuring. It looks at how
 * the run went, never at how fast the disk is.
 */
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/devcount.h"
#include "analyzers/failed.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/sweep.h"
#include "analyzers/thermal.h"
#include "engine/lib/held.h"
#include "engine/lib/json.h"

#define FAMILY "validity"
#define STEPS "steps.csv"
#define MANIFEST "manifest.json"
#define ALL "vfio,virtio-blk,local"

/* docs/rules.md valid-fio-total: the engine's page and fio count the same I/Os; 1% is starting and stopping
 */
#define FIO_OFF 0.01
/* docs/rules.md valid-cost: measuring may take 1% of one CPU */
#define COST_SHARE 0.01
/* docs/rules.md R-D4, from D7: more than one correctable error a second is a signal problem */
#define AER_RATE 1.0
#define AER_KINDS 3

static int rule_depth(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f = NULL;
	unsigned known = 0;
	struct pb_sweep s;

	pb_sweep_read(&s, run);
	for (unsigned i = 0; i < s.n; i++) {
		const struct pb_point *p = &s.p[i];
		double off = p->mean_depth / (double)p->depth - 1;

		known += !isnan(off);
		if (isnan(off) || pb_depth_held((double)p->depth, p->mean_depth))
			continue;
		if (!f) {
			f = pb_say(out, rule, FAMILY, PB_SEV_WARNING, "The target depth was not held");
			pb_say_what(f,
				    "The number of I/Os in flight differs from the target by more than "
				    "%.0f%%, so the curve's axis is wrong there: "
				    "the submitting CPU may be saturated, or completions come in batches. "
				    "More jobs or vCPUs help.",
				    100 * PB_HELD_SHARE);
		}
		pb_say_fact(f,
			    &(struct pb_fact){STEPS, "mean_depth", p->t0_ns, p->t1_ns, p->mean_depth,
					      (double)p->depth, "I/Os", "docs/rules.md valid-depth"},
			    "target %lld, measured %.2f (%+.1f%%)", (long long)p->depth, p->mean_depth,
			    100 * off);
	}
	if (s.n && !known) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "Whether the depth was held is not known");
		pb_say_missing(f, "steps.csv, column mean_depth");
	}
	return 0;
}

/* Steps that run itself marked as not valid for another reason than failed I/O or a depth not held. */
static int rule_steps(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const struct pb_table *t = pb_run_table(run, STEPS);
	struct pb_finding *f = NULL;
	struct pb_sweep s;

	pb_sweep_read(&s, run);
	/* Without verdicts no step is used, but none was found wrong either. */
	if (s.n && !pb_table_filled(t, pb_table_col(t, "valid"))) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "Whether the steps are valid is not known");
		pb_say_missing(f, "steps.csv, column valid");
		return 0;
	}
	for (unsigned i = 0; i < s.n; i++) {
		const struct pb_point *p = &s.p[i];

		if (p->valid || pb_failed_reason(p->reason) || strcmp(p->reason, "depth-not-held") == 0)
			continue;
		if (!f) {
			f = pb_say(out, rule, FAMILY, s.n_valid ? PB_SEV_WARNING : PB_SEV_CRITICAL,
				   "Some steps are not valid and were left out");
			if (!s.n_valid)
				pb_finding_set(&f->title, "No step is valid: nothing was measured");
			pb_say_what(f, "Steps with too few batches need a longer --duration; a step above "
				       "the ceiling is faster than link or device can be "
				       "and is rejected, not reported.");
		}
		pb_say_fact(f,
			    &(struct pb_fact){STEPS, "reason", p->t0_ns, p->t1_ns, NAN, NAN, "", "steps.csv"},
			    "depth %lld: %s", (long long)p->depth,
			    *p->reason ? p->reason : PB_N("no reason given"));
	}
	return 0;
}

static int rule_clock(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	double bound = pb_json_num(pb_run_section(run, "clock"), "bound_ns", NAN);
	double interval = pb_json_num(pb_run_section(run, "sampling"), "interval_ns", NAN);
	struct pb_finding *f;

	if (isnan(bound) || isnan(interval)) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "Whether guest and host share a timeline is not known");
		pb_say_missing(f, MANIFEST ", %s", isnan(bound) ? "clock.bound_ns" : "sampling.interval_ns");
	} else if (bound > interval) {
		f = pb_say(out, rule, FAMILY, PB_SEV_WARNING,
			   "The clocks of guest and host are apart by up to %.1f ms", bound / 1e6);
		pb_say_what(
			f,
			"The error bound of the clock offset is larger than the sampling interval, so a "
			"guest row and a host row of the same "
			"instant need not belong together. Totals over whole windows are hardly affected.");
		pb_say_fact(f,
			    &(struct pb_fact){MANIFEST, "clock.bound_ns", 0, 0, bound, interval, "ns",
					      "docs/rules.md valid-clock"},
			    "bound %.3f ms, sampling interval %.1f ms", bound / 1e6, interval / 1e6);
	}
	return 0;
}

static int rule_fio(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const json_t *fio = pb_run_section(run, "fio");
	double ratio = pb_json_num(fio, "ratio", NAN);
	struct pb_finding *f;

	if (isnan(ratio)) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "fio's own total was not compared with the engine's");
		pb_say_missing(f, MANIFEST ", fio.ratio");
	} else if (fabs(ratio - 1) > FIO_OFF) {
		f = pb_say(out, rule, FAMILY, PB_SEV_WARNING,
			   "fio and the engine's page disagree on how many I/Os completed");
		pb_say_what(f, "Both count the same completions, so one of the two lost some. Numbers of "
			       "this run come from the page.");
		pb_say_fact(f,
			    &(struct pb_fact){MANIFEST, "fio.ratio", 0, 0, ratio, 1 + FIO_OFF, "ratio",
					      "docs/rules.md valid-fio-total"},
			    "the two totals are in a ratio of %.4f: fio %lld, page %lld", ratio,
			    (long long)pb_json_i64(fio, "completed", -1),
			    (long long)pb_json_i64(fio, "page_completed", -1));
	}
	return 0;
}

/* Link errors between the first and the last row of one hop. */
static void say_aer(struct pb_finding **f, const struct pb_rule *rule, struct pb_findings *out,
		    const struct pb_table *t, size_t from, size_t to, const char *column)
{
	int col = pb_table_col(t, column), time = pb_table_col(t, "t_ns");
	int64_t t0 = pb_table_i64(t, from, time), t1 = pb_table_i64(t, to, time);
	int64_t a = pb_table_i64(t, from, col), b = pb_table_i64(t, to, col);
	const char *bdf = pb_table_str(t, to, pb_table_col(t, "bdf"));
	double rate = (double)(b - a) / ((double)(t1 - t0) / 1e9);

	if (a == PB_NA || b == PB_NA || b <= a || t1 <= t0)
		return;
	if (!*f) {
		*f = pb_say(out, rule, FAMILY, PB_SEV_WARNING, "PCIe errors were counted during the run");
		pb_say_what(*f, "The link repeated or lost transfers. Errors often count at the other end of "
				"the link, so both ends are looked at. "
				"Reseat or replace the device or cable, or repeat the run; results under "
				"link errors are not the disk's.");
	}
	if (strcmp(column, "aer_correctable") != 0 || rate > AER_RATE)
		(*f)->severity = PB_SEV_CRITICAL;
	pb_say_fact(*f,
		    &(struct pb_fact){"host/pcie.csv", column, t0, t1, rate, AER_RATE, "1/s",
				      "docs/rules.md R-D4"},
		    "%s: %lld errors, %.2f/s", bdf, (long long)(b - a), rate);
}

/* The first and the last row of a function of the path; false when there are not two instants. */
static bool ends_of(const struct pb_table *t, const char *bdf, size_t *first, size_t *last)
{
	const struct pb_match match[] = {{"bdf", bdf}, {NULL, NULL}};
	int time = pb_table_col(t, "t_ns");
	struct pb_rows rows;

	pb_rows_init(&rows, t, match, INT64_MIN, INT64_MAX);
	if (!pb_rows_next(&rows, first))
		return false;
	*last = *first;
	while (pb_rows_next(&rows, last))
		;
	return pb_table_i64(t, *first, time) != PB_NA &&
	       pb_table_i64(t, *last, time) > pb_table_i64(t, *first, time);
}

static int rule_aer(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	static const char *const columns[AER_KINDS] = {"aer_correctable", "aer_nonfatal", "aer_fatal"};
	const struct pb_table *t = pb_run_table(run, "host/pcie.csv");
	bool readable[AER_KINDS] = {false};
	struct pb_finding *f = NULL;
	struct pb_strv bdfs = {0};
	size_t first, last;
	int ret = pb_distinct(t, "bdf", NULL, &bdfs);

	for (size_t i = 0; ret == 0 && i < bdfs.n; i++) {
		if (!ends_of(t, bdfs.v[i], &first, &last))
			continue;
		for (int c = 0; c < AER_KINDS; c++) {
			readable[c] |= pb_table_i64(t, first, pb_table_col(t, columns[c])) != PB_NA;
			say_aer(&f, rule, out, t, first, last, columns[c]);
		}
	}
	pb_strv_fini(&bdfs);
	if (ret < 0 || (readable[0] && readable[1] && readable[2]))
		return ret;
	if (!f)
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "PCIe errors could not be watched");
	if (!readable[0] && !readable[1] && !readable[2])
		pb_say_missing(f, t ? PB_N("host/pcie.csv, columns aer_*: no AER on this path")
				    : "host/pcie.csv");
	else
		for (int c = 0; c < AER_KINDS; c++)
			if (!readable[c])
				pb_say_missing(f, "host/pcie.csv, column %s", columns[c]);
	return 0;
}

static int rule_cost(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	double share = pb_json_num(pb_run_section(run, "sampling"), "cpu_share", NAN);
	/* An emulated CPU takes tens of times as long for the same sample: the share says nothing of a real
	 * one. */
	bool lab = json_is_true(json_object_get(pb_run_section(run, "host"), "lab"));
	struct pb_finding *f;

	if (isnan(share)) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "What the collectors cost is not known");
		pb_say_missing(f, MANIFEST ", sampling.cpu_share");
	} else if (share > COST_SHARE) {
		f = pb_say(out, rule, FAMILY, lab ? PB_SEV_INFO : PB_SEV_WARNING,
			   "Measuring took %.1f%% of a%s CPU", 100 * share, lab ? PB_N("n emulated") : "");
		pb_say_what(f, "The collectors may have slowed down what they watch. Use a longer "
			       "--interval, fewer collectors (--only), or keep their CPU free of vCPUs.");
		pb_say_fact(f,
			    &(struct pb_fact){MANIFEST, "sampling.cpu_share", 0, 0, share, COST_SHARE,
					      "share", "docs/rules.md valid-cost"},
			    "%.2f%% of one CPU, of which %.0f%% is allowed", 100 * share, 100 * COST_SHARE);
	}
	return 0;
}

/* What each collector's absence costs the analysis; a collector without a line is not needed by any rule. */
static const struct {
	const char *name, *without;
} needed[] = {
	{"affinity", PB_N("present interrupt masks: R-I2 cannot print how to undo")},
	{"cpu", PB_N("host CPU time: no housekeeping CPU can be chosen (R-I2)")},
	{"interrupts", PB_N("host interrupts: R-I2, R-I3 and R-I6 say nothing")},
	{"kvm", PB_N("exits per I/O (cost, R-V4)")},
	{"pcie", PB_N("link width and PCIe errors (R-D4)")},
	{"pmu", PB_N("cycles and cache misses per I/O")},
	{"threads", PB_N("where vCPUs run and wait (R-I2, R-V2)")},
};

static const char *collector_status(const struct pb_run *run, const char *name)
{
	const json_t *list = json_object_get(pb_run_manifest(run), "collectors"), *c;
	size_t i;

	json_array_foreach(list, i, c) if (strcmp(pb_json_str(c, "name", ""), name) ==
					   0) return pb_json_str(c, "status", PB_N("no status"));
	return NULL;
}

/* Without a guest there is no QEMU whose threads and exits could be read, and no vfio vector to place. */
static bool needed_on(const char *collector, const char *path)
{
	static const char *const guests_only[] = {"affinity", "kvm", "threads"};

	if (strcmp(path, "local") != 0)
		return true;
	for (size_t i = 0; i < sizeof(guests_only) / sizeof(guests_only[0]); i++)
		if (strcmp(collector, guests_only[i]) == 0)
			return false;
	return true;
}

static int rule_collectors(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f = NULL;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		const char *status = collector_status(run, needed[i].name);

		if (!needed_on(needed[i].name, pb_run_path(run)))
			continue;
		if (status && strcmp(status, "ok") == 0)
			continue;
		if (!f) {
			f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "Some counters were not available");
			pb_say_what(f, "The measurement itself is not affected; rules that need these "
				       "counters say nothing or less.");
		}
		pb_say_missing(f, "%s (%s): %s", needed[i].name, status ? status : PB_N("not run"),
			       needed[i].without);
	}
	return 0;
}

static int rule_lab(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;

	if (!json_is_true(json_object_get(pb_run_section(run, "host"), "lab")))
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
		   "Measured in the lab: absolute numbers mean nothing there");
	pb_say_what(f, "Processor, IOMMU and disk are emulated in software. Counts, ratios between runs of "
		       "one lab and the effect of a change "
		       "are real; IOPS and latencies are not those of any disk.");
	pb_say_fact(f, &(struct pb_fact){MANIFEST, "host.lab", 0, 0, 1, NAN, "", ""},
		    "the manifest says lab: true");
	return 0;
}

static int rule_ok(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct pb_sweep s;

	pb_sweep_read(&s, run);
	if (pb_said(out, FAMILY) || s.n_valid == 0)
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "The measurement is valid: no change needed");
	pb_say_what(f, "No I/O failed, the depths were held, the totals agree.");
	pb_say_fact(f, &(struct pb_fact){STEPS, "valid", 0, 0, s.n_valid, s.n, "steps", ""},
		    "%u of %u steps are valid", s.n_valid, s.n);
	return 0;
}

static const struct pb_rule rules[] = {
	{"valid-failed-io", "I/Os failed: nothing measured may be used", ALL ",imported,recorded",
	 "docs/rules.md", pb_failed_rule},
	{"valid-fio-end", "fio ended before its time, or badly", ALL, "docs/rules.md", pb_failed_fio_rule},
	{"valid-depth", "the target depth was not held (Little's law)", ALL, "docs/rules.md A1", rule_depth},
	{"valid-steps", "steps that run marked as not valid", ALL ",imported,recorded", "docs/rules.md",
	 rule_steps},
	{"valid-clock", "error bound of the clock offset against the sampling interval", ALL, "docs/rules.md",
	 rule_clock},
	{"valid-device-count", "the disk itself has seen the I/Os that were counted", ALL, "docs/rules.md",
	 pb_devcount_rule},
	{"valid-fio-total", "fio's total against the engine's page", ALL, "docs/rules.md", rule_fio},
	{"R-D4", "PCIe errors counted during the run", ALL, "docs/rules.md D7", rule_aer},
	{"valid-thermal", "disk or processors throttled by temperature", ALL, "docs/rules.md D8",
	 pb_thermal_rule},
	{"valid-cost", "what the collectors cost", ALL, "docs/rules.md, cost of measuring", rule_cost},
	{"valid-collectors", "counters that were not available", ALL, "docs/rules.md", rule_collectors},
	{"valid-lab", "measured in the lab", ALL, "docs/rules.md", rule_lab},
	{"valid-ok", "nothing speaks against the measurement", ALL, "docs/rules.md", rule_ok},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_validity = {
	.name = FAMILY,
	.help = "whether the numbers may be used: errors, depth, clock, totals, cost of measuring",
	.rules = rules,
};
