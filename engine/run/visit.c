/*
 * One visit: open, measure, look, close. In which order visits are made, and what is concluded from
 * them, is the callers'.
 */
#include "engine/run/visit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SETTLE_MS 400
/* A window that was disturbed is measured again, this often in a visit. */
#define REPEATS 3

static void keep(struct pb_visited *out, const struct pb_step *step)
{
	if (!out)
		return;
	*out = (struct pb_visited){
		.iops = step->iops.est, .p99_ns = step->p99.est, .valid = step->valid && step->iops.est > 0};
	snprintf(out->reason, sizeof(out->reason), "%s", step->reason);
}

/* One valid window at each depth. */
static int measure(struct pb_session *s, const struct pb_visit *v, struct pb_visited *out, struct pb_err *err)
{
	unsigned repeats = 0;
	int rc = 0;

	for (unsigned i = 0; i < 2 && rc == 0; i++) {
		struct pb_measure_opts m = {.depth = v->depths[i],
					    .block = v->block,
					    .phase = v->phase,
					    .settle_ms = SETTLE_MS,
					    .min_ms = v->window_ms,
					    .max_ms = v->window_ms};
		const struct pb_step *step = NULL;

		if (i == 1 && v->depths[1] == v->depths[0])
			break;
		do
			rc = pb_session_measure(s, &m, &step, err);
		while (rc == 0 && !step->valid && step->failed == 0 && repeats++ < REPEATS);
		if (rc < 0 || !step)
			break;
		if (step->failed > 0)
			rc = pb_fail(err, PB_INVALID, EIO, "%lld I/Os failed at depth %u",
				     (long long)step->failed, m.depth);
		keep(out, step);
	}
	return rc;
}

int pb_visit(const struct pb_visit *v, struct pb_visited *out, struct pb_err *err)
{
	struct pb_session_opts so = *v->session;
	/* the progress is that of all visits, which the caller shows */
	struct pb_ui ui = so.ui ? (struct pb_ui){.arg = so.ui->arg, .line = so.ui->line} : (struct pb_ui){0};
	struct pb_session *s = calloc(1, sizeof(*s));
	int rc;

	if (!s) {
		json_decref(v->extra);
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	}
	so.ui = &ui;
	so.guest = v->guest;
	so.attach = v->attach;
	so.out = v->dir;
	so.depth0 = v->depths[0];
	so.iodepth_max = v->depths[0] > v->depths[1] ? v->depths[0] : v->depths[1];
	rc = pb_session_open(s, &so, err);
	if (rc == 0) {
		rc = measure(s, v, out, err);
		if (rc == 0 && v->look)
			rc = v->look(v->arg, s, err);
		rc = pb_session_close(s, rc, v->extra, err);
	} else {
		json_decref(v->extra);
	}
	free(s);
	return rc;
}
