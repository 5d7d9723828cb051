/*
 * Throughput at depths that were not measured, by a model fitted to those that were, and how far that can be
 * trusted: every inner depth is also predicted without its own measurement. It recommends nothing and says
 * nothing beyond the measured range. Numbers of vCPUs are predict_vcpus.c's, earlier predictions
 * predict_later.c's.
 */
#include <errno.h>
#include <stdlib.h>

#include "analyzers/analyzer.h"
#include "analyzers/predict_fit.h"
#include "analyzers/predict_later.h"
#include "analyzers/predict_vcpus.h"
#include "analyzers/say.h"

#define FAMILY PB_PREDICT_FAMILY
#define STEPS "steps.csv"
#define ALL "vfio,virtio-blk,local"

struct predict {
	struct pb_sweep s;
	struct pb_fit fit;
};

/* Depths between the measured ones: the geometric middle of each two neighbours. */
static json_t *curve(const struct pb_fit *f)
{
	json_t *list = json_array();

	for (unsigned i = 0; i + 1 < f->n; i++) {
		double n = round(sqrt(f->p[i].n * f->p[i + 1].n));
		struct pb_ci c = pb_usl_predict(&f->u, n);

		if (n > f->p[i].n && n < f->p[i + 1].n)
			json_array_append_new(list, pb_fit_at("depth", n, &c));
	}
	return list;
}

static void say_checks(struct pb_finding *f, const struct predict *p)
{
	const struct pb_fit *t = &p->fit;

	for (unsigned i = 1; i + 1 < t->n; i++)
		pb_say_fact(
			f,
			&(struct pb_fact){STEPS, "iops", p->s.p[i].t0_ns, p->s.p[i].t1_ns, t->p[i].x,
					  t->out[i].est, "1/s", "leave-one-out"},
			"depth %.0f: %.0f IOPS predicted from the other depths (%.0f to %.0f), %.0f measured "
			"(%+.1f%%)",
			t->p[i].n, t->out[i].est, t->out[i].lo, t->out[i].hi, t->p[i].x,
			100 * (t->p[i].x / t->out[i].est - 1));
}

static void say(const struct pb_rule *rule, struct pb_findings *out, const struct predict *p)
{
	const struct pb_fit *t = &p->fit;
	bool good = t->error <= PB_PREDICT_ERROR_MAX;
	struct pb_finding *f;

	if (good)
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "Throughput at depths not measured is predicted within %.1f%%", 100 * t->error);
	else
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "No prediction: the models miss this curve by %.0f%%", 100 * t->error);
	pb_say_what(
		f,
		"Each measured depth but the first and the last was predicted from the others: %.1f%% off on "
		"average, %u of %u within their 95%% interval. Nothing is said outside depths %.0f to %.0f, "
		"nor about other numbers of vCPUs: passbench poc --vcpus measures those.",
		100 * t->error, t->inside, t->n - 2, t->u.from_n, t->u.to_n);
	pb_fit_say_error(f, t, STEPS);
	pb_fit_say_model(f, t, STEPS, PB_N("I/O in flight"));
	if (!isnan(t->u.peak_n))
		pb_say_fact(
			f,
			&(struct pb_fact){STEPS, "depth", 0, 0, t->u.peak_n, NAN, "I/Os", "docs/rules.md A2"},
			"largest throughput at depth %.0f", t->u.peak_n);
	say_checks(f, p);
	pb_say_nature(f, good ? "medium" : "low", NULL, NULL);
	if (f && good)
		f->params = pb_fit_params(t, "prediction", "depth", curve(t));
}

static int rule_predict(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct predict *p = calloc(1, sizeof(*p));
	struct pb_finding *f;

	if (!p)
		return -ENOMEM;
	pb_sweep_read(&p->s, run);
	pb_sweep_valid(&p->s);
	pb_fit_depths(&p->fit, &p->s);
	if (pb_fit_choose_depths(&p->fit)) {
		say(rule, out, p);
	} else if (p->fit.n) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "No prediction: %u depths are too few for a model",
			   p->fit.n);
		pb_say_missing(f, "steps.csv: %d valid depths with iops; there are %u", PB_USL_LEAST + 1,
			       p->fit.n);
	}
	free(p);
	return 0;
}

static const struct pb_rule rules[] = {
	{"predict", "throughput at depths not measured, with its error", ALL ",imported",
	 "docs/rules.md A1, A2", rule_predict},
	{"predict-vcpus", "throughput at numbers of vCPUs not measured, with its error", ALL,
	 "docs/rules.md A2", pb_rule_predict_vcpus},
	{"predict-later", "an earlier run's prediction against this measurement", ALL,
	 "docs/rules.md prediction", pb_rule_predict_later},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_predict = {
	.name = FAMILY,
	.help = "throughput at depths and numbers of vCPUs not measured, from a fitted model, and how far "
		"off it is",
	.rules = rules,
};
