/*
 * Fairness of what disks or guests got while they were measured at once, each against what it does alone, and
 * the limits that would make it fair. It limits nothing: a neighbour's limit is its owner's decision.
 */
#include "analyzers/fairness.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "analyzers/beside.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/solo.h"
#include "engine/lib/json.h"

#define FAMILY "neighbour"

/* docs/rules.md G: less is unfair */
#define JAIN_MIN 0.90
/* docs/rules.md G: what is left unshared, so that the limits and not the disk hold everyone back */
#define USED 0.90

double pb_fairness_jain(const double *share, unsigned n)
{
	double sum = 0, squares = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!(share[i] >= 0))
			return NAN;
		sum += share[i];
		squares += share[i] * share[i];
	}
	return squares > 0 ? sum * sum / (n * squares) : NAN;
}

struct fairness {
	struct pb_beside b;
	struct pb_sweep s;
	const struct pb_point *top;
	struct pb_solo solo;
	double share[PB_BESIDE_MAX + 1], bytes_s[PB_BESIDE_MAX + 1]; /* this run first */
	double jain, limit;                                          /* of each; bytes a second */
};

static void say_shares(struct pb_finding *f, const struct fairness *x)
{
	pb_say_fact(f,
		    &(struct pb_fact){PB_BESIDE_FILE, "share", x->top->t0_ns, x->top->t1_ns, x->jain,
				      JAIN_MIN, "index", "docs/rules.md G"},
		    "Jain's index of the shares is %.2f, with 1 for equal ones", x->jain);
	pb_say_fact(f,
		    &(struct pb_fact){"manifest.json", "solo.points", x->top->t0_ns, x->top->t1_ns,
				      x->share[0], NAN, "share", ""},
		    "this disk: %.0f%% of what it does alone, %.1f MB/s", 100 * x->share[0],
		    x->bytes_s[0] / 1e6);
	for (unsigned i = 0; i < x->b.n; i++)
		pb_say_fact(f,
			    &(struct pb_fact){PB_BESIDE_FILE, "share", x->top->t0_ns, x->top->t1_ns,
					      x->share[i + 1], NAN, "share", ""},
			    "%.60s (%.200s): %.0f%% of what it does alone, %.1f MB/s", x->b.v[i].serial,
			    x->b.v[i].dir, 100 * x->share[i + 1], x->bytes_s[i + 1] / 1e6);
}

static json_t *number(double v)
{
	return isfinite(v) ? json_real(round(v * 1e4) / 1e4) : json_null();
}

static json_t *params(const struct fairness *x)
{
	json_t *list = json_array();

	for (unsigned i = 0; i <= x->b.n; i++)
		json_array_append_new(list,
				      json_pack("{s:s,s:o,s:o}", "dir", i ? x->b.v[i - 1].dir : "", "share",
						number(x->share[i]), "bytes_s", number(x->bytes_s[i])));
	return json_pack("{s:s,s:o,s:o,s:o}", "kind", "fairness", "jain", number(x->jain), "limit_bytes_s",
			 number(x->limit), "runs", list);
}

/* How a guest is held to its share, where its disk is driven. */
static void say_limits(struct pb_finding *f, const struct pb_run *run, const struct fairness *x)
{
	long long limit = (long long)x->limit;
	const char *path = pb_run_path(run);

	if (strcmp(path, "virtio-blk") == 0) {
		pb_say_apply(f,
			     "for each that has more: virsh blkdeviotune DOMAIN vda --total-bytes-sec %lld "
			     "--live",
			     limit);
		pb_say_apply(f,
			     "or QMP: {\"execute\": \"block_set_io_throttle\", \"arguments\": {\"id\": "
			     "\"QDEV\", \"bps\": %lld, \"bps_rd\": 0, \"bps_wr\": 0, \"iops\": 0, "
			     "\"iops_rd\": 0, \"iops_wr\": 0}}",
			     limit);
		pb_say_undo(f, "virsh blkdeviotune DOMAIN vda --total-bytes-sec 0 --live; QMP: the same with "
			       "bps 0");
	} else {
		pb_say_apply(f,
			     "for each that has more, %s: echo 'MAJ:MIN rbps=%lld wbps=%lld' > "
			     "/sys/fs/cgroup/GROUP/io.max",
			     strcmp(path, "local") == 0
				     ? PB_N("in its cgroup")
				     : PB_N("inside its guest, if that can be trusted to keep it"),
			     limit, limit);
		pb_say_undo(f, "echo 'MAJ:MIN rbps=max wbps=max' > the same file");
	}
	pb_say_verify(
		f, "both again with --solo DIR, then passbench analyze --beside: the index is 0.95 or more, "
		   "and p99 less than 1.5 times that of alone");
}

static void say(struct pb_finding *f, const struct pb_run *run, const struct fairness *x, bool fair)
{
	pb_say_what(f,
		    "%u disks or guests were measured at once; a share is what one got of its own throughput "
		    "alone. Equal shares of %.0f%% of what all moved together would be %.1f MB/s each.",
		    x->b.n + 1, 100 * USED, x->limit / 1e6);
	say_shares(f, x);
	if (!fair) {
		pb_say_nature(f, "medium", "those that had more get slower", "L");
		say_limits(f, run, x);
	}
	if (f)
		f->params = params(x);
}

/* False, with a finding that says so, when a share is not known. */
static bool shares(struct fairness *x, struct pb_run *run, const struct pb_rule *rule,
		   struct pb_findings *out)
{
	struct pb_finding *f = NULL;
	double sum;

	pb_solo_read(&x->solo, run, &x->s);
	x->share[0] = 1 / x->solo.ratio;
	x->bytes_s[0] = sum = pb_beside_bytes(run, x->top->t0_ns, x->top->t1_ns);
	for (unsigned i = 0; i < x->b.n; i++) {
		x->share[i + 1] = x->b.v[i].share;
		x->bytes_s[i + 1] = x->b.v[i].bytes_s;
		sum += x->b.v[i].bytes_s;
	}
	x->limit = USED * sum / (x->b.n + 1);
	x->jain = pb_fairness_jain(x->share, x->b.n + 1);
	if (!isnan(x->jain) && !isnan(x->limit))
		return true;
	f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "How fairly the runs shared is not known");
	for (unsigned i = 0; i <= x->b.n; i++)
		if (isnan(x->share[i]))
			pb_say_missing(f, "%.200s: what it does alone (passbench run --solo DIR)",
				       i ? x->b.v[i - 1].dir : PB_N("this run"));
	if (isnan(x->limit))
		pb_say_missing(f, "engine.csv, columns read_bytes and write_bytes");
	return false;
}

int pb_rule_fairness(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_err err = PB_ERR_INIT;
	struct fairness x = {.jain = NAN};
	int rc = pb_beside_read(&x.b, run, &err);

	if (rc < 0)
		pb_run_damaged(run, rc, &err);
	if (rc == 0 && x.b.n > 0) {
		pb_sweep_read(&x.s, run);
		pb_sweep_valid(&x.s);
		x.top = pb_sweep_top(&x.s);
	}
	if (x.top && shares(&x, run, rule, out)) {
		bool fair = x.jain >= JAIN_MIN;

		say(pb_say(out, rule, FAMILY, fair ? PB_SEV_INFO : PB_SEV_ADVICE,
			   "%s: Jain's index of %u shares is %.2f",
			   fair ? PB_N("The disk's way was shared fairly")
				: PB_N("The disk's way was not shared fairly"),
			   x.b.n + 1, x.jain),
		    run, &x, fair);
	}
	pb_beside_fini(&x.b);
	return rc == -ENOMEM ? rc : 0;
}
