/*
 * The PCIe link: slower than both its ends could, full, or asleep between I/Os. Errors on it are R-D4 of the
 * validity family; who shares it is said by the family neighbour.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/linkcap.h"
#include "analyzers/modes.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/sweep.h"
#include "engine/lib/json.h"

#define FAMILY "pcie"
#define PCIE "host/pcie.csv"

/* docs/rules.md R-D2 */
#define LINK_FULL 0.90

static bool is_lab(const struct pb_run *run)
{
	return json_is_true(json_object_get(pb_run_section(run, "host"), "lab"));
}

static void say_lacking(const struct pb_rule *rule, struct pb_findings *out, const char *title,
			const char *what)
{
	struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "%s", title);

	pb_say_missing(f, "%s", what);
}

/* What both ends of a hop's link can do, from the rows that have it. */
static void both_ends(const struct pb_table *t, const char *bdf, double *gts, double *width)
{
	int dev = pb_table_col(t, "bdf"), speed = pb_table_col(t, "link_max_speed_gts"),
	    lanes = pb_table_col(t, "link_max_width");

	*gts = *width = NAN;
	for (size_t row = 0; row < pb_table_rows(t); row++) {
		if (strcmp(pb_table_str(t, row, dev), bdf) != 0)
			continue;
		*gts = fmax(*gts, pb_table_num(t, row, speed));
		*width = fmax(*width, pb_table_num(t, row, lanes));
	}
}

/* True when the instant lies in a valid window: a link may be slower while nothing moves. */
static bool under_load(const struct pb_sweep *s, int64_t at)
{
	for (unsigned i = 0; i < s->n; i++)
		if (at >= s->p[i].t0_ns && at <= s->p[i].t1_ns)
			return true;
	return false;
}

static void say_downgraded(const struct pb_rule *rule, struct pb_findings *out, const struct pb_table *t,
			   size_t row, double max_gts, double max_width)
{
	const char *bdf = pb_table_str(t, row, pb_table_col(t, "bdf"));
	double gts = pb_table_num(t, row, pb_table_col(t, "link_speed_gts"));
	double width = pb_table_num(t, row, pb_table_col(t, "link_width"));
	int64_t at = pb_table_i64(t, row, pb_table_col(t, "t_ns"));
	double share = pb_linkcap_raw(gts, width) / pb_linkcap_raw(max_gts, max_width);
	struct pb_finding *f =
		pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
		       "The link of %s runs at %.0f%% of what both its ends can do", bdf, 100 * share);

	pb_say_nature(f, "high", "the machine is down while the device is reseated", "H");
	pb_say_what(f,
		    "Under load the link had trained to less speed or fewer lanes than both ends support: a "
		    "bad contact, a riser or cable, a slot with fewer lanes wired, or a firmware setting.");
	pb_say_fact(f,
		    &(struct pb_fact){PCIE, gts < max_gts ? "link_speed_gts" : "link_width", at, at,
				      gts < max_gts ? gts : width, gts < max_gts ? max_gts : max_width,
				      gts < max_gts ? "GT/s" : PB_N("lanes"), "docs/rules.md D1"},
		    "%s: %g GT/s x%g, both ends can do %g GT/s x%g", bdf, gts, width, max_gts, max_width);
	pb_say_apply(f, "reseat the device or its cable; look for a link speed or bifurcation setting in the "
			"firmware");
	pb_say_undo(f, "nothing to undo");
	pb_say_verify(f, "grep . /sys/bus/pci/devices/%s/current_link_*, under load", bdf);
}

/* R-D1 */
static int rule_downgraded(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const struct pb_table *t = pb_run_table(run, PCIE);
	struct pb_strv said = {0};
	bool known = false;
	struct pb_sweep s;

	if (is_lab(run))
		return 0; /* an emulated link trains to what its emulation says */
	pb_sweep_read(&s, run);
	for (size_t row = 0; t && row < pb_table_rows(t); row++) {
		const char *bdf = pb_table_str(t, row, pb_table_col(t, "bdf"));
		double gts = pb_table_num(t, row, pb_table_col(t, "link_speed_gts")), max_gts, max_width;
		double width = pb_table_num(t, row, pb_table_col(t, "link_width"));
		bool again = false;

		both_ends(t, bdf, &max_gts, &max_width);
		known = known || !isnan((gts + max_gts) * (width + max_width));
		for (size_t i = 0; i < said.n; i++)
			again = again || strcmp(said.v[i], bdf) == 0;
		if (again || !under_load(&s, pb_table_i64(t, row, pb_table_col(t, "t_ns"))) ||
		    !(gts < max_gts || width < max_width))
			continue;
		say_downgraded(rule, out, t, row, max_gts, max_width);
		pb_strv_add(&said, bdf);
	}
	pb_strv_fini(&said);
	if (!known)
		say_lacking(rule, out, PB_N("Whether the PCIe link is as fast as it could be is not known"),
			    PB_N(PCIE ", columns link_speed_gts, link_width and link_max_*"));
	return 0;
}

/* R-D2 */
static int rule_full(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	bool writes = json_is_true(json_object_get(pb_run_section(run, "profile"), "writes"));
	const struct pb_point *top;
	struct pb_linkcap cap;
	struct pb_finding *f;
	struct pb_sweep s;
	double carried, can;

	pb_sweep_read(&s, run);
	top = pb_sweep_top(&s);
	if (is_lab(run) || !top)
		return 0;
	pb_linkcap_read(&cap, run, top->t0_ns, top->t1_ns);
	carried = top->bw_bytes_s;
	can = writes ? cap.write_bytes_s : cap.read_bytes_s;
	if (!cap.known || isnan(carried)) {
		say_lacking(rule, out, PB_N("Whether the PCIe link is full is not known"),
			    cap.known ? PB_N("steps.csv, column bw_bytes_s")
				      : PB_N(PCIE ", columns link_speed_gts and link_width"));
		return 0;
	}
	if (!(carried > LINK_FULL * can))
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
		   "The PCIe link is full: stop tuning, only a faster link helps");
	pb_say_what(f, "Depth, interrupts and CPUs cannot make a link carry more than its packets allow.");
	pb_say_fact(f,
		    &(struct pb_fact){"steps.csv", "bw_bytes_s", top->t0_ns, top->t1_ns, carried,
				      LINK_FULL * can, "B/s", "docs/rules.md D2"},
		    "%.0f MB/s of %.0f that %s (%g GT/s x%g, payloads of %.0f bytes%s) carries",
		    carried / 1e6, can / 1e6, cap.bdf, cap.gts, cap.width, cap.mps,
		    cap.mps_known ? "" : PB_N(", assumed"));
	if (!cap.mps_known)
		pb_say_nature(f, "medium", NULL, NULL);
	return 0;
}

/* The first hop whose link may sleep; NULL when none does. *known: the column could be read. */
static const char *sleeping_hop(const struct pb_table *t, const char **mode, bool *known)
{
	int aspm = t ? pb_table_col(t, "aspm") : -1;

	*known = false;
	for (size_t row = 0; t && row < pb_table_rows(t); row++) {
		*mode = pb_table_str(t, row, aspm);
		*known = *known || **mode;
		if (**mode && strcmp(*mode, "off") != 0)
			return pb_table_str(t, row, pb_table_col(t, "bdf"));
	}
	return NULL;
}

/* R-D5 */
static int rule_sleep(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const char *mode = "", *hop;
	struct pb_finding *f;
	struct pb_modes m;
	bool known;

	if (pb_modes_read(&m, run) < 0 || !m.second)
		return 0;
	hop = sleeping_hop(pb_run_table(run, PCIE), &mode, &known);
	if (!known) {
		say_lacking(
			rule, out,
			PB_N("Some I/Os at depth 1 take longer by a fixed time; whether the link sleeps is "
			     "not known"),
			PB_N(PCIE ", column aspm"));
		return 0;
	}
	if (!hop)
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
		   "%.0f%% of the I/Os at depth 1 wait %.0f us more: the link or the disk wakes up",
		   100 * m.share, m.extra_ns / 1e3);
	pb_say_nature(f, "medium", "more power while idle", "L");
	pb_say_what(
		f,
		"The latency at depth 1 has a second mode that is gone at depth %lld, where the link never "
		"rests. ASPM lets %s sleep (%s); NVMe power states do the same to the disk.",
		(long long)m.busy_depth, hop, mode);
	pb_say_fact(f,
		    &(struct pb_fact){"latency.csv", "lat_ns", m.t0_ns, m.t1_ns, m.share, PB_MODES_SHARE,
				      "share", "docs/rules.md D5"},
		    "modes at %.1f and %.1f us; at depth %lld %.1f%% lie there", m.first_ns / 1e3,
		    (m.first_ns + m.extra_ns) / 1e3, (long long)m.busy_depth, 100 * m.busy_share);
	pb_say_apply(
		f,
		"cat /sys/module/pcie_aspm/parameters/policy   # the word in brackets is the present policy");
	pb_say_apply(f, "echo performance > /sys/module/pcie_aspm/parameters/policy");
	pb_say_apply(f,
		     "if it stays: nvme_core.default_ps_max_latency_us=0 on the guest's kernel command line");
	pb_say_undo(f, "echo POLICY > /sys/module/pcie_aspm/parameters/policy   # the former word; default: "
		       "default");
	pb_say_verify(f, "passbench run --depth 1,2: one mode at depth 1");
	return 0;
}

static const struct pb_rule rules[] = {
	{"R-D1", "a link slower or narrower under load than both its ends can do", "vfio,virtio-blk,local",
	 "docs/rules.md D1", rule_downgraded},
	{"R-D2", "the link carries more than 90% of what it can", "vfio,virtio-blk,local", "docs/rules.md D2",
	 rule_full},
	{"R-D5", "a second mode of latency at depth 1 where the link may sleep", "vfio,virtio-blk,local",
	 "docs/rules.md D5", rule_sleep},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_pcie = {
	.name = FAMILY,
	.help = "the PCIe link: trained to less than it can, full, asleep between I/Os",
	.rules = rules,
};
