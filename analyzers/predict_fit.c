/*
 * Choosing a model by what it predicts without having seen it, and the numbers of a prediction as JSON.
 */
#include "analyzers/predict_fit.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyzers/say.h"

void pb_fit_depths(struct pb_fit *f, const struct pb_sweep *valid)
{
	f->n = 0;
	for (unsigned i = 0; i < valid->n && f->n < PB_USL_POINTS; i++) {
		const struct pb_point *q = &valid->p[i];

		if (f->n && f->p[f->n - 1].n >= (double)q->depth)
			continue;
		f->p[f->n++] = (struct pb_usl_point){.n = (double)q->depth,
						     .x = q->iops,
						     .se = (q->iops_hi - q->iops_lo) / (2 * PB_SE_95)};
	}
}

bool pb_fit_choose(struct pb_fit *f, const enum pb_usl_model *models, unsigned n)
{
	bool found = false;

	for (unsigned m = 0; m < n; m++) {
		struct pb_ci out[PB_USL_POINTS];
		unsigned inside;
		struct pb_usl u;
		double error;

		if (pb_usl_fit(&u, models[m], f->p, f->n) < 0 ||
		    pb_usl_leave_one_out(models[m], f->p, f->n, out, &error, &inside) < 0 ||
		    !(!found || error < f->error))
			continue;
		found = true;
		f->u = u;
		f->error = error;
		f->inside = inside;
		for (unsigned i = 0; i < f->n; i++)
			f->out[i] = out[i];
	}
	f->intervals = found && f->n > 2 && !isnan(f->out[1].lo);
	return found;
}

bool pb_fit_choose_depths(struct pb_fit *f)
{
	static const enum pb_usl_model models[] = {PB_USL_LAW, PB_USL_ASYMPTOTES};

	return f->n > PB_USL_LEAST && pb_fit_choose(f, models, 2);
}

json_t *pb_fit_number(double v)
{
	char text[32];

	if (!isfinite(v))
		return json_null();
	snprintf(text, sizeof(text), "%.6g", v);
	return json_real(strtod(text, NULL));
}

json_t *pb_fit_interval(const struct pb_ci *c)
{
	return json_pack("[o,o,o]", pb_fit_number(c->est), pb_fit_number(c->lo), pb_fit_number(c->hi));
}

json_t *pb_fit_at(const char *axis, double n, const struct pb_ci *c)
{
	return json_pack("{s:o,s:o}", axis, pb_fit_number(n), "iops", pb_fit_interval(c));
}

static const char *model_name(enum pb_usl_model m)
{
	return m == PB_USL_ASYMPTOTES ? "asymptotes" : m == PB_USL_AMDAHL ? "amdahl" : "usl";
}

json_t *pb_fit_params(const struct pb_fit *f, const char *kind, const char *axis, json_t *curve)
{
	json_t *check = json_array();

	for (unsigned i = 1; i + 1 < f->n; i++)
		json_array_append_new(check, json_pack("{s:o,s:o,s:o}", axis, pb_fit_number(f->p[i].n),
						       "measured", pb_fit_number(f->p[i].x), "predicted",
						       pb_fit_interval(&f->out[i])));
	return json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "kind", kind, "axis", axis,
			 "model", model_name(f->u.model), "lambda", pb_fit_interval(&f->u.lambda), "sigma",
			 pb_fit_interval(&f->u.sigma), "kappa", pb_fit_interval(&f->u.kappa), "peak_depth",
			 pb_fit_number(f->u.peak_n), "r1_s", pb_fit_number(f->u.r1), "x_max",
			 pb_fit_number(f->u.x_max), "range",
			 json_pack("[o,o]", pb_fit_number(f->u.from_n), pb_fit_number(f->u.to_n)), "error",
			 pb_fit_number(f->error), "check", check, "curve", curve);
}

void pb_fit_say_model(struct pb_finding *f, const struct pb_fit *p, const char *file, const char *unit)
{
	const struct pb_usl *u = &p->u;

	if (u->model != PB_USL_ASYMPTOTES)
		pb_say_fact(
			f,
			&(struct pb_fact){file, "iops", 0, 0, u->sigma.est, NAN, "share", "docs/rules.md A2"},
			"universal scalability law: %.0f IOPS for one %s, %.2g of each "
			"further one "
			"lost to waiting, %.2g to crosstalk",
			u->lambda.est, unit, u->sigma.est, u->kappa.est);
	else
		pb_say_fact(f,
			    &(struct pb_fact){file, "iops", 0, 0, u->x_max, NAN, "1/s", "docs/rules.md A1"},
			    "two asymptotes: %.0f IOPS for each %s until %.0f IOPS are reached", 1 / u->r1,
			    unit, u->x_max);
}

void pb_fit_say_error(struct pb_finding *f, const struct pb_fit *p, const char *file)
{
	pb_say_fact(f,
		    &(struct pb_fact){file, "iops", 0, 0, p->error, PB_PREDICT_ERROR_MAX, "share",
				      "docs/rules.md prediction"},
		    "mean error of prediction against measurement %.1f%%", 100 * p->error);
}
