/*
 * What the paths to one disk cost, compared: the virtual machine against the
 * host itself, VFIO against virtio-blk, one cache mode against another. Speaks only when `poc --attach`
 * visited several.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/cachemode.h"
#include "analyzers/pathset.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "engine/lib/json.h"

#define FAMILY "paths"
#define FILE_NAME "paths/paths.json"

/* docs/rules.md path-cpu: the rule of thumb that a VM's disk may cost 30% of its host, which is checked here,
 * not believed. */
#define CPU_SHARE 0.30
/* docs/rules.md path-choice (tuning.md F6): differences below this are not worth another path */
#define MIN_EFFECT 0.03
/* docs/rules.md path-band (tuning.md E6) */
#define BAND_DEPTH 32
#define BAND_IOPS 0.95
#define BAND_POSTED_US 5.0
#define BAND_REMAPPED_US 15.0

static json_t *num(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *cell_json(const struct pb_pathset *s, unsigned arm, unsigned d, enum pb_path_metric m)
{
	struct pb_compare c = pb_pathset_compare(s, 0, arm, d, m);

	return json_pack("{s:o,s:o,s:o,s:o,s:o}", "median", num(pb_pathset_median(s, arm, d, m)), "ratio",
			 num(arm ? c.ratio.est : NAN), "lo", num(arm ? c.ratio.lo : NAN), "hi",
			 num(arm ? c.ratio.hi : NAN), "p", num(arm ? c.p : NAN));
}

/* The whole comparison for programs and for the report's table: ratios are against the first arm. */
static json_t *table_json(const struct pb_pathset *s)
{
	json_t *arms = json_array();

	for (unsigned i = 0; i < s->n; i++) {
		json_t *depths = json_array();

		for (unsigned d = 0; d < s->n_depths; d++) {
			json_t *cells = json_pack("{s:i}", "depth", (int)s->depth[d]);

			for (unsigned m = 0; m < PB_PATH_METRICS; m++)
				json_object_set_new(cells, pb_path_metric_name(m), cell_json(s, i, d, m));
			json_array_append_new(depths, cells);
		}
		json_array_append_new(arms, json_pack("{s:s,s:s?,s:s?,s:i,s:o}", "name", s->arm[i].name,
						      "attach", s->arm[i].attach, "failed", s->arm[i].failed,
						      "visits", (int)s->arm[i].visits, "depths", depths));
	}
	return json_pack("{s:s,s:o}", "kind", "paths", "arms", arms);
}

static struct pb_fact fact(const char *column, double value, double threshold, const char *unit,
			   const char *source)
{
	return (struct pb_fact){FILE_NAME, column, PB_NA, PB_NA, value, threshold, unit, source};
}

/* One sentence a metric: ratio with interval, or why there is none. */
static void say_ratio(struct pb_finding *f, const struct pb_pathset *s, unsigned base, unsigned arm,
		      unsigned d, enum pb_path_metric m)
{
	static const char *const words[PB_PATH_METRICS] = {"IOPS", "p50", "p99", PB_N("host CPU per I/O")};
	struct pb_compare c = pb_pathset_compare(s, base, arm, d, m);
	struct pb_fact e = fact(pb_path_metric_name(m), c.ratio.est, NAN, "ratio", "");

	if (isnan(c.ratio.est))
		pb_say_missing(f, "%s of %s against %s at depth %u", words[m], s->arm[arm].name,
			       s->arm[base].name, s->depth[d]);
	else if (isnan(c.ratio.lo))
		pb_say_fact(
			f, &e,
			"depth %u: %s of %s is %.2f times that of %s; too few visits (%u) for an interval",
			s->depth[d], words[m], s->arm[arm].name, c.ratio.est, s->arm[base].name,
			s->arm[arm].visits);
	else
		pb_say_fact(f, &e, "depth %u: %s of %s is %.2f times that of %s [%.2f..%.2f], p = %.3f",
			    s->depth[d], words[m], s->arm[arm].name, c.ratio.est, s->arm[base].name,
			    c.ratio.lo, c.ratio.hi, c.p);
}

static void say_all(struct pb_finding *f, const struct pb_pathset *s, unsigned base, unsigned arm)
{
	for (unsigned d = 0; d < s->n_depths; d++)
		for (unsigned m = 0; m < PB_PATH_METRICS; m++)
			say_ratio(f, s, base, arm, d, m);
}

/* The guest arm with the best IOPS at the deepest depth, n when there is none. */
static unsigned fastest(const struct pb_pathset *s, const char *prefix)
{
	unsigned best = s->n, d = s->n_depths - 1;

	for (unsigned i = 1; i < s->n; i++) {
		double x = pb_pathset_median(s, i, d, PB_PATH_IOPS);

		if (strncmp(s->arm[i].name, prefix, strlen(prefix)) != 0 || isnan(x))
			continue;
		if (best == s->n || x > pb_pathset_median(s, best, d, PB_PATH_IOPS))
			best = i;
	}
	return best;
}

/* path-cpu: what the virtual machine takes of the host beyond what the same load takes without it. */
static void say_cost(const struct pb_pathset *s, const struct pb_rule *rule, struct pb_findings *out)
{
	unsigned d = s->n_depths - 1, arm = fastest(s, "vfio");
	double extra, share;
	struct pb_finding *f;
	struct pb_fact e;

	if (arm == s->n)
		arm = fastest(s, "virtio-blk");
	if (arm == s->n || !s->arm[0].visits)
		return;
	extra = pb_pathset_median(s, arm, d, PB_PATH_CPU) - pb_pathset_median(s, 0, d, PB_PATH_CPU);
	share = extra * pb_pathset_median(s, arm, d, PB_PATH_IOPS) / 1e6 / s->host_cpus;
	f = pb_say(out, rule, FAMILY, share > CPU_SHARE ? PB_SEV_WARNING : PB_SEV_INFO,
		   "The virtual machine costs %.1f us of host CPU for each I/O beyond bare metal", extra);
	if (isnan(share)) {
		if (f)
			pb_finding_set(&f->title, "What the virtual machine costs in host CPU is not known");
		pb_say_missing(f, "host/cpu.csv of the visits in paths/");
	} else {
		e = fact("cpu_us_per_io", share, CPU_SHARE, PB_N("share of the host"),
			 "docs/rules.md path-cpu");
		pb_say_fact(f, &e,
			    "at %.0f IOPS through %s that is %.1f%% of the host's %.0f CPUs; the rule of "
			    "thumb is %.0f%%",
			    pb_pathset_median(s, arm, d, PB_PATH_IOPS), s->arm[arm].name, 100 * share,
			    s->host_cpus, 100 * CPU_SHARE);
	}
	pb_say_what(f, "Exits, interrupts and idle polling of the guest, and QEMU's own work, measured as "
		       "all host CPU time "
		       "that was not idle, in visits of both paths in turns. On bare metal the load runs on "
		       "the host, in "
		       "a guest on its vCPUs; both are counted.");
	say_all(f, s, 0, arm);
}

/* Surely better than the other by what is worth a change. */
static bool beats(const struct pb_pathset *s, unsigned a, unsigned b)
{
	return pb_pathset_compare(s, b, a, s->n_depths - 1, PB_PATH_IOPS).ratio.lo > 1 + MIN_EFFECT;
}

static void say_choice(const struct pb_pathset *s, const struct pb_rule *rule, struct pb_findings *out)
{
	unsigned vfio = fastest(s, "vfio"), virtio = fastest(s, "virtio-blk"), d = s->n_depths - 1;
	struct pb_finding *f;

	if (vfio == s->n || virtio == s->n) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "Only one attachment could be measured");
	} else if (beats(s, vfio, virtio)) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "Attach with VFIO: %.2f times the IOPS of the best virtio-blk mode",
			   pb_pathset_compare(s, virtio, vfio, d, PB_PATH_IOPS).ratio.est);
	} else if (beats(s, virtio, vfio)) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "Attach as %s: %.2f times the IOPS of VFIO here",
			   s->arm[virtio].name,
			   pb_pathset_compare(s, vfio, virtio, d, PB_PATH_IOPS).ratio.est);
	} else {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "VFIO and %s cannot be told apart by throughput: choose by what else is needed",
			   s->arm[virtio].name);
	}
	pb_say_what(f, "VFIO gives the guest the whole disk and its latency, and pins all of the guest's "
		       "memory: no live "
		       "migration, no host-side limits, encryption or snapshots. virtio-blk keeps those and "
		       "costs host CPU.");
	for (unsigned i = 0; i < s->n; i++)
		if (s->arm[i].failed)
			pb_say_missing(f, "%s: %s", s->arm[i].name, s->arm[i].failed);
	if (vfio != s->n && virtio != s->n)
		say_all(f, s, virtio, vfio);
	if (f)
		f->params = table_json(s);
}

/* "virtio-blk-writeback-threads": the mode's name, or "" */
static const char *cache_of(const struct pb_pathset_arm *a, char buf[16])
{
	if (!a->attach || sscanf(a->attach, "virtio-blk,cache=%15[a-z]", buf) != 1)
		buf[0] = '\0';
	return buf;
}

static void say_cache(const struct pb_pathset *s, struct pb_run *run, const struct pb_rule *rule,
		      struct pb_findings *out)
{
	unsigned best = fastest(s, "virtio-blk"), d = s->n_depths - 1;
	const struct pb_cachemode *mode;
	struct pb_workload w;
	struct pb_finding *f;
	char name[16];

	if (best == s->n)
		return;
	pb_workload_read(&w, run);
	f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
		   "Of the cache modes that are safe for this workload, %s was the fastest (%.0f IOPS)",
		   s->arm[best].name, pb_pathset_median(s, best, d, PB_PATH_IOPS));
	pb_say_what(f,
		    "Only modes were tried that keep what the profile wants to survive (safety %c, "
		    "durability %s): %s.",
		    w.safety, w.durability, pb_workload_class(&w));
	for (unsigned i = 1; i < s->n; i++) {
		mode = pb_cachemode_find(cache_of(&s->arm[i], name));
		if (!mode || s->arm[i].failed || !s->arm[i].visits)
			continue;
		if (i != best)
			say_ratio(f, s, best, i, d, PB_PATH_IOPS);
		pb_say_fact(f,
			    &(struct pb_fact){FILE_NAME, "lat_p99", PB_NA, PB_NA,
					      pb_pathset_median(s, i, d, PB_PATH_P99), NAN, "ns", ""},
			    "%s: p99 %.0f us; %s", s->arm[i].name,
			    pb_pathset_median(s, i, d, PB_PATH_P99) / 1e3, mode->means);
	}
}

/* 1, 0, or -1 when host/iommu.csv does not say. */
static int posted(struct pb_run *run)
{
	const struct pb_match item[] = {{"item", "posted_enabled"}, {NULL, NULL}};
	const struct pb_table *t = pb_run_table(run, "host/iommu.csv");
	struct pb_rows rows;
	int64_t v = PB_NA;
	size_t row;

	if (!t)
		return -1;
	pb_rows_init(&rows, t, item, INT64_MIN, INT64_MAX);
	while (pb_rows_next(&rows, &row))
		v = pb_table_i64(t, row, pb_table_col(t, "value"));
	return v == PB_NA ? -1 : v != 0;
}

/* path-band: is VFIO as near to bare metal as it can be expected to be? */
static void say_band(const struct pb_pathset *s, struct pb_run *run, const struct pb_rule *rule,
		     struct pb_findings *out)
{
	unsigned arm = fastest(s, "vfio"), deep = s->n_depths - 1;
	int mode = posted(run);
	double extra_us = mode == 1 ? BAND_POSTED_US : BAND_REMAPPED_US;
	bool deep_enough, shallow, slow, late;
	struct pb_compare x;
	double extra;
	struct pb_finding *f;

	if (arm == s->n || !s->arm[0].visits ||
	    json_is_true(json_object_get(pb_run_section(run, "host"), "lab")))
		return; /* microseconds of an emulated machine are none */
	x = pb_pathset_compare(s, 0, arm, deep, PB_PATH_IOPS);
	extra = (pb_pathset_median(s, arm, 0, PB_PATH_P50) - pb_pathset_median(s, 0, 0, PB_PATH_P50)) / 1e3;
	deep_enough = s->depth[deep] >= BAND_DEPTH && !isnan(x.ratio.est);
	shallow = s->depth[0] == 1 && !isnan(extra);
	slow = deep_enough && x.ratio.hi < BAND_IOPS;
	late = shallow && extra > extra_us;
	f = pb_say(out, rule, FAMILY, slow || late ? PB_SEV_ADVICE : PB_SEV_INFO,
		   !deep_enough && !shallow ? "How near VFIO comes to bare metal is not known"
		   : slow || late           ? PB_N("VFIO stays behind what it can reach on this host")
					    : PB_N("VFIO is as near to bare metal as can be expected"));
	pb_say_what(f,
		    "With interrupts that reach the guest without the host, and memory and CPUs of its own "
		    "node, a guest reaches %.0f%% of bare metal's IOPS and adds %.0f us to a single I/O "
		    "(%.0f us when the host takes the interrupts). Where it stays behind, the findings of "
		    "the families irq, power and vm say why.",
		    100 * BAND_IOPS, BAND_POSTED_US, BAND_REMAPPED_US);
	if (deep_enough)
		pb_say_fact(f,
			    &(struct pb_fact){FILE_NAME, "iops", PB_NA, PB_NA, x.ratio.est, BAND_IOPS,
					      "ratio", "docs/rules.md path-band"},
			    "depth %u: %.2f times bare metal's IOPS", s->depth[deep], x.ratio.est);
	else
		pb_say_missing(f, "visits at depth %d or more: IOPS against bare metal", BAND_DEPTH);
	if (shallow)
		pb_say_fact(f,
			    &(struct pb_fact){FILE_NAME, "lat_p50", PB_NA, PB_NA, extra, extra_us, "us",
					      "docs/rules.md path-band"},
			    "depth 1: p50 is %.1f us more than on bare metal; interrupts are %s", extra,
			    mode == 1   ? PB_N("posted")
			    : mode == 0 ? PB_N("not posted")
					: PB_N("taken as not posted"));
	else
		pb_say_missing(f, "visits at depth 1: latency against bare metal");
	pb_say_nature(f, "medium", NULL, NULL);
}

static int with_set(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
		    void (*say)(const struct pb_pathset *, struct pb_run *, const struct pb_rule *,
				struct pb_findings *))
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_pathset s;
	int rc = pb_pathset_read(&s, run, PB_PATHSET_PATHS, &err);

	if (rc < 0)
		pb_run_damaged(run, rc, &err);
	else if (s.n)
		say(&s, run, rule, out);
	pb_pathset_fini(&s);
	return rc == -ENOMEM ? rc : 0;
}

static void cost(const struct pb_pathset *s, struct pb_run *run, const struct pb_rule *rule,
		 struct pb_findings *out)
{
	(void)run;
	say_cost(s, rule, out);
}

static void choice(const struct pb_pathset *s, struct pb_run *run, const struct pb_rule *rule,
		   struct pb_findings *out)
{
	(void)run;
	say_choice(s, rule, out);
}

static int rule_cost(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	return with_set(run, rule, out, cost);
}

static int rule_choice(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	return with_set(run, rule, out, choice);
}

static int rule_cache(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	return with_set(run, rule, out, say_cache);
}

static int rule_band(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	return with_set(run, rule, out, say_band);
}

static const struct pb_rule rules[] = {
	{"path-cpu", "host CPU that the virtual machine costs beyond bare metal", "vfio,virtio-blk,local",
	 "docs/rules.md path-cpu", rule_cost},
	{"path-choice", "VFIO against virtio-blk", "vfio,virtio-blk,local", "docs/rules.md path-choice",
	 rule_choice},
	{"path-band", "VFIO against what it can reach of bare metal", "vfio,virtio-blk,local",
	 "docs/rules.md path-band", rule_band},
	{"path-cache", "virtio-blk's cache modes that are safe here, against each other",
	 "vfio,virtio-blk,local", "docs/rules.md path-cache", rule_cache},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_paths = {
	.name = FAMILY,
	.help = "paths to one disk compared: bare metal, VFIO, virtio-blk in its modes",
	.rules = rules,
};
