/*
 * Prediction against later measurement. What is predicted comes from the earlier directory only, at depths
 * and numbers of vCPUs that it did not measure; what was measured is read from the later one when it is
 * analyzed.
 */
#include "analyzers/predict_later.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/predict_fit.h"
#include "analyzers/predict_vcpus.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "engine/lib/json.h"

#define FAMILY PB_PREDICT_FAMILY
#define FILE_NAME "predicted.json"
#define SCHEMA 1

/* What one run has measured, and what can be predicted from that. */
struct measured {
	struct pb_sweep s;
	struct pb_fit depths, vcpus; /* n 0: none */
	struct pb_vcpus v;
	bool depths_good, vcpus_good;
	int64_t guest_vcpus;
};

static bool trusted(bool fitted, const struct pb_fit *f)
{
	return fitted && f->error <= PB_PREDICT_ERROR_MAX;
}

static int measured_read(struct measured *m, struct pb_run *run, struct pb_err *err)
{
	int rc = pb_vcpus_read(&m->v, run, err);

	if (rc < 0)
		return rc;
	pb_sweep_read(&m->s, run);
	pb_sweep_valid(&m->s);
	pb_fit_depths(&m->depths, &m->s);
	m->depths_good = trusted(pb_fit_choose_depths(&m->depths), &m->depths);
	m->vcpus_good = trusted(pb_vcpus_fit(&m->vcpus, &m->v), &m->vcpus);
	m->guest_vcpus = pb_json_i64(pb_run_section(run, "guest"), "vcpus", PB_NA);
	return pb_run_status(run, err);
}

static bool has(const struct pb_fit *f, double n)
{
	for (unsigned i = 0; i < f->n; i++)
		if (f->p[i].n >= n && f->p[i].n <= n)
			return true;
	return false;
}

/* Depths of the later run that the earlier one did not measure, within its range, in guests of one size. */
static json_t *depths(const struct measured *was, const struct measured *is)
{
	json_t *list = json_array();

	if (!was->depths_good || was->guest_vcpus != is->guest_vcpus)
		return list;
	for (unsigned i = 0; i < is->depths.n; i++) {
		double n = is->depths.p[i].n;
		struct pb_ci c = pb_usl_predict(&was->depths.u, n);

		if (!has(&was->depths, n) && !isnan(c.est))
			json_array_append_new(list, pb_fit_at("depth", n, &c));
	}
	return list;
}

static json_t *vcpus(const struct measured *was, const struct measured *is)
{
	json_t *list = json_array();

	if (!was->vcpus_good || was->v.depth != is->v.depth)
		return list;
	for (unsigned i = 0; i < is->vcpus.n; i++) {
		double n = is->vcpus.p[i].n;
		struct pb_ci c = pb_usl_extrapolate(&was->vcpus.u, n);

		if (!has(&was->vcpus, n) && pb_vcpus_may(&was->vcpus, n))
			json_array_append_new(list, pb_fit_at("vcpus", n, &c));
	}
	return list;
}

static const char *text_of(const struct pb_run *run, const char *section, const char *key)
{
	return pb_json_str(pb_run_section(run, section), key, "");
}

/* Two runs of one thing, one after the other. */
static int comparable(const struct pb_run *was, const struct pb_run *is, const char *earlier,
		      struct pb_err *err)
{
	static const char *const same[][3] = {
		{"disk", "serial", "disk"}, {"profile", "name", "profile"}, {"disk", "path", "path"}};
	const char *ended = pb_json_str(pb_run_manifest(was), "ended_utc", "");
	const char *started = pb_json_str(pb_run_manifest(is), "started_utc", "");

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		const char *a = text_of(was, same[i][0], same[i][1]),
			   *b = text_of(is, same[i][0], same[i][1]);

		if (strcmp(a, b) != 0)
			return pb_fail(err, PB_USAGE, EINVAL,
				       "--against %.300s: its %s is '%.60s', this run's '%.60s': say a run "
				       "of the same",
				       earlier, same[i][2], a, b);
	}
	/* RFC 3339 in UTC sorts as text. */
	if (!ended[0] || !started[0] || strcmp(ended, started) > 0)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--against %.300s: that run ended at '%.30s', this one began at '%.30s': only "
			       "an earlier run predicts",
			       earlier, ended, started);
	return 0;
}

static int write_doc(struct pb_run *run, const struct pb_run *earlier, json_t *d, json_t *v,
		     struct pb_err *err)
{
	json_t *j = json_pack("{s:i,s:s,s:s,s:o,s:o}", "schema", SCHEMA, "dir", pb_run_dirname(earlier),
			      "ended_utc", pb_json_str(pb_run_manifest(earlier), "ended_utc", ""), "depths",
			      d, "vcpus", v);
	int rc = j ? pb_json_write(j, pb_run_dirfd(run), FILE_NAME, err)
		   : pb_fail(err, PB_MISSING, ENOMEM, "out of memory");

	json_decref(j);
	return rc;
}

static int predict(struct pb_run *run, struct pb_run *earlier, struct measured *m, struct pb_err *err)
{
	json_t *d, *v;
	int rc = measured_read(&m[0], earlier, err);

	if (rc == 0)
		rc = measured_read(&m[1], run, err);
	if (rc < 0)
		return rc;
	d = depths(&m[0], &m[1]);
	v = vcpus(&m[0], &m[1]);
	if (json_array_size(d) + json_array_size(v) > 0)
		return write_doc(run, earlier, d, v, err);
	json_decref(d);
	json_decref(v);
	return pb_fail(
		err, PB_USAGE, EINVAL,
		"--against %.300s: it predicts nothing that this run measured: no depth between its own "
		"ones, no number of vCPUs, or no model that fits",
		pb_run_dirname(earlier));
}

int pb_predict_later_write(struct pb_run *run, const char *earlier, struct pb_err *err)
{
	struct measured *m = calloc(2, sizeof(*m));
	struct pb_run *was = NULL;
	int rc;

	if (!m)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	rc = pb_run_open(&was, earlier, err);
	if (rc == 0)
		rc = comparable(was, run, earlier, err);
	if (rc == 0)
		rc = predict(run, was, m, err);
	pb_vcpus_fini(&m[0].v);
	pb_vcpus_fini(&m[1].v);
	pb_run_close(was);
	free(m);
	return rc;
}

/* What was measured at n; NAN when it was not. */
static double measured_at(const struct pb_fit *f, double n)
{
	for (unsigned i = 0; i < f->n; i++)
		if (f->p[i].n >= n && f->p[i].n <= n)
			return f->p[i].x;
	return NAN;
}

struct judged {
	json_t *rows;
	double error; /* mean relative */
	unsigned n, inside;
};

static void judge(struct judged *r, struct pb_finding *f, const char *axis, const json_t *list,
		  const struct pb_fit *is)
{
	const json_t *j;
	double sum = 0;
	size_t i;

	json_array_foreach(list, i, j)
	{
		double n = pb_json_num(j, axis, NAN), x = measured_at(is, n);
		const json_t *ci = json_object_get(j, "iops");
		double est = json_number_value(json_array_get(ci, 0));
		const json_t *lo = json_array_get(ci, 1), *hi = json_array_get(ci, 2);
		bool inside = json_is_number(lo) && json_is_number(hi) && x >= json_number_value(lo) &&
			      x <= json_number_value(hi);

		if (!(est > 0) || isnan(x))
			continue;
		r->n++;
		r->inside += inside;
		sum += fabs(est / x - 1);
		json_array_append_new(r->rows,
				      json_pack("{s:o,s:o,s:O,s:b}", axis, pb_fit_number(n), "measured",
						pb_fit_number(x), "predicted", ci, "inside", inside));
		pb_say_fact(
			f,
			&(struct pb_fact){strcmp(axis, "depth") == 0 ? "steps.csv" : "vcpus/vcpus.json",
					  "iops", 0, 0, x, est, "1/s", FILE_NAME},
			"%s %.0f: %.0f IOPS were predicted, %.0f measured (%+.1f%%), %s the 95%% interval",
			strcmp(axis, "depth") == 0 ? PB_N("depth") : PB_N("vCPUs:"), n, est, x,
			100 * (x / est - 1), inside ? PB_N("inside") : PB_N("outside"));
	}
	r->error = r->n ? sum / r->n : NAN;
}

/* One finding for each axis that has rows. */
static void say(const struct pb_rule *rule, struct pb_findings *out, const json_t *doc, const char *axis,
		const struct pb_fit *is)
{
	const json_t *list = json_object_get(doc, strcmp(axis, "depth") == 0 ? "depths" : "vcpus");
	struct judged r = {.rows = json_array()};
	struct pb_finding *f;

	if (json_array_size(list) == 0) {
		json_decref(r.rows);
		return;
	}
	f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "-");
	judge(&r, f, axis, list, is);
	if (!r.n) {
		if (f)
			pb_finding_set(&f->title, "Nothing of what was predicted was measured validly");
		pb_say_missing(f, "a valid window at what " FILE_NAME " predicts");
		json_decref(r.rows);
		return;
	}
	if (f) {
		f->params = json_pack("{s:s,s:s,s:o,s:o}", "kind", "prediction-later", "axis", axis, "error",
				      pb_fit_number(r.error), "check", r.rows);
		pb_finding_set(&f->title,
			       "%u of %u measurements fell into what an earlier run predicted (%.1f%% off)",
			       r.inside, r.n, 100 * r.error);
	} else {
		json_decref(r.rows);
	}
	pb_say_what(
		f,
		"The earlier run (%.200s, ended %.30s) had not measured these; its model was fitted to its "
		"own numbers only. A miss says that something else limits now, or that the machine has "
		"changed: passbench compare tells which settings differ.",
		pb_json_str(doc, "dir", "?"), pb_json_str(doc, "ended_utc", "?"));
}

static int eval(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out, const json_t *doc,
		struct measured *m, struct pb_err *err)
{
	int rc;

	if (pb_json_i64(doc, "schema", 0) != SCHEMA)
		return pb_fail(err, PB_USAGE, EPROTO, FILE_NAME ": schema %lld; this passbench reads %d",
			       (long long)pb_json_i64(doc, "schema", 0), SCHEMA);
	rc = measured_read(m, run, err);
	if (rc < 0)
		return rc;
	say(rule, out, doc, "depth", &m->depths);
	say(rule, out, doc, "vcpus", &m->vcpus);
	return 0;
}

int pb_rule_predict_later(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_err err = PB_ERR_INIT;
	struct measured *m = NULL;
	json_t *doc = NULL;
	int rc = pb_json_read(&doc, pb_run_dirfd(run), FILE_NAME, &err);

	if (rc == -ENOENT)
		return 0;
	if (rc == 0) {
		m = calloc(1, sizeof(*m));
		rc = m ? eval(run, rule, out, doc, m, &err) : -ENOMEM;
	}
	if (rc < 0)
		pb_run_damaged(run, rc, &err);
	if (m)
		pb_vcpus_fini(&m->v);
	free(m);
	json_decref(doc);
	return rc == -ENOMEM ? rc : 0;
}
