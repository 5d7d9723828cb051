/*
 * Applying findings: those an action exists for (actions.def), each in a
 * session of its own; everything else is printed for a person. The
 * measuring is session.c's, the decision tune_decide.c's, the way back undo.c's.
 */
#include "engine/run/tune/tune.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"
#include "engine/lib/texts.h"
#include "engine/run/tune/action.h"
#include "engine/run/run_depth.h"
#include "engine/run/host/stop.h"
#include "engine/run/tune/tune_restart.h"
#include "engine/run/tune/tune_verdict.h"

#define SETTLE_MS 300
#define MAX_PAIRS 64 /* of the first look */
#define DEEPEST                                                                                              \
	4096 /* of what a finding may ask for: findings.json is a file that anybody may have edited          \
	      */

struct tune {
	const struct pb_tune_opts *o;
	const struct pb_finding *f;
	struct pb_session s;
	const json_t *base; /* manifest of the run */
	char out[PATH_MAX];
	const struct pb_action *action;
	void *state; /* the action's */
	unsigned depth, repeats;
	unsigned pairs;    /* before the next look */
	char refused[200]; /* why the change could not be made, "" = it could */
	char invalid[128]; /* why the last window that was not valid was not */
	double iops[2][MAX_PAIRS << (PB_TUNE_LOOKS - 1)], p99[2][MAX_PAIRS << (PB_TUNE_LOOKS - 1)];
};

bool pb_tune_can_apply(const struct pb_finding *f)
{
	return pb_action_for(f) != NULL;
}

/* One window of an arm: 0 = as found, 1 = changed. The arm is already set. 1 = measured, but not to be
 * believed. */
static int window(struct tune *t, unsigned pair, unsigned arm, struct pb_err *err)
{
	struct pb_measure_opts m = {.depth = t->depth,
				    .block = pair + 1,
				    .phase = arm ? "b" : "a",
				    .settle_ms = SETTLE_MS,
				    .min_ms = t->o->window_ms,
				    .max_ms = t->o->window_ms};
	const struct pb_step *step = NULL;
	int rc = t->action->begin(t->state, err);

	if (rc == 0)
		rc = pb_session_measure(&t->s, &m, &step, err);
	if (rc < 0 || !step)
		return rc;
	if (!step->valid || !(step->iops.est > 0)) {
		snprintf(t->invalid, sizeof(t->invalid), "%s", step->reason);
		return 1;
	}
	t->iops[arm][pair] = step->iops.est;
	t->p99[arm][pair] = step->p99.est;
	return t->action->count(t->state, arm, err);
}

static int set_arm(struct tune *t, unsigned arm, unsigned base, struct pb_err *err)
{
	return arm ? t->action->set(t->state, err)
		   : pb_undo_revert(t->s.undo, pb_undo_standing(t->s.undo) - base, err);
}

/* A kernel or a disk that does not take the change is a result, like one that it does not help. */
static int refused(struct tune *t, int rc, struct pb_err *err)
{
	if (err->status != PB_MISSING || pb_stop_asked())
		return rc;
	snprintf(t->refused, sizeof(t->refused), PB_N("could not be changed here: %.160s"), err->msg);
	*err = (struct pb_err)PB_ERR_INIT;
	return 1;
}

/* A window that was disturbed is measured again, as long as that is the exception: one of three. */
static int valid_window(struct tune *t, unsigned pair, unsigned arm, struct pb_err *err)
{
	int rc;

	while ((rc = window(t, pair, arm, err)) == 1 && t->repeats < t->pairs) {
		t->repeats++;
		pb_session_say(&t->s, "%s pair %u, arm %s: not valid (%s), measured again", t->f->rule,
			       pair + 1, arm ? "B" : "A", t->invalid);
	}
	return rc;
}

/* Who else writes what was changed, or NULL. */
static const char *fought(const struct tune *t)
{
	return t->action->fought ? t->action->fought(t->state) : NULL;
}

/* A B B A A B B A ...: drift falls on both arms alike. 1 = too many windows were not valid, the change cannot
 * be made, or somebody else writes the same thing. */
static int alternate(struct tune *t, unsigned base, unsigned from, struct pb_err *err)
{
	int rc = 0;

	for (unsigned pair = from; pair < t->pairs && rc == 0; pair++) {
		unsigned first = pair % 2;

		for (unsigned k = 0; k < 2 && rc == 0; k++) {
			unsigned arm = k ? !first : first;

			pb_ui_progress(t->o->ui, (2.0 * pair + k) / (2.0 * t->pairs),
				       (2.0 * (t->pairs - pair) - k) * (t->o->window_ms + SETTLE_MS) / 1e3,
				       "%s: pair %u of %u, arm %s", t->f->rule, pair + 1, t->pairs,
				       arm ? "B" : "A");
			rc = set_arm(t, arm, base, err);
			if (rc < 0 && arm)
				return refused(t, rc, err);
			if (rc == 0)
				rc = valid_window(t, pair, arm, err);
			if (rc == 0 && fought(t))
				return 1;
		}
		if (rc == 0)
			pb_session_say(&t->s, "%s pair %u: A %.0f IOPS, B %.0f IOPS, B/A %.3f", t->f->rule,
				       pair + 1, t->iops[0][pair], t->iops[1][pair],
				       t->iops[1][pair] / t->iops[0][pair]);
	}
	return rc;
}

/* Looks at the pairs, and measures as many more while that may still show a gain. 1 as from alternate(). */
static int look(struct tune *t, unsigned base, struct pb_verdict *v, struct pb_err *err)
{
	unsigned from = 0;

	for (unsigned n = 1;; n++) {
		int rc = alternate(t, base, from, err);

		if (rc != 0)
			return rc;
		pb_tune_decide(t->iops[0], t->iops[1], t->p99[0], t->p99[1], t->pairs,
			       t->action->effective(t->state), PB_TUNE_LOOK_ALPHA, v);
		if (!v->open || n == PB_TUNE_LOOKS)
			return 0;
		pb_session_say(&t->s, "%s: %u pairs do not decide it (B/A %.3f): %u more", t->f->rule,
			       t->pairs, v->ratio.est, t->pairs);
		from = t->pairs;
		t->pairs *= 2;
	}
}

static int write_verdict(struct tune *t, const struct pb_verdict *v, struct pb_err *err)
{
	const struct pb_tune_tried tried = {.f = t->f,
					    .verdict = v,
					    .pairs = t->pairs,
					    .depth = t->depth,
					    .label = {PB_N("as found"), PB_N("changed")},
					    .changes = t->action->changes(t->state),
					    .effect = t->action->effect(t->state)};

	return pb_tune_write(&t->s.dir, &tried, err);
}

static int compare_arms(struct tune *t, struct pb_err *err)
{
	unsigned base = pb_undo_standing(t->s.undo);
	struct pb_verdict v;
	char text[512];
	int rc = look(t, base, &v, err);

	if (rc < 0)
		return rc;
	if (t->refused[0])
		pb_tune_not_measured(t->refused, &v);
	else if (fought(t))
		pb_tune_not_measured(fought(t), &v);
	else if (rc != 0)
		pb_tune_undecided(t->repeats + 1, t->invalid, &v);
	rc = set_arm(t, v.keep, base, err);
	if (rc == 0 && v.keep)
		rc = pb_undo_keep(t->s.undo, pb_undo_standing(t->s.undo) - base, err);
	pb_tune_verdict_text(text, sizeof(text), t->f->rule, &v);
	pb_session_say(&t->s, "%s", text);
	return rc == 0 ? write_verdict(t, &v, err) : rc;
}

static int with_link(struct tune *t, const struct pb_guest_link *link, struct pb_err *err)
{
	struct pb_action_target at = {.root = t->o->root,
				      .undo = t->s.undo,
				      .bdf = t->s.disk.bdf,
				      .qemu_pid = t->s.guest.qemu_pid,
				      .guest = link,
				      .f = t->f};
	int rc = t->action->open(&t->state, &at, err);

	if (rc < 0)
		return rc;
	rc = compare_arms(t, err);
	t->action->close(t->state);
	return rc;
}

static int with_action(struct tune *t, struct pb_err *err)
{
	struct pb_guest_link link = {.conn = &t->s.guest.conn,
				     .guest = t->s.o.guest ? t->s.o.guest : "launch"};
	json_t *disk = NULL;
	int rc = pb_session_guest_disk(&t->s, &disk, err);

	if (rc < 0)
		return rc;
	link.disk = disk;
	pb_undo_link(t->s.undo, &link);
	rc = with_link(t, &link, err);
	pb_undo_link(t->s.undo, NULL);
	json_decref(disk);
	return rc;
}

/* The next free name, or the one an interrupted tuning left. False: done already, and o->resume says not to
 * repeat it. */
static bool choose_out(struct tune *t)
{
	for (unsigned n = 1;; n++) {
		snprintf(t->out, sizeof(t->out), "%s/tune/%u-%s", t->o->dir, n, t->f->rule);
		if (!pb_rundir_complete(t->out))
			return true;
		if (t->o->resume)
			return false;
	}
}

static int one(struct tune *t, struct pb_err *err)
{
	const json_t *typed = json_object_get(t->base, "run_options");
	struct pb_session_opts so = {
		.root = t->o->root,
		.ui = t->o->ui,
		.disk = pb_json_str(typed, "disk", NULL),
		.guest = pb_json_str(typed, "guest", NULL),
		.attach = pb_json_str(typed, "attach", NULL),
		.profile = pb_json_str(typed, "profile", NULL),
		.backend = pb_json_str(typed, "backend", NULL),
		.erase = t->o->erase,
		.overwrite = t->o->overwrite,
		.out = t->out,
		.interval_ns = pb_json_i64(json_object_get(t->base, "sampling"), "interval_ns", 100000000),
		.argc = t->o->argc,
		.argv = t->o->argv};
	int rc = pb_run_depth(t->o->dir, t->base, &t->depth, err);
	int64_t deeper = pb_json_i64(t->f->params, "at_depth", 0);

	if (rc < 0)
		return rc;
	/* Room for more I/Os shows only where more are asked for. */
	if (deeper > t->depth && deeper <= DEEPEST)
		t->depth = (unsigned)deeper;
	if (t->action->restart)
		return pb_tune_restart(t->o, &so, t->f, t->base, t->depth, err);
	so.iodepth_max = t->depth;
	so.depth0 = t->depth;
	rc = pb_session_open(&t->s, &so, err);
	if (rc < 0)
		return rc;
	rc = with_action(t, err);
	return pb_session_close(&t->s, rc, NULL, err);
}

static bool wanted(const struct pb_tune_opts *o, const struct pb_finding *f)
{
	const struct pb_action *action = pb_action_for(f);
	bool any = (!o->rules || o->rules->n == 0) && !(action && action->takes);

	for (size_t i = 0; !any && o->rules && i < o->rules->n; i++)
		any = !strcmp(o->rules->v[i], f->rule);
	return any && pb_tune_can_apply(f);
}

static int try_one(const struct pb_tune_opts *o, const json_t *base, const struct pb_finding *f,
		   unsigned *applied, struct pb_err *err)
{
	struct tune *t = calloc(1, sizeof(*t));
	const struct pb_action *action = pb_action_for(f);
	int rc = 0;

	if (action->restart && pb_tune_restart_why_not(base)) {
		pb_ui_line(o->ui, "%s: for a person to do: %s", f->rule, pb_tune_restart_why_not(base));
		free(t);
		return 0;
	}
	if (t) {
		t->o = o;
		t->f = f;
		t->action = action;
		t->base = base;
		t->pairs = o->pairs > MAX_PAIRS ? MAX_PAIRS : o->pairs;
		if (choose_out(t))
			rc = one(t, err);
		*applied += rc == 0;
	} else {
		rc = pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	}
	free(t);
	return rc;
}

/* A guest that goes away is started once more. What fails with one finding does not keep the others from
 * being tried; the first failure is the one told at the end. */
static int try_all(const struct pb_tune_opts *o, const json_t *base, const struct pb_findings *fs,
		   unsigned *applied, struct pb_err *err)
{
	int first = 0;

	for (size_t i = 0; i < fs->n && !(first < 0 && pb_stop_asked()); i++) {
		struct pb_err why = PB_ERR_INIT;
		int rc = wanted(o, fs->v[i]) ? try_one(o, base, fs->v[i], applied, &why) : 0;

		if (rc < 0 && why.status == PB_MISSING && !pb_stop_asked()) {
			pb_ui_line(o->ui, "%s: %s; once more", fs->v[i]->rule, why.msg);
			why = (struct pb_err)PB_ERR_INIT;
			rc = try_one(o, base, fs->v[i], applied, &why);
		}
		if (rc >= 0)
			continue;
		pb_ui_line(o->ui, "%s: not tried to the end: %s", fs->v[i]->rule, why.msg);
		if (first == 0) {
			first = rc;
			if (err)
				*err = why;
		}
	}
	return first;
}

int pb_tune_apply(const struct pb_tune_opts *o, const struct pb_findings *fs, unsigned *applied,
		  struct pb_err *err)
{
	struct pb_rundir base;
	int rc = pb_rundir_open(&base, o->dir, err);

	*applied = 0;
	if (rc < 0)
		return rc;
	rc = try_all(o, base.manifest, fs, applied, err);
	pb_rundir_close(&base);
	return rc;
}
