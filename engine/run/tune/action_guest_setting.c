/*
 * Changes one setting of the disk inside the guest, through its agent. params: {kind, key, value}:
 * nr_requests, scheduler, rq_affinity, or coalescing (NVMe feature 08h as a number). On a VFIO disk these
 * exist nowhere else.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"
#include "engine/run/tune/action.h"
#include "engine/run/tune/fight.h"
#include "engine/run/guest/guest_setting.h"
#include "engine/run/tune/tune_verdict.h"

struct guest_setting {
	struct pb_fought fought; /* first, for pb_fought_told() */
	const struct pb_action_target *t;
	char key[32], path[96], to[PB_GUEST_VALUE_MAX], before[PB_GUEST_VALUE_MAX],
		read_back[PB_GUEST_VALUE_MAX], found[PB_GUEST_VALUE_MAX]; /* after a changed window */
};

static const char *param(const struct pb_finding *f, const char *key)
{
	return pb_json_str(f->params, key, "");
}

static bool fits(const struct pb_finding *f)
{
	return pb_guest_setting_known(param(f, "key"), param(f, "value"));
}

static int read_now(const struct guest_setting *s, char now[PB_GUEST_VALUE_MAX], struct pb_err *err)
{
	return pb_guest_setting(s->t->guest->conn, s->t->guest->disk, s->key, NULL, now, err);
}

static int open_action(void **state, const struct pb_action_target *t, struct pb_err *err)
{
	struct guest_setting *s;
	int rc;

	if (!fits(t->f))
		return pb_fail(err, PB_UNSAFE, EPERM, "%s=%s is not a setting that tune writes in a guest",
			       param(t->f, "key"), param(t->f, "value"));
	s = calloc(1, sizeof(*s));
	if (!s)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	s->t = t;
	snprintf(s->key, sizeof(s->key), "%s", param(t->f, "key"));
	snprintf(s->to, sizeof(s->to), "%s", param(t->f, "value"));
	snprintf(s->path, sizeof(s->path), "%s in the guest", pb_json_str(t->guest->disk, "path", "?"));
	rc = read_now(s, s->before, err);
	if (rc < 0)
		free(s);
	else
		*state = s;
	return rc;
}

static int set(void *state, struct pb_err *err)
{
	struct guest_setting *s = state;
	int rc = pb_undo_guest(s->t->undo, s->key, s->to, err);

	return rc < 0 ? rc : read_now(s, s->read_back, err);
}

static int begin(void *state, struct pb_err *err)
{
	(void)state;
	(void)err;
	return 0;
}

/* No counter of the host belongs to these: whether the value stood through the window can be told. */
static int count(void *state, unsigned arm, struct pb_err *err)
{
	struct guest_setting *s = state;
	int rc = arm ? read_now(s, s->found, err) : 0;

	if (rc == 0 && arm && strcmp(s->found, s->read_back) != 0)
		snprintf(s->fought.text, sizeof(s->fought.text),
			 "somebody in the guest (tuned?) set %s back to %s within the window: a fight is not "
			 "joined",
			 s->key, s->found);
	return rc;
}

static bool effective(const void *state)
{
	const struct guest_setting *s = state;

	return s->found[0] && strcmp(s->before, s->found) != 0;
}

static json_t *changes(const void *state)
{
	const struct guest_setting *s = state;
	json_t *list = json_array();

	pb_tune_add_change(list, s->key, s->path, s->before, s->to, s->read_back);
	return list;
}

static json_t *effect(const void *state)
{
	const struct guest_setting *s = state;
	json_t *list = json_array();

	pb_tune_add_effect(
		list, s->key,
		"as the guest reads it behind the windows; no counter belongs to this setting alone",
		s->before, s->found);
	return list;
}

const struct pb_action pb_action_guest_setting = {
	.kind = "guest-setting",
	.help = "a setting of the disk in its guest: queue, scheduler, coalescing; proof: the measurement "
		"itself",
	.fits = fits,
	.open = open_action,
	.set = set,
	.begin = begin,
	.count = count,
	.effective = effective,
	.fought = pb_fought_told,
	.changes = changes,
	.effect = effect,
	.close = free,
};
