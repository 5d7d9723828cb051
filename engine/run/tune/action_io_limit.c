/*
 * Limits what a neighbour moves on the disk that it shares with this guest, through io.max of its cgroup.
 * params: {kind, block, bytes_s}: the host's disk, and the share that is fair. Who the neighbour is, is found
 * when it is applied: the cgroup that uses the disk most. It takes from somebody, so tune does it only when
 * the finding's rule was asked for by name.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/collectors/psitext.h"
#include "engine/lib/json.h"
#include "engine/lib/nvme_paths.h"
#include "engine/run/tune/action.h"
#include "engine/run/tune/fight.h"
#include "engine/run/host/iogroup.h"
#include "engine/run/tune/tune_verdict.h"

/* Readings so far apart tell who uses the disk. */
#define LOOK_NS 1000000000L
/* QEMU's manual names 2 MB/s as the least that is safe to throttle to (tuning.md C7) */
#define LEAST_BYTES_S 2e6
/* [ours] io.max works in slices: a window may end a little above it */
#define ABOVE 1.2

struct io_limit {
	struct pb_fought fought; /* first, for pb_fought_told() */
	const struct pb_action_target *t;
	char group[PB_IOGROUP_PATH], dev[32], before[256], to[256], read_back[256];
	double bytes_s, found; /* the limit; what the group moved when it was found */
	int64_t at_begin, ns_begin;
	double bytes[2], seconds[2]; /* of the group's windows, per arm */
};

static const char *block_of(const struct pb_finding *f)
{
	return pb_json_str(f->params, "block", "");
}

static bool fits(const struct pb_finding *f)
{
	const char *block = block_of(f);

	return block[0] && !block[strspn(block, "abcdefghijklmnopqrstuvwxyz0123456789_-")] &&
	       pb_json_num(f->params, "bytes_s", NAN) >= LEAST_BYTES_S;
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* With native multipath the namespace hangs below a virtual subsystem, and only its controllers below the
 * disk's address. */
static bool is_disk(const struct pb_root *root, const char *block, const char *bdf)
{
	struct pb_strv ctrl = {0};
	char real[512];
	bool found =
		pb_root_realpath(root, real, sizeof(real), "/sys/block/%s", block) >= 0 && strstr(real, bdf);

	pb_nvme_controllers(root, block, &ctrl);
	for (size_t i = 0; i < ctrl.n && !found; i++)
		found = pb_root_realpath(root, real, sizeof(real), "/sys/class/nvme/%s", ctrl.v[i]) >= 0 &&
			strstr(real, bdf);
	pb_strv_fini(&ctrl);
	return found;
}

/* The disk of this run and no other: findings.json is a file that anybody may have edited. */
static int find_disk(struct io_limit *s, struct pb_err *err)
{
	const struct pb_action_target *t = s->t;

	if (pb_root_read(t->root, s->dev, sizeof(s->dev), "/sys/block/%s/dev", block_of(t->f)) <= 0)
		return pb_fail(err, PB_MISSING, ENODEV, "%s, which %s names, is no disk here", block_of(t->f),
			       t->f->rule);
	if (t->bdf[0] && !is_disk(t->root, block_of(t->f), t->bdf))
		return pb_fail(err, PB_UNSAFE, EPERM, "%s is not the disk of this run (%s)", block_of(t->f),
			       t->bdf);
	return 0;
}

static int find_group(struct io_limit *s, struct pb_err *err)
{
	struct pb_iogroups before, after;
	struct timespec pause = {.tv_nsec = 0};
	char own[PB_IOGROUP_PATH] = "";
	struct pb_buf text = {0};
	int i, rc = pb_iogroups_read(s->t->root, s->dev, &before, err);

	if (rc < 0)
		return rc;
	pause.tv_sec = LOOK_NS / 1000000000L;
	nanosleep(&pause, NULL);
	rc = pb_iogroups_read(s->t->root, s->dev, &after, err);
	if (rc < 0) {
		pb_iogroups_fini(&before);
		return rc;
	}
	if (s->t->qemu_pid && pb_root_slurp(s->t->root, &text, "/proc/%d/cgroup", (int)s->t->qemu_pid) == 0 &&
	    text.data)
		pb_psi_cgroup(text.data, own, sizeof(own));
	i = pb_iogroups_busiest(&before, &after, own, LOOK_NS / 1e9, &s->found);
	if (i < 0 || s->found <= s->bytes_s)
		rc = pb_fail(err, PB_MISSING, ENOENT,
			     "no cgroup but this guest's own uses %s for more than %.1f MB/s now: there is "
			     "nobody to limit",
			     block_of(s->t->f), s->bytes_s / 1e6);
	else
		snprintf(s->group, sizeof(s->group), "%s", after.v[i].path);
	pb_buf_fini(&text);
	pb_iogroups_fini(&before);
	pb_iogroups_fini(&after);
	return rc;
}

static int open_action(void **state, const struct pb_action_target *t, struct pb_err *err)
{
	struct io_limit *s;
	int rc;

	if (!fits(t->f))
		return pb_fail(err, PB_UNSAFE, EPERM, "what %s wants to limit is no disk, or to too little",
			       t->f->rule);
	s = calloc(1, sizeof(*s));
	if (!s)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	s->t = t;
	s->bytes_s = floor(pb_json_num(t->f->params, "bytes_s", 0));
	rc = find_disk(s, err);
	if (rc == 0)
		rc = find_group(s, err);
	if (rc == 0 && pb_iogroup_limit(t->root, s->group, s->dev, s->before, sizeof(s->before)) < 0)
		rc = pb_fail(err, PB_MISSING, ENOENT, "%s has gone", s->group);
	if (rc < 0) {
		free(s);
		return rc;
	}
	snprintf(s->to, sizeof(s->to), "rbps=%.0f wbps=%.0f riops=max wiops=max", s->bytes_s, s->bytes_s);
	*state = s;
	return 0;
}

static int set(void *state, struct pb_err *err)
{
	struct io_limit *s = state;
	int rc = pb_undo_io_max(s->t->undo, s->group, s->dev, s->to, err);

	if (rc == 0)
		pb_iogroup_limit(s->t->root, s->group, s->dev, s->read_back, sizeof(s->read_back));
	return rc;
}

/* What the group has moved on the disk so far. */
static int moved(const struct io_limit *s, int64_t *bytes, struct pb_err *err)
{
	struct pb_iogroups now;
	int rc = pb_iogroups_read(s->t->root, s->dev, &now, err);

	if (rc < 0)
		return rc;
	rc = -ENOENT;
	for (size_t i = 0; i < now.n && rc < 0; i++)
		if (strcmp(now.v[i].path, s->group) == 0) {
			*bytes = now.v[i].bytes;
			rc = 0;
		}
	pb_iogroups_fini(&now);
	return rc < 0 ? pb_fail(err, PB_MISSING, ENOENT, "%s has gone: its guest has ended", s->group) : 0;
}

static int begin(void *state, struct pb_err *err)
{
	struct io_limit *s = state;

	s->ns_begin = now_ns();
	return moved(s, &s->at_begin, err);
}

static int count(void *state, unsigned arm, struct pb_err *err)
{
	struct io_limit *s = state;
	char now[sizeof(s->read_back)];
	int64_t bytes;
	int rc = moved(s, &bytes, err);

	if (rc < 0)
		return rc;
	s->bytes[arm] += (double)(bytes - s->at_begin);
	s->seconds[arm] += (double)(now_ns() - s->ns_begin) / 1e9;
	if (arm && pb_iogroup_limit(s->t->root, s->group, s->dev, now, sizeof(now)) == 0 &&
	    strcmp(now, s->read_back) != 0)
		pb_fight_text(s->fought.text, sizeof(s->fought.text), s->t->root,
			      &(struct pb_fight){s->group, s->read_back, now});
	return 0;
}

static double rate(const struct io_limit *s, unsigned arm)
{
	return s->seconds[arm] > 0 ? s->bytes[arm] / s->seconds[arm] : NAN;
}

static bool effective(const void *state)
{
	const struct io_limit *s = state;

	return rate(s, 1) <= ABOVE * 2 * s->bytes_s && rate(s, 1) < rate(s, 0);
}

static json_t *changes(const void *state)
{
	const struct io_limit *s = state;
	json_t *list = json_array();
	char key[300];

	snprintf(key, sizeof(key), "%s/io.max of %s", s->group, s->dev);
	pb_tune_add_change(list, key, s->group, s->before, s->to, s->read_back);
	return list;
}

static json_t *effect(const void *state)
{
	const struct io_limit *s = state;
	json_t *list = json_array();
	char before[32], after[32];

	snprintf(before, sizeof(before), "%.1f MB/s", rate(s, 0) / 1e6);
	snprintf(after, sizeof(after), "%.1f MB/s", rate(s, 1) / 1e6);
	pb_tune_add_effect(list, s->group, "what the neighbour moved on the disk: its cost of this change",
			   before, after);
	return list;
}

const struct pb_action pb_action_io_limit = {
	.kind = "io-limit",
	.help = "a neighbour's bandwidth on the shared disk (io.max), only with --rule; proof: its io.stat",
	.takes = true,
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
