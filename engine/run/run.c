/*
 * A run: walks the depths, one window each, in one fio job.
 */
#include "engine/run/run.h"

#include <errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/run/faults.h"
#include "engine/run/solo.h"
#include "engine/run/steady.h"
#include "engine/run/host/stop.h"

#define STEADY_DEPTH 32

int pb_duration_parse(const char *text, int lo_ms, int hi_ms, int *ms, struct pb_err *err)
{
	char *end;
	double v = strtod(text, &end);

	if (!strcmp(end, "ms"))
		v *= 1;
	else if (!strcmp(end, "s") || !*end)
		v *= 1e3;
	else if (!strcmp(end, "m") || !strcmp(end, "min"))
		v *= 60e3;
	else
		v = NAN;
	if (end == text || !(v >= lo_ms && v <= hi_ms))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "'%s' is not a time from %d ms to %d s (write 500ms, 10s, 2m)", text, lo_ms,
			       hi_ms / 1000);
	*ms = (int)v;
	return 0;
}

struct run {
	const struct pb_run_opts *o;
	struct pb_session s;
	struct pb_walk walk;
	struct pb_steady_run steady; /* round_ms 0: skipped */
	unsigned long seed;
	json_t *solo; /* of --solo, NULL = not asked for */
};

/* A fixed order would give drift of the disk a share in the curve (tuning.md F4). */
static void shuffle_list(struct run *r)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	if (!rng)
		return;
	r->seed = (unsigned long)time(NULL);
	gsl_rng_set(rng, r->seed);
	gsl_ran_shuffle(rng, r->walk.search.list, r->walk.search.n_list, sizeof(r->walk.search.list[0]));
	gsl_rng_free(rng);
}

static json_t *goal_json(const struct run *r)
{
	json_t *j = json_object(), *depths;

	if (r->walk.search.automatic) {
		depths = json_string("auto");
	} else {
		depths = json_array();
		for (unsigned i = 0; i < r->walk.search.n_list; i++)
			json_array_append_new(depths, json_integer(r->walk.search.list[i]));
		json_object_set_new(j, "order_seed", json_integer((json_int_t)r->seed));
	}
	json_object_set_new(j, "depths", depths);
	json_object_set_new(j, "slo",
			    r->walk.slo.quantile > 0
				    ? json_pack("{s:f,s:f}", "quantile", r->walk.slo.quantile, "lat_ns",
						r->walk.slo.lat_ns)
				    : json_null());
	json_object_set_new(j, "duration_s", json_real(r->o->duration_ms / 1e3));
	return j;
}

static json_t *results(struct run *r)
{
	json_t *j = json_pack("{s:o,s:o,s:o}", "goal", goal_json(r), "search", pb_walk_conclude(&r->walk),
			      "steady", pb_steady_json(&r->s, r->steady.round_ms ? &r->steady : NULL));

	if (r->solo)
		json_object_set(j, "solo", r->solo);
	return j;
}

/* Brings the disk to steady state, or sees to it that a report says that nobody did. */
static int reach_steady(struct run *r, struct pb_err *err)
{
	if (r->steady.round_ms)
		return pb_steady_reach(&r->s, &r->steady, err);
	if (r->s.profile.writes || r->o->quick)
		json_array_append_new(
			r->s.warnings,
			json_string(
				"quick run: the disk was not preconditioned and not brought to steady state; "
				"a fresh or trimmed disk is faster than it will stay (--precondition)"));
	return 0;
}

/* SNIA's rounds run at one depth: the deepest of a list, and one that keeps any disk busy for a search. */
static void plan_steady(struct run *r)
{
	const struct pb_search *s = &r->walk.search;

	if (!r->o->steady && !r->o->session.precondition)
		return;
	r->steady.round_ms = r->o->round_ms;
	r->steady.depth = s->automatic && s->max_depth > STEADY_DEPTH ? STEADY_DEPTH : s->max_depth;
}

/* A run whose every window is invalid is no measurement. */
static int check_valid(const struct run *r, struct pb_err *err)
{
	char first[160];

	for (size_t i = 0; i < r->s.n_steps; i++)
		if (r->s.steps[i].failed > 0)
			return pb_fail(err, PB_INVALID, EIO,
				       "%lld I/Os failed at depth %u (the first: %s): the measurement is not "
				       "valid; look at the guest's kernel log and the disk",
				       (long long)r->s.steps[i].failed, r->s.steps[i].depth,
				       pb_faults_first(r->s.faults, first, sizeof(first)));
	for (size_t i = 0; i < r->s.n_steps; i++)
		if (r->s.steps[i].valid)
			return 0;
	return pb_fail(err, PB_INVALID, EIO, "no window is valid (%s): the measurement is not usable",
		       r->s.n_steps ? r->s.steps[0].reason : "none measured");
}

int pb_run(const struct pb_run_opts *o, struct pb_err *err)
{
	struct run *r = calloc(1, sizeof(*r));
	struct pb_session_opts so = o->session;
	struct pb_err invalid = PB_ERR_INIT;
	int rc, valid = 0;

	if (!r)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	r->o = o;
	r->walk.s = &r->s;
	r->walk.duration_ms = o->duration_ms;
	rc = pb_search_parse(&r->walk.search, o->depth ? o->depth : "auto", err);
	if (rc == 0 && o->slo)
		rc = pb_slo_parse(&r->walk.slo, o->slo, err);
	if (rc == 0 && o->solo)
		rc = pb_solo_load(&r->solo, o->solo, err);
	if (rc < 0) {
		free(r);
		return rc;
	}
	r->walk.search.slo_ns = r->walk.slo.lat_ns;
	if (!r->walk.search.automatic)
		shuffle_list(r);
	plan_steady(r);
	so.iodepth_max = r->walk.search.max_depth;
	so.rows_ms = PB_WALK_ROWS_MS;
	so.depth0 = r->walk.search.automatic ? 1 : r->walk.search.list[0];
	rc = pb_session_open(&r->s, &so, err);
	if (rc == 0) {
		rc = r->solo ? pb_solo_fits(r->solo, r->s.dir.manifest, err) : 0;
		if (rc == 0)
			rc = reach_steady(r, err);
		if (rc == 0 && !pb_faults_end(&r->s))
			rc = pb_walk(&r->walk, err);
		valid = rc == 0 ? check_valid(r, &invalid) : 0;
		rc = pb_session_close(&r->s, rc, rc == 0 ? results(r) : NULL, err);
	}
	if (rc == 0 && valid < 0) {
		*err = invalid; /* the directory is complete and says so too */
		rc = valid;
	}
	pb_walk_fini(&r->walk);
	json_decref(r->solo);
	free(r);
	return rc;
}
