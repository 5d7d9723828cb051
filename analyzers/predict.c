/*
 * Throughput at depths that were not measured, by a model fitted to those that were, and how far that can be
 * trusted: every inner depth is also predicted without its own measurement. It recommends nothing and says
 * nothing beyond the measured range.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzers/analyzer.h"
#include "analyzers/say.h"
#include "analyzers/sweep.h"
#include "engine/lib/usl.h"

#define FAMILY "predict"
#define STEPS "steps.csv"

/* [ours] a model that misses by more says nothing a reader could use */
#define ERROR_MAX 0.10
/* A 95% interval of steps.csv is this many standard errors to each side. */
#define SE_95 1.96

struct predict {
	struct pb_sweep s;
	struct pb_usl_point p[PB_USL_POINTS];
	struct pb_ci out[PB_USL_POINTS]; /* leave-one-out */
	unsigned n, inside;
	struct pb_usl u;
	double error; /* mean relative error of the inner depths */
};

static const char *model_name(enum pb_usl_model m)
{
	return m == PB_USL_LAW ? "usl" : "asymptotes";
}

/* Six digits: more would be noise, and differ between machines. */
static json_t *number(double v)
{
	char text[32];

	if (!isfinite(v))
		return json_null();
	snprintf(text, sizeof(text), "%.6g", v);
	return json_real(strtod(text, NULL));
}

static json_t *interval(const struct pb_ci *c)
{
	return json_pack("[o,o,o]", number(c->est), number(c->lo), number(c->hi));
}

static void read_points(struct predict *p, struct pb_run *run)
{
	pb_sweep_read(&p->s, run);
	pb_sweep_valid(&p->s);
	for (unsigned i = 0; i < p->s.n && p->n < PB_USL_POINTS; i++) {
		const struct pb_point *q = &p->s.p[i];

		if (p->n && p->p[p->n - 1].n >= (double)q->depth)
			continue;
		p->p[p->n++] = (struct pb_usl_point){
			.n = (double)q->depth, .x = q->iops, .se = (q->iops_hi - q->iops_lo) / (2 * SE_95)};
	}
}

/* The model that predicts what it has not seen best; false when neither can be judged. */
static bool choose(struct predict *p)
{
	bool found = false;

	for (int m = PB_USL_LAW; m <= PB_USL_ASYMPTOTES; m++) {
		struct pb_ci out[PB_USL_POINTS];
		unsigned inside;
		struct pb_usl u;
		double error;

		if (pb_usl_fit(&u, (enum pb_usl_model)m, p->p, p->n) < 0 ||
		    pb_usl_leave_one_out((enum pb_usl_model)m, p->p, p->n, out, &error, &inside) < 0 ||
		    !(!found || error < p->error))
			continue;
		found = true;
		p->u = u;
		p->error = error;
		p->inside = inside;
		for (unsigned i = 0; i < p->n; i++)
			p->out[i] = out[i];
	}
	return found;
}

/* Depths between the measured ones: the geometric middle of each two neighbours. */
static json_t *curve(const struct predict *p)
{
	json_t *list = json_array();

	for (unsigned i = 0; i + 1 < p->n; i++) {
		double n = round(sqrt(p->p[i].n * p->p[i + 1].n));
		struct pb_ci c = pb_usl_predict(&p->u, n);

		if (n > p->p[i].n && n < p->p[i + 1].n)
			json_array_append_new(
				list, json_pack("{s:o,s:o}", "depth", number(n), "iops", interval(&c)));
	}
	return list;
}

static json_t *params(const struct predict *p)
{
	json_t *check = json_array();

	for (unsigned i = 1; i + 1 < p->n; i++)
		json_array_append_new(check,
				      json_pack("{s:o,s:o,s:o}", "depth", number(p->p[i].n), "measured",
						number(p->p[i].x), "predicted", interval(&p->out[i])));
	return json_pack("{s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "kind", "prediction", "model",
			 model_name(p->u.model), "lambda", interval(&p->u.lambda), "sigma",
			 interval(&p->u.sigma), "kappa", interval(&p->u.kappa), "peak_depth",
			 number(p->u.peak_n), "r1_s", number(p->u.r1), "x_max", number(p->u.x_max), "range",
			 json_pack("[o,o]", number(p->u.from_n), number(p->u.to_n)), "error",
			 number(p->error), "check", check, "curve", curve(p));
}

static void say_model(struct pb_finding *f, const struct predict *p)
{
	const struct pb_usl *u = &p->u;

	if (u->model == PB_USL_LAW)
		pb_say_fact(f,
			    &(struct pb_fact){STEPS, "iops", 0, 0, u->sigma.est, NAN, "share",
					      "docs/rules.md A2"},
			    "universal scalability law: %.0f IOPS for one I/O in flight, %.2g of each "
			    "further one "
			    "lost to waiting, %.2g to crosstalk",
			    u->lambda.est, u->sigma.est, u->kappa.est);
	else
		pb_say_fact(f,
			    &(struct pb_fact){STEPS, "iops", 0, 0, u->x_max, NAN, "1/s", "docs/rules.md A1"},
			    "Little's law with two asymptotes: %.1f us an I/O until %.0f IOPS are reached",
			    1e6 * u->r1, u->x_max);
	if (!isnan(u->peak_n))
		pb_say_fact(
			f,
			&(struct pb_fact){STEPS, "depth", 0, 0, u->peak_n, NAN, "I/Os", "docs/rules.md A2"},
			"largest throughput at depth %.0f", u->peak_n);
}

static void say_checks(struct pb_finding *f, const struct predict *p)
{
	for (unsigned i = 1; i + 1 < p->n; i++)
		pb_say_fact(
			f,
			&(struct pb_fact){STEPS, "iops", p->s.p[i].t0_ns, p->s.p[i].t1_ns, p->p[i].x,
					  p->out[i].est, "1/s", "leave-one-out"},
			"depth %.0f: %.0f IOPS predicted from the other depths (%.0f to %.0f), %.0f measured "
			"(%+.1f%%)",
			p->p[i].n, p->out[i].est, p->out[i].lo, p->out[i].hi, p->p[i].x,
			100 * (p->p[i].x / p->out[i].est - 1));
}

static void say(const struct pb_rule *rule, struct pb_findings *out, const struct predict *p)
{
	bool good = p->error <= ERROR_MAX;
	struct pb_finding *f;

	if (good)
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "Throughput at depths not measured is predicted within %.1f%%", 100 * p->error);
	else
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "No prediction: the models miss this curve by %.0f%%", 100 * p->error);
	pb_say_what(
		f,
		"Each measured depth but the first and the last was predicted from the others: %.1f%% off on "
		"average, %u of %u within their 95%% interval. Nothing is said outside depths %.0f to %.0f, "
		"nor about other numbers of vCPUs: this run has one.",
		100 * p->error, p->inside, p->n - 2, p->u.from_n, p->u.to_n);
	pb_say_fact(f,
		    &(struct pb_fact){STEPS, "iops", 0, 0, p->error, ERROR_MAX, "share",
				      "docs/rules.md prediction"},
		    "mean error of prediction against measurement %.1f%%", 100 * p->error);
	say_model(f, p);
	say_checks(f, p);
	pb_say_nature(f, good ? "medium" : "low", NULL, NULL);
	if (f && good)
		f->params = params(p);
}

static int rule_predict(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct predict *p = calloc(1, sizeof(*p));
	struct pb_finding *f;

	if (!p)
		return -ENOMEM;
	read_points(p, run);
	if (p->n > PB_USL_LEAST && choose(p)) {
		say(rule, out, p);
	} else if (p->n) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "No prediction: %u depths are too few for a model",
			   p->n);
		pb_say_missing(f, "steps.csv: %d valid depths with iops; there are %u", PB_USL_LEAST + 1,
			       p->n);
	}
	free(p);
	return 0;
}

static const struct pb_rule rules[] = {
	{"predict", "throughput at depths not measured, with its error", "vfio,virtio-blk,local",
	 "docs/rules.md A1, A2", rule_predict},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_predict = {
	.name = FAMILY,
	.help = "throughput at depths not measured, from a fitted model, and how far off it is",
	.rules = rules,
};
