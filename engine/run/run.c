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

#include "engine/run/stop.h"

#define SETTLE_MS 400 /* a new depth takes effect within one completion; this also drops the host's wake-up  \
		       */
#define REL_HALF_WIDTH 0.02 /* a search stops sampling a depth when IOPS are known to 2% */
#define SEARCH_MIN_MS 1500  /* 15 batches of 100 ms */

int pb_slo_parse(struct pb_slo *slo, const char *text, struct pb_err *err)
{
	double q, v;
	char unit[4];
	int end = 0;

	if (sscanf(text, "p%lf=%lf%3[a-z]%n", &q, &v, unit, &end) != 3 || text[end] || !(q > 0 && q < 100) ||
	    !(v > 0))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--slo %s: write a quantile and a latency, such as p99=2ms", text);
	if (!strcmp(unit, "s"))
		v *= 1e9;
	else if (!strcmp(unit, "ms"))
		v *= 1e6;
	else if (!strcmp(unit, "us"))
		v *= 1e3;
	else
		return pb_fail(err, PB_USAGE, EINVAL, "--slo %s: the unit is us, ms or s", text);
	slo->quantile = q / 100;
	slo->lat_ns = v;
	return 0;
}

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
	struct pb_search search;
	struct pb_slo slo;
	unsigned long seed;
};

/* A fixed order would give drift of the disk a share in the curve (tuning.md F4). */
static void shuffle_list(struct run *r)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	if (!rng)
		return;
	r->seed = (unsigned long)time(NULL);
	gsl_rng_set(rng, r->seed);
	gsl_ran_shuffle(rng, r->search.list, r->search.n_list, sizeof(r->search.list[0]));
	gsl_rng_free(rng);
}

/* Upper bound of the SLO's quantile in this window. */
static double slo_upper(const struct run *r, const struct pb_step *step)
{
	uint64_t sum[PB_HIST_BINS];

	if (r->slo.quantile <= 0)
		return NAN;
	for (unsigned b = 0; b < PB_HIST_BINS; b++)
		sum[b] = step->hist[0][b] + step->hist[1][b] + step->hist[2][b];
	return pb_stats_hist_quantile(sum, r->slo.quantile).hi;
}

static void say_step(struct run *r, const struct pb_step *p)
{
	pb_session_say(&r->s, "depth %4u: %8.0f IOPS [%.0f..%.0f], p50 %.0f us, p99 %.0f us, held %.2f%s%s",
		       p->depth, p->iops.est, p->iops.lo, p->iops.hi, p->p50.est / 1e3, p->p99.est / 1e3,
		       p->mean_depth, p->valid ? "" : ", NOT VALID: ", p->reason);
}

static int measure_one(struct run *r, unsigned depth, unsigned done, struct pb_err *err)
{
	struct pb_measure_opts m = {.depth = depth, .phase = "sweep", .settle_ms = SETTLE_MS};
	const struct pb_step *step = NULL;
	struct pb_search_point p;
	unsigned left = pb_search_left(&r->search);
	int rc;

	m.max_ms = r->o->duration_ms;
	m.min_ms = r->search.automatic && m.max_ms > SEARCH_MIN_MS ? SEARCH_MIN_MS : m.max_ms;
	m.rel_half_width = r->search.automatic ? REL_HALF_WIDTH : 0;
	pb_ui_progress(r->o->session.ui, (double)done / (done + left ? done + left : 1),
		       left * (m.max_ms + SETTLE_MS) / 1e3, "depth %u", depth);
	rc = pb_session_measure(&r->s, &m, &step, err);
	if (rc < 0)
		return rc;
	p = (struct pb_search_point){.depth = depth,
				     .iops = step->iops.est,
				     .iops_lo = isnan(step->iops.lo) ? step->iops.est : step->iops.lo,
				     .iops_hi = isnan(step->iops.hi) ? step->iops.est : step->iops.hi,
				     .slo_hi_ns = slo_upper(r, step),
				     .valid = step->valid};
	pb_search_add(&r->search, &p);
	say_step(r, step);
	return 0;
}

static int walk(struct run *r, struct pb_err *err)
{
	unsigned depth, done = 0;
	int rc = 0;

	while (rc == 0 && (depth = pb_search_next(&r->search)) != 0)
		rc = measure_one(r, depth, done++, err);
	return rc;
}

static json_t *goal_json(const struct run *r)
{
	json_t *j = json_object(), *depths;

	if (r->search.automatic) {
		depths = json_string("auto");
	} else {
		depths = json_array();
		for (unsigned i = 0; i < r->search.n_list; i++)
			json_array_append_new(depths, json_integer(r->search.list[i]));
		json_object_set_new(j, "order_seed", json_integer((json_int_t)r->seed));
	}
	json_object_set_new(j, "depths", depths);
	json_object_set_new(j, "slo",
			    r->slo.quantile > 0 ? json_pack("{s:f,s:f}", "quantile", r->slo.quantile,
							    "lat_ns", r->slo.lat_ns)
						: json_null());
	json_object_set_new(j, "duration_s", json_real(r->o->duration_ms / 1e3));
	return j;
}

static json_t *results(struct run *r)
{
	char reason[160];
	unsigned chosen = pb_search_choose(&r->search, reason, sizeof(reason));
	json_t *extra = json_pack("{s:o}", "goal", goal_json(r));

	if (chosen)
		pb_session_say(&r->s, "recommended depth %u: %s", chosen, reason);
	else
		pb_session_say(&r->s, "no depth recommended: %s", reason);
	if (r->search.automatic)
		json_object_set_new(extra, "search",
				    json_pack("{s:s,s:o,s:s}", "mode", "auto", "chosen_depth",
					      chosen ? json_integer(chosen) : json_null(), "reason", reason));
	else
		json_object_set_new(extra, "search", json_null());
	return extra;
}

/* A run whose every window is invalid is no measurement. */
static int check_valid(const struct run *r, struct pb_err *err)
{
	for (size_t i = 0; i < r->s.n_steps; i++)
		if (r->s.steps[i].failed > 0)
			return pb_fail(err, PB_INVALID, EIO,
				       "%lld I/Os failed at depth %u: the measurement is not valid; look at "
				       "the guest's kernel log and the disk",
				       (long long)r->s.steps[i].failed, r->s.steps[i].depth);
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
	rc = pb_search_parse(&r->search, o->depth ? o->depth : "auto", err);
	if (rc == 0 && o->slo)
		rc = pb_slo_parse(&r->slo, o->slo, err);
	if (rc < 0) {
		free(r);
		return rc;
	}
	r->search.slo_ns = r->slo.lat_ns;
	if (!r->search.automatic)
		shuffle_list(r);
	so.iodepth_max = r->search.max_depth;
	so.depth0 = r->search.automatic ? 1 : r->search.list[0];
	rc = pb_session_open(&r->s, &so, err);
	if (rc == 0) {
		rc = walk(r, err);
		valid = rc == 0 ? check_valid(r, &invalid) : 0;
		rc = pb_session_close(&r->s, rc, rc == 0 ? results(r) : NULL, err);
	}
	if (rc == 0 && valid < 0) {
		*err = invalid; /* the directory is complete and says so too */
		rc = valid;
	}
	free(r);
	return rc;
}
