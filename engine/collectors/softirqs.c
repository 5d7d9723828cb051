/*
 * Softirqs per CPU and kind from /proc/softirqs: how often the kernel finished disk requests (BLOCK), ran
 * timers, balanced runqueues and so on. Counts runs, not their time (cpu.c has softirq_ns).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/hostinfo.h"
#include "engine/collectors/irqcount.h"
#include "engine/collectors/reason.h"
#include "engine/collectors/snapfile.h"

#define SOFTIRQS "/proc/softirqs"

struct softirq_state {
	struct pb_snapfile file;
	struct pb_irqcount count; /* same layout as the architecture rows of /proc/interrupts */
	int64_t *shown;           /* per series: sum over all CPUs in its last row; PB_NA = no row yet */
	size_t n_shown;
};

static int softirq_probe(const struct pb_target *t, char *why, size_t size)
{
	struct pb_snapfile f;
	int rc = pb_snapfile_open(&f, t->root, SOFTIRQS);

	pb_snapfile_close(&f);
	return rc ? pb_reason(why, size, -rc, SOFTIRQS) : 0;
}

static void softirq_stop(void *state)
{
	struct softirq_state *s = state;

	if (!s)
		return;
	pb_snapfile_close(&s->file);
	pb_irqcount_fini(&s->count);
	free(s->shown);
	free(s);
}

/* The header names all possible CPUs; those that are not present would be columns of zeros for ever. */
struct presence {
	const struct pb_irqtext *it;
	unsigned *cpu;
	size_t n;
};

static void keep_present(void *arg, unsigned cpu)
{
	struct presence *p = arg;

	for (size_t i = 0; i < p->it->ncpu && p->n < p->it->ncpu; i++)
		if (p->it->cpu[i] == cpu)
			p->cpu[p->n++] = cpu;
}

static int make_columns(struct softirq_state *s, const struct pb_root *root)
{
	struct pb_irqtext it;
	struct presence p = {.it = &it};
	char list[4096];
	int rc = pb_irqtext_begin(&it, s->file.data, s->file.len);

	if (rc)
		return rc;
	p.cpu = calloc(it.ncpu, sizeof(*p.cpu));
	if (p.cpu && pb_root_read(root, list, sizeof(list), "/sys/devices/system/cpu/present") > 0 &&
	    pb_cpulist_each(list, keep_present, &p))
		p.n = 0;
	if (p.cpu && p.n)
		rc = pb_irqcount_init(&s->count, p.cpu, p.n);
	else
		rc = pb_irqcount_init(&s->count, it.cpu, it.ncpu);
	free(p.cpu);
	pb_irqtext_fini(&it);
	return rc;
}

static int softirq_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct softirq_state *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	rc = pb_snapfile_open(&s->file, t->root, SOFTIRQS);
	if (!rc)
		rc = pb_snapfile_read(&s->file);
	if (!rc)
		rc = make_columns(s, t->root);
	if (rc) {
		if (rc == -EINVAL)
			snprintf(why, size, SOFTIRQS ": no CPU header");
		else
			pb_reason(why, size, -rc, SOFTIRQS);
		softirq_stop(s);
		return rc;
	}
	*state = s;
	return 0;
}

static int softirq_columns(void *state, struct pb_strv *names)
{
	struct softirq_state *s = state;
	int rc = pb_strv_add(names, "softirq");

	for (size_t i = 0; !rc && i < s->count.ncol; i++)
		rc = pb_strv_addf(names, "cpu%u", s->count.cpu[i]);
	return rc;
}

static int grow_shown(struct softirq_state *s)
{
	int64_t *v;

	if (s->n_shown == s->count.n)
		return 0;
	v = realloc(s->shown, s->count.n * sizeof(*v));
	if (!v)
		return -ENOMEM;
	s->shown = v;
	while (s->n_shown < s->count.n)
		v[s->n_shown++] = PB_NA;
	return 0;
}

static int64_t sum_of(const struct pb_irqcount *c, const struct pb_irq_series *x)
{
	int64_t sum = 0;

	for (size_t i = 0; i < c->ncol; i++)
		sum += pb_irqcount_value(x, i) == PB_NA ? 0 : pb_irqcount_value(x, i);
	return sum;
}

static int report(struct softirq_state *s, int64_t t_ns, struct pb_rows *rows, bool all)
{
	struct pb_irqcount *c = &s->count;
	int rc = pb_snapfile_read(&s->file);

	if (!rc)
		rc = pb_irqcount_add(c, s->file.data, s->file.len);
	if (!rc)
		rc = grow_shown(s);
	for (size_t i = 0; !rc && i < c->n; i++) {
		const struct pb_irq_series *x = c->v[i];
		int64_t sum = sum_of(c, x);

		/* sums only grow, so an equal sum is an equal row */
		if (x->irq >= 0 || !pb_irqcount_seen(c, x) || (!all && sum == s->shown[i]))
			continue;
		s->shown[i] = sum;
		pb_rows_begin(rows, t_ns);
		pb_rows_str(rows, x->name);
		for (size_t k = 0; k < c->ncol; k++)
			pb_rows_i64(rows, pb_irqcount_value(x, k));
		pb_rows_end(rows);
	}
	return rc;
}

static int softirq_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	return report(state, t_ns, rows, false);
}

static int softirq_finish(void *state, int64_t t_ns, struct pb_rows *rows)
{
	return report(state, t_ns, rows, true);
}

const struct pb_collector pb_coll_softirqs = {
	.name = "softirqs",
	.help = "softirq runs per CPU and kind: block completions, timers, scheduling, network",
	.source = SOFTIRQS,
	.period = PB_PERIOD_SLOW,
	.probe = softirq_probe,
	.start = softirq_start,
	.columns = softirq_columns,
	.sample = softirq_sample,
	.finish = softirq_finish,
	.stop = softirq_stop,
};
