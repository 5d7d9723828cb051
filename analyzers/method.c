/*
 * Whether what was measured supports what is concluded from it: steady state, repeats. Whether single steps
 * are sound is the validity family's business.
 */
#include "analyzers/analyzer.h"
#include "analyzers/pathset.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "engine/lib/json.h"

#define FAMILY "method"
#define ALL "vfio,virtio-blk,local"

/* docs/rules.md R-M1, F1: SNIA's two tests over a window of five rounds */
#define RANGE_MAX 0.20
#define EXCURSION_MAX 0.10
/* docs/rules.md R-M2, F5: below four visits no exact test can reach 5%; six bound a median */
#define VISITS_MIN 4
#define VISITS_GOOD 6

/* R-M1 */
static int rule_steady(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const json_t *steady = pb_run_section(run, "steady"), *verdict = json_object_get(steady, "steady");
	double range = pb_json_num(steady, "range", NAN), excursion = pb_json_num(steady, "excursion", NAN);
	struct pb_finding *f;

	if (!json_is_false(verdict))
		return 0; /* steady, or nobody asked */
	f = pb_say(out, rule, FAMILY, PB_SEV_WARNING, "The disk did not become steady in %lld rounds",
		   (long long)pb_json_i64(steady, "rounds", 0));
	pb_say_what(
		f, "Throughput still drifted over the last five rounds, so these numbers are a moment's, not "
		   "what the disk will go on giving. Compare them with nothing.");
	if (isnan(range) && isnan(excursion))
		pb_say_missing(f, "manifest.json, steady.range and steady.excursion: fewer than five rounds");
	else
		pb_say_fact(
			f,
			&(struct pb_fact){
				"manifest.json", range > RANGE_MAX ? "steady.range" : "steady.excursion", 0,
				0, range > RANGE_MAX ? range : excursion,
				range > RANGE_MAX ? RANGE_MAX : EXCURSION_MAX, "share", "docs/rules.md F1"},
			"range %.1f%% of the mean (20%% allowed), excursion of the fitted line %.1f%% (10%%)",
			100 * range, 100 * excursion);
	pb_say_apply(f, "passbench run --steady --round 120s (same disk, guest and profile); for writes with "
			"--precondition");
	pb_say_undo(f, "nothing to undo");
	pb_say_verify(f, "steady.csv: the last row says steady");
	return 0;
}

/* R-M2 */
static int rule_repeats(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_finding *f = NULL;
	struct pb_pathset set;
	int ret = pb_pathset_read(&set, run, PB_PATHSET_PATHS, &err);

	if (ret < 0) {
		pb_run_damaged(run, ret, &err);
		return 0; /* pb_run_status says it */
	}
	for (unsigned i = 0; i < set.n; i++) {
		const struct pb_pathset_arm *a = &set.arm[i];

		if (a->failed || a->visits >= VISITS_GOOD)
			continue;
		if (!f) {
			f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
				   "More visits would make the comparison of paths surer");
			pb_say_what(
				f,
				"The unit of comparison is the visit, not the second. With three a side no "
				"test "
				"can tell two paths apart at 5%%; with six each median has a 95%% interval.");
			pb_say_apply(f, "passbench poc ... --rounds %d", VISITS_GOOD);
			pb_say_undo(f, "nothing to undo");
			pb_say_verify(f, "the visits of every path in paths/paths.json");
		}
		if (f && a->visits < VISITS_MIN) {
			f->severity = PB_SEV_WARNING;
			pb_finding_set(&f->title, "Too few visits to tell the paths apart");
		}
		pb_say_fact(f,
			    &(struct pb_fact){"paths/paths.json", "visits", 0, 0, a->visits,
					      a->visits < VISITS_MIN ? VISITS_MIN : VISITS_GOOD, "visits",
					      "docs/rules.md F5"},
			    "%s: %u visits with every depth valid", a->name, a->visits);
	}
	pb_pathset_fini(&set);
	return 0;
}

static const struct pb_rule rules[] = {
	{"R-M1", "rounds that did not become steady", ALL, "docs/rules.md F1", rule_steady},
	{"R-M2", "too few visits for a verdict between paths", ALL, "docs/rules.md F5", rule_repeats},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_method = {
	.name = FAMILY,
	.help = "whether steady state and repeats support the conclusions",
	.rules = rules,
};
