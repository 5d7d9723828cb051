/*
 * A B B A over guests instead of over settings. A visit is visit.c's, the decision tune_decide.c's,
 * what the kept change looks like elsewhere tune_recommend.c's.
 */
#include "engine/run/tune/tune_restart.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"
#include "engine/lib/texts.h"
#include "engine/run/host/cache_mode.h"
#include "engine/run/host/disk_mode.h"
#include "engine/run/host/stop.h"
#include "engine/run/tune/tune_recommend.h"
#include "engine/run/tune/tune_verdict.h"
#include "engine/run/visit.h"

#define MAX_VISITS 32 /* of each arm */
#define MAX_REPEATS 4 /* visits that may be repeated because the machine disturbed them */

struct restart {
	const struct pb_tune_opts *o;
	const struct pb_session_opts *so;
	const struct pb_finding *f;
	const json_t *base;
	struct pb_rundir dir;
	char attach[2][128];
	struct pb_guest_spec spec[2]; /* as asked for */
	struct pb_disk_mode seen[2];  /* of the last visit */
	unsigned arm, visits, depth, repeats;
	bool as_asked; /* in every visit so far */
	bool required; /* the change is what the profile's safety asks for, whatever it costs */
	struct pb_buf steps;
	char invalid[96];
	double iops[2][MAX_VISITS], p99[2][MAX_VISITS];
};

int pb_tune_restart_attach(char *buf, size_t size, const json_t *params, const json_t *attach)
{
	const json_t *iothread = json_object_get(attach, "iothread");
	const char *cache = pb_json_str(params, "cache", ""), *aio = pb_json_str(params, "aio", "");
	const struct pb_cache_mode *m = pb_cache_mode_find(cache);
	struct pb_guest_spec spec;

	/* aio=native does not start with the host's page cache (docs/rules.md C2) */
	if (!m || (!strcmp(aio, "native") && !m->direct))
		return -EINVAL;
	if ((size_t)snprintf(buf, size, "virtio-blk,cache=%s,aio=%s%s", cache, aio,
			     !iothread                ? ""
			     : json_is_true(iothread) ? ",iothread=on"
						      : ",iothread=off") >= size)
		return -EINVAL;
	return pb_guest_spec_parse(&spec, "launch", buf, NULL) < 0 ? -EINVAL : 0;
}

const char *pb_tune_restart_why_not(const json_t *base)
{
	const char *guest = pb_json_str(json_object_get(base, "run_options"), "guest", "launch");

	if (strncmp(guest, "launch", strlen("launch")) != 0)
		return "the guest is not passbench's to restart";
	if (!json_is_object(json_object_get(base, "attach")))
		return "the disk was not attached as virtio-blk";
	return NULL;
}

/* Never towards less safety than the workload wants. */
static int check_safety(struct restart *r, struct pb_err *err)
{
	const json_t *p = json_object_get(r->base, "profile");
	const struct pb_kept_data d = {.writes = json_is_true(json_object_get(p, "writes")),
				       .flushes = strcmp(pb_json_str(p, "durability", "none"), "none") != 0,
				       .safety = pb_json_str(p, "safety", "P")[0]};
	const struct pb_cache_mode *from = pb_cache_mode_find(r->spec[0].attach.cache),
				   *to = pb_cache_mode_find(r->spec[1].attach.cache);

	if (!from || !to)
		return pb_fail(err, PB_USAGE, EINVAL, "%s does not name two cache modes of QEMU", r->f->rule);
	r->required = pb_cache_mode_keeps(to, &d) && !pb_cache_mode_keeps(from, &d);
	/* a run that only reads loses nothing, but what is kept here is meant for the guest's life after it
	 */
	if (!pb_cache_mode_keeps(to, &d) || (to->no_flush && d.safety != 'N'))
		return pb_fail(
			err, PB_UNSAFE, EPERM,
			"%s: cache=%s would lose data that must survive (safety %c): it is never tried",
			r->f->rule, to->name, d.safety);
	return 0;
}

static int prepare(struct restart *r, struct pb_err *err)
{
	const json_t *now = json_object_get(r->base, "attach");
	const char *why = pb_tune_restart_why_not(r->base);
	int rc = 0;

	if (why)
		return pb_fail(err, PB_USAGE, EINVAL, "%s cannot be tried: %s", r->f->rule, why);
	if (pb_tune_restart_attach(r->attach[0], sizeof(r->attach[0]), now, now) < 0 ||
	    pb_tune_restart_attach(r->attach[1], sizeof(r->attach[1]), r->f->params, now) < 0)
		return pb_fail(err, PB_USAGE, EINVAL, "%s does not name two attachments that QEMU has",
			       r->f->rule);
	for (unsigned arm = 0; arm < 2 && rc == 0; arm++)
		rc = pb_guest_spec_parse(&r->spec[arm], r->so->guest, r->attach[arm], err);
	if (rc == 0 && !strcmp(r->spec[0].attach_text, r->spec[1].attach_text))
		rc = pb_fail(err, PB_USAGE, EINVAL, "%s: the disk is attached with %s already", r->f->rule,
			     r->spec[0].attach_text);
	return rc < 0 ? rc : check_safety(r, err);
}

/* QEMU says itself how it has the disk open. */
static int look(void *arg, struct pb_session *s, struct pb_err *err)
{
	struct restart *r = arg;
	struct pb_disk_mode *m = &r->seen[r->arm];
	const struct pb_attach *want = &r->spec[r->arm].attach;
	json_t *blocks = NULL;
	int rc = pb_launch_query(s->guest.launch, "query-block", &blocks, err);

	if (rc == 0)
		rc = pb_disk_mode_cache(m, blocks, PB_LAUNCH_NODE, err);
	if (rc == 0)
		rc = pb_disk_mode_aio(m, r->o->root, s->guest.qemu_pid, err);
	json_decref(blocks);
	if (rc == 0 && (strcmp(m->cache, want->cache) != 0 || strcmp(m->aio, want->aio) != 0))
		r->as_asked = false;
	return rc;
}

/* The rows of a visit, with the header of the first one. */
static int take_steps(struct restart *r, const char *visit, struct pb_err *err)
{
	struct pb_root at = {.fd = -1};
	struct pb_buf text = {0};
	char path[PATH_MAX];
	const char *from;
	int rc;

	snprintf(path, sizeof(path), "%s/%s", r->dir.path, visit);
	rc = pb_root_open(&at, path, err);
	if (rc < 0)
		return rc;
	rc = pb_root_slurp(&at, &text, "/steps.csv");
	from = rc == 0 && text.data ? text.data : "";
	if (r->steps.len && strchr(from, '\n'))
		from = strchr(from, '\n') + 1;
	if (rc == 0)
		rc = pb_buf_str(&r->steps, from);
	pb_buf_fini(&text);
	pb_root_close(&at);
	return rc < 0 ? pb_fail(err, PB_MISSING, -rc, "cannot read %s/steps.csv: %s", path, strerror(-rc))
		      : 0;
}

/* A guest that does not come up or goes away is a visit to be repeated, like one that was disturbed, as long
 * as that is the exception. What was refused stays refused. */
static int failed_visit(struct restart *r, int rc, struct pb_err *err)
{
	if (!err || err->status != PB_MISSING || pb_stop_asked() || r->repeats >= MAX_REPEATS)
		return rc;
	snprintf(r->invalid, sizeof(r->invalid), "%.90s", err->msg);
	*err = (struct pb_err)PB_ERR_INIT;
	return 1;
}

/* 1 = measured, but not to be believed. */
static int one(struct restart *r, unsigned pair, struct pb_err *err)
{
	char name[64], path[PATH_MAX];
	struct pb_visited got = {0};
	struct pb_visit v = {.session = r->so,
			     .guest = r->so->guest,
			     .attach = r->attach[r->arm],
			     .dir = path,
			     .depths = {r->depth, r->depth},
			     .block = pair + 1,
			     .phase = r->arm ? "b" : "a",
			     .window_ms = r->o->window_ms,
			     .look = look,
			     .arg = r};
	int rc;

	snprintf(name, sizeof(name), "visits/%u-%s%.*s", pair + 1, v.phase, (int)r->repeats, "rrrr");
	snprintf(path, sizeof(path), "%s/%s", r->dir.path, name);
	rc = pb_visit(&v, &got, err);
	if (rc < 0)
		return failed_visit(r, rc, err);
	rc = take_steps(r, name, err);
	if (rc < 0)
		return rc;
	r->iops[r->arm][pair] = got.iops;
	r->p99[r->arm][pair] = got.p99_ns;
	snprintf(r->invalid, sizeof(r->invalid), "%s", got.reason);
	return !got.valid;
}

/* A B, B A, A B, ... 1 = too many visits were not valid. */
static int visit_all(struct restart *r, struct pb_err *err)
{
	struct pb_ui_work work;
	int rc = 0;

	pb_ui_work_begin(&work, r->o->ui, 0);
	for (unsigned k = 0; k < 2 * r->visits && rc == 0; k++) {
		unsigned pair = k / 2;

		r->arm = (pair + k) % 2;
		pb_ui_line(r->o->ui, "%s: pair %u of %u, arm %s: a guest with %s", r->f->rule, pair + 1,
			   r->visits, r->arm ? "B" : "A", r->attach[r->arm]);
		pb_ui_work_show(&work, k, 2 * r->visits, "%s: pair %u of %u, arm %s", r->f->rule, pair + 1,
				r->visits, r->arm ? "B" : "A");
		while ((rc = one(r, pair, err)) == 1 && r->repeats < MAX_REPEATS)
			r->repeats++;
		if (rc == 0 && k % 2)
			pb_ui_line(r->o->ui, "%s pair %u: A %.0f IOPS, B %.0f IOPS, B/A %.3f", r->f->rule,
				   pair + 1, r->iops[0][pair], r->iops[1][pair],
				   r->iops[1][pair] / r->iops[0][pair]);
	}
	pb_ui_work_end(&work);
	return rc;
}

static void decide(struct restart *r, bool valid, struct pb_verdict *v)
{
	if (valid)
		pb_tune_decide(r->iops[0], r->iops[1], r->p99[0], r->p99[1], r->visits, r->as_asked,
			       PB_TUNE_ONE_ALPHA, v);
	else
		pb_tune_undecided(r->repeats + 1, r->invalid, v);
	if (!r->required || !r->as_asked || !valid || v->keep)
		return;
	v->keep = true;
	snprintf(v->reason, sizeof(v->reason),
		 "kept for what must survive, not for speed: cache=%s loses acknowledged writes; throughput "
		 "becomes %.2f times what it was",
		 r->spec[0].attach.cache, v->ratio.est);
}

static json_t *changes(const struct restart *r)
{
	json_t *list = json_array();
	char back[48];

	pb_disk_mode_text(back, sizeof(back), &r->seen[1]);
	pb_tune_add_change(list, "attach", PB_N("--attach of a new guest"), r->spec[0].attach_text,
			   r->spec[1].attach_text, back);
	return list;
}

static json_t *effect(const struct restart *r)
{
	json_t *list = json_array();

	pb_tune_add_effect(list, "cache", PB_N("QMP query-block: writeback, direct and no-flush"),
			   r->seen[0].cache, r->seen[1].cache);
	pb_tune_add_effect(list, "aio", PB_N("rings that QEMU's process holds"), r->seen[0].aio,
			   r->seen[1].aio);
	return list;
}

static int finish(struct restart *r, const struct pb_verdict *v, struct pb_err *err)
{
	const struct pb_tune_tried tried = {.f = r->f,
					    .verdict = v,
					    .pairs = r->visits,
					    .depth = r->depth,
					    .label = {r->attach[0], r->attach[1]},
					    .changes = changes(r),
					    .effect = effect(r)};
	char text[512];
	int rc = pb_tune_write(&r->dir, &tried, err);

	pb_tune_verdict_text(text, sizeof(text), r->f->rule, v);
	pb_ui_line(r->o->ui, "%s", text);
	if (rc == 0)
		rc = pb_rundir_put(&r->dir, "steps.csv", r->steps.data, r->steps.len, err);
	if (rc == 0 && v->keep)
		rc = pb_tune_recommend(&r->dir, &r->spec[1].attach,
				       pb_json_str(json_object_get(r->base, "disk"), "block", ""), err);
	json_object_set_new(r->dir.manifest, "run_options",
			    json_deep_copy(json_object_get(r->base, "run_options")));
	return rc < 0 ? rc : pb_rundir_seal(&r->dir, err);
}

static int run(struct restart *r, struct pb_err *err)
{
	struct pb_verdict v;
	int rc = prepare(r, err);

	if (rc == 0)
		rc = pb_rundir_create(&r->dir, r->so->out, err);
	if (rc < 0)
		return rc;
	rc = visit_all(r, err);
	if (rc >= 0) {
		decide(r, rc == 0, &v);
		rc = finish(r, &v, err);
	}
	pb_rundir_close(&r->dir);
	return rc;
}

int pb_tune_restart(const struct pb_tune_opts *o, const struct pb_session_opts *session,
		    const struct pb_finding *f, const json_t *base, unsigned depth, struct pb_err *err)
{
	struct restart *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	*r = (struct restart){.o = o,
			      .so = session,
			      .f = f,
			      .base = base,
			      .dir = {.fd = -1},
			      .visits = o->visits > MAX_VISITS ? MAX_VISITS : o->visits,
			      .depth = depth,
			      .as_asked = true};
	rc = run(r, err);
	pb_buf_fini(&r->steps);
	free(r);
	return rc;
}
