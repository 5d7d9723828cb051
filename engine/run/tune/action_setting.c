/*
 * Writes one setting below /proc or /sys of the host. params: {kind, path,
 * value}. Only settings of the table below: findings.json is a file that anybody may have edited.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"
#include "engine/run/tune/action.h"
#include "engine/run/tune/fight.h"
#include "engine/run/tune/tune_verdict.h"

/*
 * What may be written, all of it live and without effect on what a disk holds (rules R-P1, R-P2, R-C6
 * to R-C9 of docs/rules.md). write_cache is missing on purpose: it decides what survives a power loss.
 */
static const char *const allowed[] = {
	"/sys/module/kvm/parameters/halt_poll_ns",
	"/sys/module/kvm/parameters/halt_poll_ns_grow",
	"/sys/module/kvm/parameters/halt_poll_ns_shrink",
	"/sys/block/*/queue/scheduler",
	"/sys/block/*/queue/rq_affinity",
	"/sys/block/*/queue/nr_requests",
	"/sys/block/*/queue/wbt_lat_usec",
	"/proc/sys/vm/dirty_bytes",
	"/proc/sys/vm/dirty_background_bytes",
};

struct setting {
	struct pb_fought fought; /* first, for pb_fought_told() */
	const struct pb_action_target *t;
	char path[256], to[128], before[512], read_back[512];
};

static const char *path_of(const struct pb_finding *f)
{
	return pb_json_str(f->params, "path", "");
}

static bool may_write(const char *path)
{
	if (strstr(path, ".."))
		return false;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (!fnmatch(allowed[i], path, FNM_PATHNAME))
			return true;
	return false;
}

static bool fits(const struct pb_finding *f)
{
	return may_write(path_of(f)) && pb_json_str(f->params, "value", "")[0];
}

static int open_action(void **state, const struct pb_action_target *t, struct pb_err *err)
{
	struct setting *s;

	if (!may_write(path_of(t->f)))
		return pb_fail(err, PB_UNSAFE, EPERM, "%s is not a setting that tune writes", path_of(t->f));
	if (!pb_root_exists(t->root, "%s", path_of(t->f)))
		return pb_fail(err, PB_MISSING, ENOENT, "%s, which %s wants to set, does not exist here",
			       path_of(t->f), t->f->rule);
	s = calloc(1, sizeof(*s));
	if (!s)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	s->t = t;
	snprintf(s->path, sizeof(s->path), "%s", path_of(t->f));
	snprintf(s->to, sizeof(s->to), "%s", pb_json_str(t->f->params, "value", ""));
	pb_root_read(t->root, s->before, sizeof(s->before), "%s", s->path);
	*state = s;
	return 0;
}

static int set(void *state, struct pb_err *err)
{
	struct setting *s = state;
	int rc = pb_undo_write(s->t->undo, s->path, s->to, err);

	if (rc == 0)
		pb_root_read(s->t->root, s->read_back, sizeof(s->read_back), "%s", s->path);
	return rc;
}

/* The kernel keeps no counter for these that belongs to them alone: the measurement decides. */
static int nothing_to_begin(void *state, struct pb_err *err)
{
	(void)state;
	(void)err;
	return 0;
}

/* So all there is to see behind a changed window is whether the value still stands. */
static int count(void *state, unsigned arm, struct pb_err *err)
{
	struct setting *s = state;
	char now[sizeof(s->read_back)];

	(void)err;
	if (arm && pb_root_read(s->t->root, now, sizeof(now), "%s", s->path) >= 0 &&
	    strcmp(now, s->read_back) != 0)
		pb_fight_text(s->fought.text, sizeof(s->fought.text), s->t->root,
			      &(struct pb_fight){s->path, s->read_back, now});
	return 0;
}

static bool effective(const void *state)
{
	const struct setting *s = state;

	return s->read_back[0] && strcmp(s->before, s->read_back) != 0;
}

static json_t *changes(const void *state)
{
	const struct setting *s = state;
	json_t *list = json_array();

	pb_tune_add_change(list, s->path, s->path, s->before, s->to, s->read_back);
	return list;
}

static json_t *effect(const void *state)
{
	const struct setting *s = state;
	json_t *list = json_array();

	pb_tune_add_effect(list, s->path, "as the kernel reads it; no counter belongs to this setting alone",
			   s->before, s->read_back);
	return list;
}

const struct pb_action pb_action_setting = {
	.kind = "setting",
	.help = "one setting of KVM, a host queue or writeback; proof: the measurement itself",
	.fits = fits,
	.open = open_action,
	.set = set,
	.begin = nothing_to_begin,
	.count = count,
	.effective = effective,
	.fought = pb_fought_told,
	.changes = changes,
	.effect = effect,
	.close = free,
};
