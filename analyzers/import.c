/*
 * Imported runs (docs/import.md): says where the numbers come from and which rules are silent for want of
 * what an import cannot have, and what the host spent on an I/O where its CPUs were recorded. Judges nothing.
 */
#include <string.h>

#include "analyzers/analyze.h"
#include "analyzers/analyzer.h"
#include "analyzers/iocost.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/workpoint.h"
#include "engine/lib/json.h"

#define FAMILY "import"
/* steps of a load generator; one step made of what was sampled under an unknown load */
#define PATHS "imported,recorded"
#define CPU "host/cpu.csv"
#define THREADS "host/threads.csv"

/* "R-I1, R-I2" of one family: the rules that are not asked about imported runs. */
static void silent_rules(const struct pb_analyzer *a, const char *path, struct pb_buf *names)
{
	for (const struct pb_rule *r = a->rules; r->id; r++)
		if (!pb_rule_fits(r, path))
			pb_buf_printf(names, "%s%s", names->len ? ", " : "", r->id);
}

static int rule_origin(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const json_t *origin = pb_run_section(run, "origin");
	struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "Imported from %s",
				      pb_json_str(origin, "title", PB_N("another tool")));
	double skipped = pb_json_num(origin, "skipped_lines", 0);

	pb_say_what(f, "Another tool's numbers, to stand beside runs of passbench. The rules below say "
		       "nothing, because "
		       "what they need cannot be in an import: neither that something is wrong nor that all "
		       "is well.");
	if (skipped > 0)
		pb_say_fact(f,
			    &(struct pb_fact){"manifest.json", "origin.skipped_lines", 0, 0, skipped, 0,
					      "lines", "docs/import.md"},
			    "%.0f lines of the imported files were left out", skipped);
	for (size_t i = 0; f && pb_analyzers[i]; i++) {
		struct pb_buf names = {0};

		silent_rules(pb_analyzers[i], pb_run_path(run), &names);
		if (names.len)
			pb_say_missing(f, "%s: %s", pb_analyzers[i]->name, names.data);
		pb_buf_fini(&names);
	}
	return 0;
}

/* CPUs of the host that were not idle over the window; NAN = not known. */
static double busy_cpus(struct pb_run *run, const struct pb_point *p, size_t *cpus)
{
	const struct pb_table *t = pb_run_table(run, CPU);
	struct pb_strv names = {0};
	double busy = NAN;

	pb_distinct(t, "cpu", NULL, &names);
	*cpus = names.n;
	for (size_t i = 0; i < names.n; i++) {
		const struct pb_match m[] = {{"cpu", names.v[i]}, {NULL, NULL}};
		double idle = pb_rate_idle(t, m, p->t0_ns, p->t1_ns) / 1e9;

		/* one CPU that is not known makes the sum too small */
		busy = (i ? busy : 0) + 1 - idle;
	}
	pb_strv_fini(&names);
	return busy;
}

static int rule_cpu(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct pb_point p;
	double busy, vcpu;
	size_t cpus;

	if (!pb_workpoint_top(&p, run))
		return 0;
	busy = busy_cpus(run, &p, &cpus);
	if (isnan(busy)) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "What the host spent on an I/O is not known");
		pb_say_missing(
			f,
			CPU ", column idle_ns, over the step: import the host's recording beside the load's");
		return 0;
	}
	f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
		   "The host spent %.3g us of CPU time for each I/O at depth %lld", busy * 1e6 / p.iops,
		   (long long)p.depth);
	pb_say_what(f, "All CPU time that was not idle, the load and everything else on that host included, "
		       "divided by "
		       "the I/Os. Compare it with the same number of another host, not with what QEMU's "
		       "threads took.");
	pb_say_fact(f,
		    &(struct pb_fact){CPU, "idle_ns", p.t0_ns, p.t1_ns, busy * 1e6 / p.iops, NAN, "us/IO",
				      "docs/import.md"},
		    "%.2f of %zu CPUs busy at %.0f IOPS", busy, cpus, p.iops);
	vcpu = pb_iocost_threads(pb_run_table(run, THREADS), "run_ns", "vcpu", &p) / 1e9;
	if (!isnan(vcpu))
		pb_say_fact(f,
			    &(struct pb_fact){THREADS, "run_ns", p.t0_ns, p.t1_ns, vcpu * 1e6 / p.iops, NAN,
					      "us/IO", "docs/import.md"},
			    "%.2f CPUs of it in the machine's vCPUs", vcpu);
	return 0;
}

static const struct pb_rule rules[] = {
	{"import-origin", "where an imported run comes from, and which rules cannot judge it", PATHS,
	 "docs/import.md", rule_origin},
	{"import-cpu", "host CPU time per I/O of an imported run", PATHS, "docs/import.md", rule_cpu},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_import = {
	.name = FAMILY,
	.help = "imported runs: where from, what cannot be judged, host CPU per I/O",
	.rules = rules,
};
