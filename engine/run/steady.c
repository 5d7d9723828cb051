/*
 * Steady state in rounds. The rule itself is engine/lib/stats_batch.h's.
 */
#include "engine/run/steady.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "engine/lib/csv.h"
#include "engine/run/faults.h"

#define SETTLE_MS 400

static void say_round(struct pb_session *s, const struct pb_steady_run *r)
{
	const struct pb_steady *v = &r->verdict;

	if (isnan(v->range))
		pb_session_say(s, "round %2u: %8.0f IOPS", r->n, r->iops[r->n - 1]);
	else
		pb_session_say(s,
			       "round %2u: %8.0f IOPS; last %d: range %.1f%% (%.0f allowed), slope %.1f%% "
			       "(%.0f allowed)",
			       r->n, r->iops[r->n - 1], PB_STEADY_ROUNDS, 100 * v->range,
			       100 * PB_STEADY_RANGE, 100 * v->excursion, 100 * PB_STEADY_EXCURSION);
}

static int write_csv(struct pb_session *s, const struct pb_steady_run *r, size_t first, struct pb_err *err)
{
	FILE *f = pb_rundir_begin(&s->dir, "steady.csv", err);
	struct pb_csv c = {.f = f};

	if (!f)
		return -EIO;
	fputs("t_ns,t_end_ns,round,depth,iops,bw_bytes_s,range,excursion,steady\r\n", f);
	for (unsigned i = 0; i < r->n; i++) {
		const struct pb_step *p = &s->steps[first + i];
		struct pb_steady v = pb_stats_steady(r->iops, i + 1);

		pb_csv_i64(&c, pb_clock_to_host(&s->clock, p->t0_ns));
		pb_csv_i64(&c, pb_clock_to_host(&s->clock, p->t1_ns));
		pb_csv_i64(&c, i + 1);
		pb_csv_i64(&c, p->depth);
		pb_csv_num(&c, r->iops[i]);
		pb_csv_num(&c, p->bw_bytes_s);
		pb_csv_num(&c, v.range);
		pb_csv_num(&c, v.excursion);
		pb_csv_i64(&c, v.steady);
		pb_csv_end(&c);
	}
	return pb_rundir_commit(&s->dir, f, "steady.csv", err);
}

static void conclude(struct pb_session *s, const struct pb_steady_run *r)
{
	if (r->verdict.steady) {
		pb_session_say(s, "steady after %u rounds", r->n);
		return;
	}
	pb_session_say(s, "NOT steady after %u rounds", r->n);
	if (pb_faults_end(s))
		return; /* that says it all */
	json_array_append_new(
		s->warnings,
		json_sprintf("the disk was not steady after %u rounds (range %.0f%%, slope %.0f%% of the "
			     "mean over the last "
			     "%d; %.0f%% and %.0f%% are allowed): the results hold for this moment only",
			     r->n, 100 * r->verdict.range, 100 * r->verdict.excursion, PB_STEADY_ROUNDS,
			     100 * PB_STEADY_RANGE, 100 * PB_STEADY_EXCURSION));
}

/* A round while it is sampled. */
struct round {
	struct pb_session *s;
	const struct pb_steady_run *r;
};

/* When the rule will hold is not known: only how many rounds there can be. */
static void show(void *arg, const struct pb_step *so_far, double left_s)
{
	const struct round *a = arg;
	char what[80];

	snprintf(what, sizeof(what), "depth %u, round %u of %d to %d, %.0f s to its end", a->r->depth,
		 a->r->n + 1, PB_STEADY_ROUNDS, PB_STEADY_ROUNDS_MAX, left_s);
	pb_ui_measuring(a->s->o.ui, NAN, -1, what, so_far ? &so_far->iops : NULL,
			so_far ? so_far->p99.est : NAN);
}

int pb_steady_reach(struct pb_session *s, struct pb_steady_run *r, struct pb_err *err)
{
	struct round now = {.s = s, .r = r};
	struct pb_measure_opts m = {.depth = r->depth,
				    .phase = "round",
				    .settle_ms = SETTLE_MS,
				    .min_ms = r->round_ms,
				    .max_ms = r->round_ms,
				    .arg = &now,
				    .show = s->o.ui && s->o.ui->progress ? show : NULL};
	size_t first = s->n_steps;
	int rc = 0;

	pb_session_say(s,
		       "looking for the steady state at depth %u: %d to %d rounds of %.0f s, %.0f s to %.0f "
		       "s in all",
		       r->depth, PB_STEADY_ROUNDS, PB_STEADY_ROUNDS_MAX, r->round_ms / 1e3,
		       PB_STEADY_ROUNDS * r->round_ms / 1e3, PB_STEADY_ROUNDS_MAX * r->round_ms / 1e3);
	while (rc == 0 && r->n < PB_STEADY_ROUNDS_MAX && !r->verdict.steady && !pb_faults_end(s)) {
		const struct pb_step *step = NULL;

		show(&now, NULL, r->round_ms / 1e3);
		m.block = r->n + 1;
		rc = pb_session_measure(s, &m, &step, err);
		if (rc < 0)
			break;
		/* a round that is not valid is no value of the series, so no window that holds it is steady
		 */
		r->iops[r->n++] = step->valid ? step->iops.est : NAN;
		r->verdict = pb_stats_steady(r->iops, r->n);
		say_round(s, r);
	}
	if (rc < 0)
		return rc;
	conclude(s, r);
	rc = pb_clock_fit(&s->clock);
	return rc < 0 ? rc : write_csv(s, r, first, err);
}

static json_t *share(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

json_t *pb_steady_json(const struct pb_session *s, const struct pb_steady_run *r)
{
	json_t *pre = s->preconditioned ? json_incref(s->preconditioned) : json_null();

	if (!r)
		return json_pack("{s:s,s:o}", "mode", "quick", "precondition", pre);
	return json_pack("{s:s,s:o,s:b,s:i,s:i,s:f,s:o,s:o}", "mode", "rounds", "precondition", pre, "steady",
			 r->verdict.steady, "rounds", (int)r->n, "depth", (int)r->depth, "round_s",
			 r->round_ms / 1e3, "range", share(r->verdict.range), "excursion",
			 share(r->verdict.excursion));
}
