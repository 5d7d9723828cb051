/*
 * From depth to depth. How long a depth is sampled is decided here, which one
 * is next in search.c.
 */
#include "engine/run/walk.h"
#include "engine/run/search_choose.h"
#include "engine/run/search_fit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/run/faults.h"

#define LIST_SETTLE_MS 400 /* a listed depth: its change takes one completion, the host's wake-up longer */
#define SETTLE_MS 40
#define SETTLE_MAX_MS 1000
#define WINDOW_MS 200 /* PB_BATCHES_MIN rows of PB_WALK_ROWS_MS */
/* A window that is not narrow by then is not made so: coming back is worth more, because what makes it wide
 * lasts longer. Unless it has seen too few I/Os to be narrow. */
#define WINDOW_BUSY_MS 300 /* or a sixteenth of the time a depth may have, if that is longer */
#define WINDOW_MAX_MS 800  /* or an eighth of the time a depth may have, if that is longer */
#define BUSY 2000          /* completions: counting alone leaves 4% */
#define CONFIRM_MS 1000
/* Half-width of the interval of mean IOPS that ends a window: on the first visit, which says where the
 * plateau is, and on further ones, which say where it begins. */
#define FIRST_REL 0.05
#define LATER_REL 0.02

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

void pb_walk_fini(struct pb_walk *w)
{
	for (unsigned i = 0; i < w->n; i++)
		pb_pool_fini(&w->at[i].pool);
	w->n = 0;
}

/* NULL when there are more depths than a search has points. */
static struct pb_pool *pool_of(struct pb_walk *w, unsigned depth)
{
	for (unsigned i = 0; i < w->n; i++)
		if (w->at[i].depth == depth)
			return &w->at[i].pool;
	if (w->n == PB_SEARCH_POINTS)
		return NULL;
	w->at[w->n].depth = depth;
	return &w->at[w->n++].pool;
}

static int too_many(struct pb_err *err)
{
	return pb_fail(err, PB_INVALID, E2BIG, "more than %d depths", PB_SEARCH_POINTS);
}

/* One window of a search while it is sampled. */
struct sampling {
	struct pb_walk *w;
	const struct pb_pool *pool;
	unsigned depth;
	double rel;
};

/*
 * How long a search takes is known when it is over: it shows where it is, and how far it can go. A list takes
 * as long as its windows. window_s: what is left of the window that is being sampled, NAN when it is over.
 */
static void show(struct pb_walk *w, unsigned depth, const struct pb_ci *iops, double p99_ns, double window_s)
{
	double each = (w->duration_ms + LIST_SETTLE_MS) / 1e3, left_s = -1, share = NAN;
	unsigned most = pb_search_most(&w->search), now = w->windows + !isnan(window_s);
	char what[64], of[32] = "";

	if (most)
		snprintf(of, sizeof(of), "%s%u", w->search.automatic ? " of at most " : "/", most);
	snprintf(what, sizeof(what), "depth %u (%u%s)", depth, now, of);
	if (!w->search.automatic) {
		left_s = (most - fmin(now, most)) * each + (isnan(window_s) ? 0 : window_s);
		share = 1 - left_s / (each * most);
	}
	pb_ui_measuring(w->s->o.ui, share, left_s, what, iops, p99_ns);
}

static void show_live(void *arg, const struct pb_step *so_far, double left_s)
{
	struct sampling *a = arg;

	show(a->w, a->depth, &so_far->iops, so_far->p99.est, left_s);
}

static int clamp(int v, int lo, int hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

/* The longest window whose only aim is a narrow interval of IOPS. */
static int window_max_ms(const struct pb_walk *w)
{
	return clamp(w->duration_ms / 8, WINDOW_MAX_MS,
		     w->duration_ms > WINDOW_MAX_MS ? w->duration_ms : WINDOW_MAX_MS);
}

static bool enough(void *arg, const struct pb_step *so_far)
{
	struct sampling *a = arg;
	int64_t sampled_ms = (so_far->t1_ns - so_far->t0_ns) / 1000000 + PB_WALK_ROWS_MS;
	int busy_ms = a->w->duration_ms / 16 > WINDOW_BUSY_MS ? a->w->duration_ms / 16 : WINDOW_BUSY_MS;

	show(a->w, a->depth, &so_far->iops,
	     a->pool->completed ? pb_stats_hist_quantile(a->pool->hist, 0.99).est : so_far->p99.est, 0);
	/* after that only an SLO's completions are waited for */
	if (sampled_ms >= window_max_ms(a->w) || (sampled_ms >= busy_ms && so_far->completed >= BUSY))
		a->rel = INFINITY;
	return pb_pool_enough(a->pool, so_far, a->rel, a->w->slo.quantile);
}

static void say_step(struct pb_walk *w, const struct pb_step *p, const char *why)
{
	if (p->completed == 0) {
		pb_session_say(w->s, "depth %4u: no I/O completed, NOT VALID: %s", p->depth, p->reason);
		return;
	}
	pb_session_say(w->s, "depth %4u: %8.0f IOPS [%.0f..%.0f], p50 %.0f us, p99 %.0f us, held %.2f%s%s%s",
		       p->depth, p->iops.est, p->iops.lo, p->iops.hi, p->p50.est / 1e3, p->p99.est / 1e3,
		       p->mean_depth, why, p->valid ? "" : ", NOT VALID: ", p->reason);
}

/* Samples one window into *step (borrowed) and the depth's pool. */
static int window(struct pb_walk *w, struct pb_measure_opts *m, struct sampling *a, struct pb_pool *pool,
		  const struct pb_step **step, struct pb_err *err)
{
	struct pb_search_point p;
	int rc;

	m->depth = a->depth;
	m->phase = "sweep";
	m->settle_ms = LIST_SETTLE_MS;
	if (w->search.automatic) {
		m->settle_ms = SETTLE_MS;
		m->settle_max_ms = SETTLE_MAX_MS;
		m->enough = enough;
	}
	m->arg = a;
	m->show = w->s->o.ui && w->s->o.ui->progress ? show_live : NULL;
	show(w, a->depth, NULL, NAN, m->max_ms / 1e3);
	rc = pb_session_measure(w->s, m, step, err);
	if (rc == 0)
		rc = pb_pool_add(pool, *step, err);
	if (rc < 0)
		return rc;
	pb_pool_point(pool, a->depth, w->slo.quantile, &p);
	p.spent = pool->sampled_ns >= (w->duration_ms - WINDOW_MS) * INT64_C(1000000);
	pb_search_add(&w->search, &p);
	if (w->search.automatic && (*step)->valid) {
		pb_search_window(&w->search, a->depth, (double)(*step)->t1_ns / 1e9, &(*step)->iops);
		if (pb_search_fit(&w->search) < 0)
			return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	}
	w->windows++;
	show(w, a->depth, &(*step)->iops, (*step)->p99.est, NAN);
	return 0;
}

/* The time that this visit of the depth may take. An SLO's completions are waited for, whatever is left
 * after. */
static void limits(const struct pb_walk *w, const struct pb_pool *pool, struct pb_measure_opts *m)
{
	int spent = (int)(pool->sampled_ns / 1000000), left;
	bool tail = w->slo.quantile <= 0 || pb_pool_tail(pool, w->slo.quantile) >= PB_TAIL_MIN;

	m->min_ms = m->max_ms = w->duration_ms;
	if (!w->search.automatic)
		return;
	m->min_ms = clamp(WINDOW_MS, 1, w->duration_ms);
	left = clamp(w->duration_ms - spent, m->min_ms, w->duration_ms);
	m->max_ms = tail ? clamp(window_max_ms(w), m->min_ms, left) : left;
}

static int visit(struct pb_walk *w, unsigned depth, struct pb_err *err)
{
	struct pb_pool *pool = pool_of(w, depth);
	struct sampling a = {.w = w, .pool = pool, .depth = depth};
	struct pb_measure_opts m = {0};
	const struct pb_step *step = NULL;
	char text[128] = "";
	int rc;

	if (!pool)
		return too_many(err);
	a.rel = pool->windows ? LATER_REL : FIRST_REL;
	limits(w, pool, &m);
	rc = window(w, &m, &a, pool, &step, err);
	if (rc < 0)
		return rc;
	if (w->search.automatic && w->slo.quantile > 0 && pb_pool_tail(pool, w->slo.quantile) < PB_TAIL_MIN)
		snprintf(text, sizeof(text),
			 ", only %.0f of %d completions beyond p%g in the time it may take",
			 pb_pool_tail(pool, w->slo.quantile), PB_TAIL_MIN, 100 * w->slo.quantile);
	say_step(w, step, text);
	return 0;
}

/* The depth that would be chosen has to keep the SLO once more, in a window that did not help to choose it.
 */
static int confirm(struct pb_walk *w, unsigned depth, struct pb_err *err)
{
	struct pb_pool *pool = pool_of(w, depth), alone = {0};
	/* its quantile counts, not its IOPS */
	struct sampling a = {.w = w, .pool = &alone, .depth = depth, .rel = INFINITY};
	struct pb_measure_opts m = {.min_ms = clamp(CONFIRM_MS, 1, w->duration_ms), .max_ms = w->duration_ms};
	const struct pb_step *step = NULL;
	struct pb_search_point p;
	bool kept;
	int rc = pool ? window(w, &m, &a, pool, &step, err) : too_many(err);

	if (rc == 0)
		rc = pb_pool_add(&alone, step, err);
	if (rc == 0) {
		pb_pool_point(&alone, depth, w->slo.quantile, &p);
		kept = p.valid && p.slo_hi_ns <= w->slo.lat_ns;
		pb_search_confirmed(&w->search, depth, kept);
		say_step(w, step, kept ? ", SLO confirmed" : ", SLO not confirmed: stepping down");
	}
	pb_pool_fini(&alone);
	return rc;
}

int pb_walk(struct pb_walk *w, struct pb_err *err)
{
	int rc = 0;

	while (rc == 0 && !pb_faults_end(w->s)) {
		unsigned depth = pb_search_next(&w->search);

		if (depth) {
			rc = visit(w, depth, err);
			continue;
		}
		depth = pb_search_confirm(&w->search);
		if (!depth)
			break;
		rc = confirm(w, depth, err);
	}
	return rc;
}

static json_t *num(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *points_json(const struct pb_walk *w)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < w->search.n; i++) {
		const struct pb_search_point *p = &w->search.p[i];
		bool known = p->windows > 0 && p->valid;

		json_array_append_new(list,
				      json_pack("{s:i,s:i,s:b,s:o,s:o,s:o,s:o,s:o}", "depth", (int)p->depth,
						"windows", (int)p->windows, "valid", p->valid, "iops",
						known ? num(p->iops) : json_null(), "iops_lo",
						known && isfinite(p->iops_hi) ? num(p->iops_lo) : json_null(),
						"iops_hi", known ? num(p->iops_hi) : json_null(), "slo_hi_ns",
						num(p->slo_hi_ns), "slo",
						p->broken      ? json_string("broken")
						: p->confirmed ? json_string("confirmed")
							       : json_null()));
	}
	return list;
}

/* Depths whose quantile rests on fewer completions than it should. */
static void warn_short_tails(struct pb_walk *w)
{
	for (unsigned i = 0; w->slo.quantile > 0 && i < w->n; i++) {
		double tail = pb_pool_tail(&w->at[i].pool, w->slo.quantile);

		if (tail < PB_TAIL_MIN)
			json_array_append_new(
				w->s->warnings,
				json_sprintf("depth %u: %.0f completions beyond p%g in the time a depth may "
					     "take, not "
					     "%d; its bound is wide, a longer --duration narrows it",
					     w->at[i].depth, tail, 100 * w->slo.quantile, PB_TAIL_MIN));
	}
}

/* Which depths noise leaves open, as the manifest has it; with an SLO that is no question. */
static json_t *range_json(struct pb_walk *w, unsigned chosen)
{
	const struct pb_search *s = &w->search;
	unsigned from, to;
	int lo, hi;

	if (!chosen || s->slo_ns > 0)
		return json_null();
	pb_search_open(s, &lo, &hi);
	from = s->p[lo].depth < chosen ? s->p[lo].depth : chosen;
	to = s->p[hi].depth > chosen ? s->p[hi].depth : chosen;
	if (2 * from < chosen || to > 2 * chosen)
		json_array_append_new(
			w->s->warnings,
			json_sprintf("depth %u is the likely begin of the plateau, but the intervals leave "
				     "open %u to %u: other load disturbed the search; a quieter host "
				     "or a longer --duration narrows them",
				     chosen, from, to));
	return json_pack("[i,i]", (int)from, (int)to);
}

json_t *pb_walk_conclude(struct pb_walk *w)
{
	char reason[256];
	unsigned chosen = 0;

	if (pb_faults_end(w->s))
		snprintf(reason, sizeof(reason),
			 "I/Os failed or fio ended: depths that would follow were not "
			 "measured, and those before prove nothing of such a disk");
	else
		chosen = pb_search_choose(&w->search, reason, sizeof(reason));
	if (chosen)
		pb_session_say(w->s, "recommended depth %u: %s", chosen, reason);
	else
		pb_session_say(w->s, "no depth recommended: %s", reason);
	if (!w->search.automatic)
		return json_null();
	warn_short_tails(w);
	return json_pack("{s:s,s:o,s:o,s:s,s:o}", "mode", "auto", "chosen_depth",
			 chosen ? json_integer(chosen) : json_null(), "range", range_json(w, chosen),
			 "reason", reason, "points", points_json(w));
}
