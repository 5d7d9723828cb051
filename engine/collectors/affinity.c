/*
 * Where the disk's interrupt vectors may go and do go: one row per vector at start and end of the run, and
 * whenever something changed in between. Never writes: managed interrupts are told from the file's mode.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/irqvec.h"
#include "engine/collectors/reason.h"

struct affinity_state {
	const struct pb_target *target;
	struct pb_irq_vector *known;
	size_t n;
};

static int affinity_probe(const struct pb_target *t, char *why, size_t size)
{
	struct pb_irq_vector *v;
	size_t n;
	int rc;

	if (!t->bdf) {
		snprintf(why, size, "no disk with a PCI address was named");
		return -ENODEV;
	}
	rc = pb_irq_vectors(t->root, t->bdf, &v, &n);
	if (rc)
		return pb_reason(why, size, -rc, "/proc/interrupts");
	free(v);
	return 0;
}

static int affinity_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct affinity_state *s = calloc(1, sizeof(*s));

	(void)why;
	(void)size;
	if (!s)
		return -ENOMEM;
	s->target = t;
	*state = s;
	return 0;
}

static int affinity_columns(void *state, struct pb_strv *names)
{
	static const char *const col[] = {"irq", "name", "smp_affinity_list", "effective_affinity_list",
					  "managed"};
	int rc = 0;

	(void)state;
	for (size_t i = 0; !rc && i < sizeof(col) / sizeof(col[0]); i++)
		rc = pb_strv_add(names, col[i]);
	return rc;
}

static const char *text_or_null(const char *s)
{
	return s[0] ? s : NULL;
}

static void put_vector(struct pb_rows *rows, int64_t t_ns, const struct pb_irq_vector *v)
{
	pb_rows_begin(rows, t_ns);
	pb_rows_i64(rows, v->irq);
	pb_rows_str(rows, v->name);
	pb_rows_str(rows, text_or_null(v->smp_affinity_list));
	pb_rows_str(rows, text_or_null(v->effective_affinity_list));
	pb_rows_i64(rows, v->managed < 0 ? PB_NA : v->managed);
	pb_rows_end(rows);
}

static int is_known(const struct affinity_state *s, const struct pb_irq_vector *v)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct pb_irq_vector *k = &s->known[i];

		if (k->irq == v->irq && k->managed == v->managed && !strcmp(k->name, v->name) &&
		    !strcmp(k->smp_affinity_list, v->smp_affinity_list) &&
		    !strcmp(k->effective_affinity_list, v->effective_affinity_list))
			return 1;
	}
	return 0;
}

static int report(struct affinity_state *s, int64_t t_ns, struct pb_rows *rows, int all)
{
	struct pb_irq_vector *v;
	size_t n;
	int rc = pb_irq_vectors(s->target->root, s->target->bdf, &v, &n);

	if (rc)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (all || !is_known(s, &v[i]))
			put_vector(rows, t_ns, &v[i]);
	free(s->known);
	s->known = v;
	s->n = n;
	return 0;
}

static int affinity_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	return report(state, t_ns, rows, 0);
}

static int affinity_finish(void *state, int64_t t_ns, struct pb_rows *rows)
{
	return report(state, t_ns, rows, 1);
}

static void affinity_stop(void *state)
{
	struct affinity_state *s = state;

	if (!s)
		return;
	free(s->known);
	free(s);
}

const struct pb_collector pb_coll_affinity = {
	.name = "affinity",
	.help = "where the disk's interrupt vectors may go and do go, on change",
	.source = "/proc/irq/N/{smp_affinity_list,effective_affinity_list}",
	.period = PB_PERIOD_SLOW,
	.labels = "irq name",
	.gauges = "managed",
	.probe = affinity_probe,
	.start = affinity_start,
	.columns = affinity_columns,
	.sample = affinity_sample,
	.finish = affinity_finish,
	.stop = affinity_stop,
};
