/*
 * The model that predicts measured points best, for either axis of the family predict: depths or numbers of
 * vCPUs. What is said about it is the rules'.
 */
#ifndef PB_ANALYZERS_PREDICT_FIT_H
#define PB_ANALYZERS_PREDICT_FIT_H

#include "analyzers/analyzer.h"
#include "analyzers/sweep.h"
#include "engine/lib/usl.h"

#define PB_PREDICT_FAMILY "predict"
/* [ours] a model that misses by more says nothing a reader could use */
#define PB_PREDICT_ERROR_MAX 0.10
/* A 95% interval of steps.csv is this many standard errors to each side. */
#define PB_SE_95 1.96

struct pb_fit {
	struct pb_usl_point p[PB_USL_POINTS];
	struct pb_ci out[PB_USL_POINTS]; /* leave-one-out; the ends are NAN */
	unsigned n, inside;              /* points; inner ones within their interval */
	bool intervals;                  /* the leave-one-out predictions have intervals */
	struct pb_usl u;
	double error; /* mean relative error of the inner points */
};

/* One point for each depth of a sweep's valid points. */
void pb_fit_depths(struct pb_fit *f, const struct pb_sweep *valid);
/* The model of models[0..n) that predicts best what it has not seen, the earlier one on a tie; false when
 * none can be judged. */
bool pb_fit_choose(struct pb_fit *f, const enum pb_usl_model *models, unsigned n);
/* As "depth" is predicted by the rule predict: the models that it chooses from. */
bool pb_fit_choose_depths(struct pb_fit *f);

/* Six digits: more would be noise, and differ between machines. null when not finite. */
json_t *pb_fit_number(double v);
json_t *pb_fit_interval(const struct pb_ci *c); /* [estimate, lo, hi] */
/* {axis: N, "iops": [..]} */
json_t *pb_fit_at(const char *axis, double n, const struct pb_ci *c);
/* Params of a finding: docs/findings.md, kind and axis ("depth", "vcpus") as given, curve is stolen. */
json_t *pb_fit_params(const struct pb_fit *f, const char *kind, const char *axis, json_t *curve);

/* Evidence that both axes give: the model in words, and each inner point against its prediction. */
void pb_fit_say_model(struct pb_finding *f, const struct pb_fit *p, const char *file, const char *unit);
void pb_fit_say_error(struct pb_finding *f, const struct pb_fit *p, const char *file);

#endif
