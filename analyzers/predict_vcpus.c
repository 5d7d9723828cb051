/*
 * Throughput over the number of vCPUs that submit: a model of two parameters (three from 6 numbers on) fitted
 * to guests of different size, visited in turns with one fio job a vCPU. Beyond the largest guest it looks no
 * further than twice that, and marks it.
 */
#include "analyzers/predict_vcpus.h"

#include <errno.h>
#include <stdlib.h>

#include "analyzers/run.h"
#include "analyzers/say.h"
#include "engine/lib/json.h"

#define FAMILY PB_PREDICT_FAMILY
#define FILE_NAME "vcpus/vcpus.json"
/* Two parameters, and a point to judge them by. */
#define LEAST 3
/* [ours] fewer numbers of vCPUs than this leave too little over to call a prediction more than low */
#define SURE 5
/* Every number between two measured ones is predicted while there are no more than this. */
#define BETWEEN 16

int pb_vcpus_read(struct pb_vcpus *v, struct pb_run *run, struct pb_err *err)
{
	int rc;

	*v = (struct pb_vcpus){.n = 0};
	rc = pb_pathset_read(&v->set, run, PB_PATHSET_VCPUS, err);
	if (rc < 0 || !v->set.n)
		return rc;
	v->depth = v->set.depth[v->set.n_depths - 1];
	v->host_cpus = pb_json_num(pb_run_section(run, "host"), "cpus", NAN);
	for (unsigned i = 0; i < v->set.n; i++) {
		const struct pb_pathset_arm *a = &v->set.arm[i];
		unsigned at = v->n;

		if (!a->visits || a->vcpus < 1)
			continue;
		while (at > 0 && v->set.arm[v->arm[at - 1]].vcpus > a->vcpus)
			at--;
		if (at > 0 && v->set.arm[v->arm[at - 1]].vcpus == a->vcpus)
			continue;
		for (unsigned k = v->n; k > at; k--)
			v->arm[k] = v->arm[k - 1];
		v->arm[at] = i;
		v->n++;
	}
	return 0;
}

void pb_vcpus_fini(struct pb_vcpus *v)
{
	pb_pathset_fini(&v->set);
}

static const struct pb_pathset_arm *arm_of(const struct pb_vcpus *v, unsigned i)
{
	return &v->set.arm[v->arm[i]];
}

static const double *visits_of(const struct pb_vcpus *v, unsigned i)
{
	return arm_of(v, i)->v[v->set.n_depths - 1][PB_PATH_IOPS];
}

bool pb_vcpus_fit(struct pb_fit *f, const struct pb_vcpus *v)
{
	static const enum pb_usl_model models[] = {PB_USL_AMDAHL, PB_USL_ASYMPTOTES, PB_USL_LAW};

	f->n = v->n;
	for (unsigned i = 0; i < v->n; i++) {
		unsigned n = arm_of(v, i)->visits;

		f->p[i] =
			(struct pb_usl_point){.n = (double)arm_of(v, i)->vcpus,
					      .x = pb_stats_median(visits_of(v, i), n),
					      .se = n > 1 ? pb_stats_sd(visits_of(v, i), n) / sqrt(n) : NAN};
	}
	return f->n >= LEAST && pb_fit_choose(f, models, 3);
}

bool pb_vcpus_may(const struct pb_fit *f, double n)
{
	if (n >= f->u.from_n && n <= f->u.to_n)
		return true;
	if (n < f->u.from_n || n > 2 * f->u.to_n)
		return false;
	/* One point alone cannot tell a plateau from a curve that still rises. */
	return f->u.model != PB_USL_ASYMPTOTES || f->p[f->n - 2].n >= 0.98 * f->u.r1 * f->u.x_max;
}

static json_t *point(const struct pb_vcpus *v, unsigned i)
{
	unsigned d = v->set.n_depths - 1, n = arm_of(v, i)->visits;
	struct pb_ci ci = pb_stats_mean_ci(visits_of(v, i), n);

	ci.est = pb_stats_median(visits_of(v, i), n);
	return json_pack("{s:I,s:o,s:o,s:i}", "vcpus", (json_int_t)arm_of(v, i)->vcpus, "iops",
			 pb_fit_interval(&ci), "cpu_us_per_io",
			 pb_fit_number(pb_pathset_median(&v->set, v->arm[i], d, PB_PATH_CPU)), "visits",
			 (int)n);
}

static void add_prediction(json_t *list, const struct pb_fit *f, double n)
{
	struct pb_ci c = pb_usl_extrapolate(&f->u, n);
	json_t *j = pb_fit_at("vcpus", n, &c);

	json_object_set_new(j, "extrapolated", json_boolean(n > f->u.to_n));
	json_array_append_new(list, j);
}

/* Numbers between the measured ones, and the next doubling while the host has so many CPUs. */
static json_t *curve(const struct pb_fit *f, double host_cpus)
{
	json_t *list = json_array();
	double next = 2 * f->u.to_n;

	for (unsigned i = 0; i + 1 < f->n; i++) {
		double gap = f->p[i + 1].n - f->p[i].n - 1, middle = round(sqrt(f->p[i].n * f->p[i + 1].n));

		if (gap > BETWEEN)
			add_prediction(list, f, middle);
		for (unsigned k = 1; gap <= BETWEEN && k <= (unsigned)gap; k++)
			add_prediction(list, f, f->p[i].n + k);
	}
	if (next <= host_cpus && pb_vcpus_may(f, next))
		add_prediction(list, f, next);
	return list;
}

static void say_points(struct pb_finding *f, const struct pb_vcpus *v, const struct pb_fit *t)
{
	unsigned d = v->set.n_depths - 1;

	for (unsigned i = 0; i < v->n; i++) {
		struct pb_fact e = {FILE_NAME, "iops",        0,     0,
				    t->p[i].x, t->out[i].est, "1/s", "leave-one-out"};
		double cpu = pb_pathset_median(&v->set, v->arm[i], d, PB_PATH_CPU);

		if (i == 0 || i + 1 == v->n || isnan(t->out[i].est)) {
			e.threshold = NAN;
			e.source = "";
			pb_say_fact(f, &e, "%.0f vCPUs: %.0f IOPS measured, %.1f us of host CPU for each I/O",
				    t->p[i].n, t->p[i].x, cpu);
		} else {
			pb_say_fact(f, &e,
				    "%.0f vCPUs: %.0f IOPS predicted from the other numbers, %.0f measured "
				    "(%+.1f%%), %.1f us of host CPU for each I/O",
				    t->p[i].n, t->out[i].est, t->p[i].x,
				    100 * (t->p[i].x / t->out[i].est - 1), cpu);
		}
	}
}

static void say_curve(struct pb_finding *f, const json_t *list)
{
	const json_t *j;
	size_t i;

	json_array_foreach(list, i, j)
	{
		const json_t *ci = json_object_get(j, "iops");
		double est = json_number_value(json_array_get(ci, 0));
		bool beyond = json_is_true(json_object_get(j, "extrapolated"));

		pb_say_fact(f,
			    &(struct pb_fact){FILE_NAME, "iops", 0, 0, est, NAN, "1/s",
					      "docs/rules.md prediction"},
			    "%.0f vCPUs, not measured: %.0f IOPS%s", pb_json_num(j, "vcpus", NAN), est,
			    beyond ? PB_N("; beyond what was measured, so only if nothing new limits") : "");
	}
}

static void say(const struct pb_rule *rule, struct pb_findings *out, const struct pb_vcpus *v,
		const struct pb_fit *t)
{
	bool good = t->error <= PB_PREDICT_ERROR_MAX;
	json_t *points = json_array(), *list = curve(t, v->host_cpus);
	struct pb_finding *f;

	if (good)
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "Throughput at other numbers of vCPUs is predicted within %.1f%%", 100 * t->error);
	else
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "No prediction over vCPUs: the models miss what was measured by %.0f%%",
			   100 * t->error);
	pb_say_what(f,
		    "Guests of %.0f to %.0f vCPUs, one fio job on each vCPU, %u I/Os in flight in all, were "
		    "visited in turns. "
		    "Each number but the first and the last was predicted from the others%s. Nothing is said "
		    "beyond the CPUs of the host, nor beyond twice the largest guest.",
		    t->u.from_n, t->u.to_n, v->depth,
		    t->intervals ? "" : PB_N("; so few leave no interval of that prediction"));
	if (isnan(v->host_cpus))
		pb_say_missing(f, "manifest.json, host.cpus: larger guests than those visited");
	pb_fit_say_error(f, t, FILE_NAME);
	pb_fit_say_model(f, t, FILE_NAME, "vCPU");
	say_points(f, v, t);
	for (unsigned i = 0; i < v->n; i++)
		json_array_append_new(points, point(v, i));
	if (good)
		say_curve(f, list);
	pb_say_nature(f, good && v->n >= SURE ? "medium" : "low", NULL, NULL);
	if (f && good) {
		f->params = pb_fit_params(t, "prediction-vcpus", "vcpus", list);
		json_object_set_new(f->params, "depth", json_integer(v->depth));
		json_object_set_new(f->params, "points", points);
	} else {
		json_decref(list);
		json_decref(points);
	}
}

static void say_few(const struct pb_rule *rule, struct pb_findings *out, const struct pb_vcpus *v)
{
	struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
				      "No prediction over vCPUs: %u numbers are too few for a model", v->n);

	pb_say_missing(f, FILE_NAME ": %d numbers of vCPUs with a valid window each; there are %u", LEAST,
		       v->n);
	for (unsigned i = 0; i < v->set.n; i++)
		if (v->set.arm[i].failed)
			pb_say_missing(f, "%s: %s", v->set.arm[i].name, v->set.arm[i].failed);
}

int pb_rule_predict_vcpus(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_fit *fit = calloc(1, sizeof(*fit));
	struct pb_vcpus v;
	int rc;

	if (!fit)
		return -ENOMEM;
	rc = pb_vcpus_read(&v, run, &err);
	if (rc < 0)
		pb_run_damaged(run, rc, &err);
	else if (v.set.n && pb_vcpus_fit(fit, &v))
		say(rule, out, &v, fit);
	else if (v.set.n)
		say_few(rule, out, &v);
	pb_vcpus_fini(&v);
	free(fit);
	return rc == -ENOMEM ? rc : 0;
}
