/*
 * People say that four NVMe disks on one uplink lose 62% of their throughput. Here that is computed from this
 * disk's largest throughput and the uplink's capacity; what sharing really cost is measured with --solo and
 * --beside. Not in the lab, whose links are emulated.
 */
#include "analyzers/uplink.h"

#include <math.h>
#include <string.h>

#include "analyzers/jitter.h"
#include "analyzers/linkcap.h"
#include "analyzers/neighbours.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/workpoint.h"

#define FAMILY PB_THUMB_FAMILY
#define PCIE "host/pcie.csv"

/* docs/rules.md thumb-uplink: what people quote */
#define QUOTED_DISKS 4
#define QUOTED_SHARE 0.38

double pb_uplink_share(double uplink_bytes_s, double bytes_s, double n)
{
	return uplink_bytes_s > 0 && bytes_s > 0 && n >= 1 ? fmin(1, uplink_bytes_s / (n * bytes_s)) : NAN;
}

/* The slowest link of the hops that as many other disks are below; bytes a second before packets, 0 =
 * unknown.
 */
static double uplink_raw(const struct pb_table *t, int64_t disks, const char **bdf)
{
	int shared = pb_table_col(t, "shared_disks"), name = pb_table_col(t, "bdf");
	int speed = pb_table_col(t, "link_speed_gts"), width = pb_table_col(t, "link_width");
	double least = 0;

	/* shared_* stands in some rows of a hop only: they name it, any row tells its link */
	for (size_t row = 0; row < pb_table_rows(t); row++) {
		const char *hop = pb_table_str(t, row, name);

		if (pb_table_i64(t, row, shared) != disks)
			continue;
		for (size_t k = 0; k < pb_table_rows(t); k++) {
			double raw = pb_linkcap_raw(pb_table_num(t, k, speed), pb_table_num(t, k, width));

			if (strcmp(pb_table_str(t, k, name), hop) != 0 || !(raw > 0) ||
			    (least > 0 && raw >= least))
				continue;
			least = raw;
			*bdf = hop;
		}
	}
	return least;
}

static void say(const struct pb_rule *rule, struct pb_findings *out, const struct pb_neighbours *near,
		const struct pb_point *p, double uplink, const char *bdf)
{
	double n = (double)near->disks + 1, here = pb_uplink_share(uplink, p->bw_bytes_s, n);
	double quoted = pb_uplink_share(uplink, p->bw_bytes_s, QUOTED_DISKS);
	struct pb_finding *f = pb_say(
		out, rule, FAMILY, PB_SEV_INFO,
		here < 1 ? "%.0f disks like this one below one port would keep %.0f%% of their throughput"
			 : PB_N("%.0f disks like this one below one port would each keep all of their "
				"throughput (%.0f%%)"),
		n, 100 * here);

	pb_say_what(f,
		    "People say that four disks on one uplink lose 62%%. All at once, disks share what the "
		    "port carries; four like this one would keep %.0f%% each here. Other disks and loads "
		    "differ: measured alone and then beside the others (--solo, --beside) this one tells.",
		    100 * quoted);
	pb_say_fact(f,
		    &(struct pb_fact){PCIE, "shared_disks", p->t0_ns, p->t1_ns, quoted, QUOTED_SHARE, "share",
				      "docs/rules.md thumb-uplink"},
		    "the link of %s carries %.0f MB/s, this disk reached %.0f; %.200s below the same port",
		    bdf, uplink / 1e6, p->bw_bytes_s / 1e6, near->with);
}

int pb_uplink_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const struct pb_table *t = pb_run_table(run, PCIE);
	struct pb_neighbours near;
	struct pb_linkcap cap;
	const char *bdf = "";
	struct pb_point p;
	double raw;

	if (json_is_true(json_object_get(pb_run_section(run, "host"), "lab")) || !pb_workpoint_top(&p, run))
		return 0;
	pb_neighbours_read(&near, run, 0, 0);
	if (!near.known)
		pb_say_lack(out, FAMILY, rule, PCIE ", columns shared_disks and shared_with");
	if (near.disks == 0)
		return 0;
	raw = uplink_raw(t, near.disks, &bdf);
	pb_linkcap_read(&cap, run, p.t0_ns, p.t1_ns);
	if (!(raw > 0) || !cap.known || isnan(p.bw_bytes_s)) {
		pb_say_lack(out, FAMILY, rule, "%s",
			    isnan(p.bw_bytes_s)
				    ? "steps.csv, column bw_bytes_s"
				    : PB_N(PCIE ", columns link_speed_gts and link_width of the port"));
		return 0;
	}
	/* packets cost the uplink what they cost the disk's own link */
	say(rule, out, &near, &p, raw * cap.read_bytes_s / pb_linkcap_raw(cap.gts, cap.width), bdf);
	return 0;
}
