/*
 * Moves the vectors of a VFIO disk to other CPUs. params: {kind, vectors:
 * [{name, new}..]}. Vectors are found by name at every step: their numbers change when a guest re-requests
 * them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/irqvec.h"
#include "engine/lib/json.h"
#include "engine/run/tune/action.h"
#include "engine/run/tune/fight.h"
#include "engine/run/tune/irq_effect.h"
#include "engine/run/tune/tune_verdict.h"

#define MAX_VECTORS 64
/* The new CPU must take this share of a vector's interrupts in the changed windows: the counters moved. */
#define MOVED_SHARE 0.9

struct move {
	char name[PB_IRQ_NAME_MAX], to[256], before[256], read_back[256];
	struct pb_irq_counts at_begin;
	uint64_t sum[2][PB_EFFECT_CPUS];
};

struct irq_affinity {
	struct pb_fought fought; /* first, for pb_fought_told() */
	const struct pb_action_target *t;
	struct move *move;
	unsigned n;
};

static const json_t *wanted_vectors(const struct pb_finding *f)
{
	return json_object_get(f->params, "vectors");
}

static bool fits(const struct pb_finding *f)
{
	return json_array_size(wanted_vectors(f)) > 0;
}

static void close_action(void *state)
{
	struct irq_affinity *s = state;

	if (s)
		free(s->move);
	free(s);
}

static void add_move(struct irq_affinity *s, const struct pb_irq_vector *v, const json_t *want)
{
	struct move *m = &s->move[s->n++];

	snprintf(m->name, sizeof(m->name), "%s", v->name);
	snprintf(m->to, sizeof(m->to), "%s", pb_json_str(want, "new", ""));
	snprintf(m->before, sizeof(m->before), "%s", v->smp_affinity_list);
}

/* The vectors the finding names that exist in this guest, with what they have now. */
static int find_moves(struct irq_affinity *s, struct pb_err *err)
{
	struct pb_irq_vector *v = NULL;
	json_t *want;
	size_t i, n = 0;
	int rc = pb_irq_vectors(s->t->root, s->t->bdf, &v, &n);

	json_array_foreach(wanted_vectors(s->t->f), i,
			   want) for (size_t k = 0; rc == 0 && k < n && s->n < MAX_VECTORS;
				      k++) if (!strcmp(v[k].name, pb_json_str(want, "name", "")))
		add_move(s, &v[k], want);
	free(v);
	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "cannot read the vectors of %s: %s", s->t->bdf,
			       strerror(-rc));
	if (!s->n)
		return pb_fail(
			err, PB_MISSING, ENOENT,
			"none of the vectors that %s names exists now; run passbench run and analyze again",
			s->t->f->rule);
	return 0;
}

static int open_action(void **state, const struct pb_action_target *t, struct pb_err *err)
{
	struct irq_affinity *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	s->t = t;
	s->move = calloc(MAX_VECTORS, sizeof(*s->move));
	rc = s->move ? find_moves(s, err) : pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	if (rc < 0) {
		close_action(s);
		return rc;
	}
	*state = s;
	return 0;
}

/* Sets the masks and reads back where the kernel put the vectors. */
static int set(void *state, struct pb_err *err)
{
	struct irq_affinity *s = state;
	struct pb_irq_vector *v = NULL;
	size_t n = 0;
	int rc = 0;

	for (unsigned i = 0; i < s->n && rc == 0; i++)
		rc = pb_undo_affinity(s->t->undo, s->t->bdf, s->move[i].name, s->move[i].to, err);
	if (rc == 0)
		rc = pb_irq_vectors(s->t->root, s->t->bdf, &v, &n);
	for (unsigned i = 0; i < s->n && rc == 0; i++)
		for (size_t k = 0; k < n; k++)
			if (!strcmp(v[k].name, s->move[i].name))
				snprintf(s->move[i].read_back, sizeof(s->move[i].read_back), "%s",
					 v[k].smp_affinity_list);
	free(v);
	return rc;
}

static int begin(void *state, struct pb_err *err)
{
	struct irq_affinity *s = state;
	int rc = 0;

	for (unsigned i = 0; i < s->n && rc == 0; i++)
		rc = pb_irq_counts_read(s->t->root, s->move[i].name, &s->move[i].at_begin, err);
	return rc;
}

/* Do the masks still stand at the end of a changed window? irqbalance looks every 10 s. */
static void look_for_fight(struct irq_affinity *s)
{
	struct pb_irq_vector *v = NULL;
	size_t n = 0;

	if (pb_irq_vectors(s->t->root, s->t->bdf, &v, &n) < 0)
		return;
	for (unsigned i = 0; i < s->n; i++)
		for (size_t k = 0; k < n; k++)
			if (!strcmp(v[k].name, s->move[i].name) &&
			    strcmp(v[k].smp_affinity_list, s->move[i].read_back) != 0)
				pb_fight_text(s->fought.text, sizeof(s->fought.text), s->t->root,
					      &(struct pb_fight){s->move[i].name, s->move[i].read_back,
								 v[k].smp_affinity_list});
	free(v);
}

static int count(void *state, unsigned arm, struct pb_err *err)
{
	struct irq_affinity *s = state;
	struct pb_irq_counts *now = malloc(sizeof(*now));
	int rc = now ? 0 : pb_fail(err, PB_MISSING, ENOMEM, "out of memory");

	for (unsigned i = 0; i < s->n && rc == 0; i++) {
		rc = pb_irq_counts_read(s->t->root, s->move[i].name, now, err);
		if (rc == 0)
			pb_irq_counts_add_delta(s->move[i].sum[arm], &s->move[i].at_begin, now);
	}
	free(now);
	if (rc == 0 && arm)
		look_for_fight(s);
	return rc;
}

/* Did each vector that was busy move away from where it was? */
static bool effective(const void *state)
{
	const struct irq_affinity *s = state;
	bool any = false;

	for (unsigned i = 0; i < s->n; i++) {
		double share_a, share_b;
		int top_a = pb_irq_counts_top(s->move[i].sum[0], &share_a),
		    top_b = pb_irq_counts_top(s->move[i].sum[1], &share_b);

		if (top_a < 0 && top_b < 0)
			continue; /* silent in both arms: a queue nobody uses */
		if (top_b < 0 || top_b == top_a || share_b < MOVED_SHARE)
			return false;
		any = true;
	}
	return any;
}

static json_t *changes(const void *state)
{
	const struct irq_affinity *s = state;
	json_t *list = json_array();

	for (unsigned i = 0; i < s->n; i++) {
		const struct move *m = &s->move[i];

		pb_tune_add_change(list, m->name, "/proc/irq/N/smp_affinity_list", m->before, m->to,
				   m->read_back);
	}
	return list;
}

static void top_text(char *buf, size_t size, const uint64_t *sum)
{
	double share;
	int top = pb_irq_counts_top(sum, &share);

	if (top < 0)
		snprintf(buf, size, "none");
	else
		snprintf(buf, size, "CPU %d (%.0f%%)", top, 100 * share);
}

static json_t *effect(const void *state)
{
	const struct irq_affinity *s = state;
	json_t *list = json_array();
	char before[32], after[32];

	for (unsigned i = 0; i < s->n; i++) {
		top_text(before, sizeof(before), s->move[i].sum[0]);
		top_text(after, sizeof(after), s->move[i].sum[1]);
		pb_tune_add_effect(list, s->move[i].name, "CPU that takes most of the interrupts", before,
				   after);
	}
	return list;
}

const struct pb_action pb_action_irq_affinity = {
	.kind = "irq-affinity",
	.help = "affinity of a VFIO disk's vectors; proof: the counts move to the new CPU",
	.fits = fits,
	.open = open_action,
	.set = set,
	.begin = begin,
	.count = count,
	.effective = effective,
	.fought = pb_fought_told,
	.changes = changes,
	.effect = effect,
	.close = close_action,
};
