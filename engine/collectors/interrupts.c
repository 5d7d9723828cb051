/*
 * Interrupts per CPU from /proc/interrupts: the vectors of the disk under
 * test, the total over all device vectors, and the architecture rows that explain
 * virtual interrupts. Looks at no guest: with posted interrupts a busy disk's line stays flat here.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/hostinfo.h"
#include "engine/collectors/irqcount.h"
#include "engine/collectors/irqvec.h"
#include "engine/collectors/snapfile.h"

/* Timer, rescheduling, function-call and TLB IPIs, NMI; PIN, PIW, NPI tell posted interrupts. */
static const char *const arch_rows[] = {"NMI", "LOC", "RES", "CAL", "TLB", "PIN", "NPI", "PIW"};

/* Without a disk all vectors are written, unless that would be too much: 256 vectors on 32 CPUs. */
#define ALL_CELLS_MAX 8192u

struct irq_state {
	const struct pb_target *target;
	struct pb_snapfile file;
	struct pb_irqcount count;
	struct pb_irq_match match;
	size_t n_known; /* series when the disk's names were looked up */
	bool all;       /* no disk was named: every device's vectors */
};

static int irq_probe(const struct pb_target *t, char *why, size_t size)
{
	struct pb_snapfile f;
	int rc = pb_snapfile_open(&f, t->root, "/proc/interrupts");

	if (rc)
		snprintf(why, size, "/proc/interrupts: %s", strerror(-rc));
	pb_snapfile_close(&f);
	return rc;
}

struct cpu_set {
	unsigned *v;
	size_t n, cap;
	int failed;
};

static void add_cpu(void *arg, unsigned cpu)
{
	struct cpu_set *s = arg;

	if (cpu >= PB_IRQ_CPUS_MAX)
		return;
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 64;
		unsigned *v = realloc(s->v, cap * sizeof(*v));

		if (!v) {
			s->failed = 1;
			return;
		}
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n++] = cpu;
}

/* CPUs that are there, online or not, so that one coming online later has its column; else those of the
 * header. */
static int list_cpus(const struct pb_root *root, const struct pb_snapfile *f, struct cpu_set *s)
{
	struct pb_irqtext it;
	char list[4096];
	int rc;

	if (pb_root_read(root, list, sizeof(list), "/sys/devices/system/cpu/present") > 0 &&
	    !pb_cpulist_each(list, add_cpu, s) && s->n)
		return s->failed ? -ENOMEM : 0;
	s->n = 0;
	rc = pb_irqtext_begin(&it, f->data, f->len);
	if (rc)
		return rc;
	for (size_t i = 0; i < it.ncpu; i++)
		add_cpu(s, it.cpu[i]);
	pb_irqtext_fini(&it);
	return s->failed ? -ENOMEM : 0;
}

static void irq_stop(void *state)
{
	struct irq_state *s = state;

	if (!s)
		return;
	pb_snapfile_close(&s->file);
	pb_irqcount_fini(&s->count);
	free(s);
}

static int irq_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct irq_state *s = calloc(1, sizeof(*s));
	struct cpu_set cpus = {0};
	int rc;

	if (!s)
		return -ENOMEM;
	s->target = t;
	rc = pb_snapfile_open(&s->file, t->root, "/proc/interrupts");
	if (!rc)
		rc = pb_snapfile_read(&s->file);
	if (!rc)
		rc = list_cpus(t->root, &s->file, &cpus);
	if (!rc)
		rc = pb_irqcount_init(&s->count, cpus.v, cpus.n);
	free(cpus.v);
	if (rc) {
		snprintf(why, size, "/proc/interrupts: %s", rc == -EINVAL ? "no CPU header" : strerror(-rc));
		irq_stop(s);
		return rc;
	}
	*state = s;
	return 0;
}

static int irq_columns(void *state, struct pb_strv *names)
{
	struct irq_state *s = state;
	int rc = pb_strv_add(names, "irq");

	if (!rc)
		rc = pb_strv_add(names, "name");
	if (!rc)
		rc = pb_strv_add(names, "kind");
	for (size_t i = 0; !rc && i < s->count.ncol; i++)
		rc = pb_strv_addf(names, "cpu%u", s->count.cpu[i]);
	return rc;
}

static void put_row(struct pb_rows *rows, int64_t t_ns, int64_t irq, const char *name, const char *kind,
		    const int64_t *v, size_t n)
{
	pb_rows_begin(rows, t_ns);
	pb_rows_i64(rows, irq);
	pb_rows_str(rows, name);
	pb_rows_str(rows, kind);
	for (size_t i = 0; i < n; i++)
		pb_rows_i64(rows, v[i]);
	pb_rows_end(rows);
}

static int is_arch_row(const char *name)
{
	for (size_t i = 0; i < sizeof(arch_rows) / sizeof(arch_rows[0]); i++)
		if (!strcmp(arch_rows[i], name))
			return 1;
	return 0;
}

static const char *row_kind(const struct irq_state *s, const struct pb_irq_series *x)
{
	int index;

	if (x->irq < 0)
		return is_arch_row(x->name) ? "arch" : NULL;
	switch (pb_irq_match_name(&s->match, x->name, &index)) {
	case PB_IRQ_VFIO:
		return "vfio";
	case PB_IRQ_DEVICE:
		return "device";
	case PB_IRQ_OTHER:
		break;
	}
	return s->all ? "other" : NULL;
}

/* A new name means that a driver was bound or a guest armed its vectors: all names are judged again. */
static void mark_rows(struct irq_state *s)
{
	struct pb_irqcount *c = &s->count;

	if (c->n == s->n_known)
		return;
	pb_irq_match_init(&s->match, s->target->root, s->target->bdf);
	s->all = !s->target->bdf && c->n * c->ncol <= ALL_CELLS_MAX;
	for (size_t i = 0; i < c->n; i++)
		c->v[i]->kind = row_kind(s, c->v[i]);
	s->n_known = c->n;
}

static int irq_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct irq_state *s = state;
	struct pb_irqcount *c = &s->count;
	int rc = pb_snapfile_read(&s->file);

	if (!rc)
		rc = pb_irqcount_add(c, s->file.data, s->file.len);
	if (rc)
		return rc;
	mark_rows(s);
	for (size_t i = 0; i < c->n; i++) {
		const struct pb_irq_series *x = c->v[i];

		if (x->kind && pb_irqcount_seen(c, x))
			put_row(rows, t_ns, x->irq >= 0 ? x->irq : PB_NA, x->name, x->kind, x->sum, c->ncol);
	}
	put_row(rows, t_ns, PB_NA, "total", "total", c->total, c->ncol);
	return 0;
}

const struct pb_collector pb_coll_interrupts = {
	.name = "interrupts",
	.help = "interrupts per CPU: the disk's vectors, all devices, IPIs and posted interrupts",
	.source = "/proc/interrupts",
	.period = PB_PERIOD_FAST,
	.labels = "irq name kind",
	.probe = irq_probe,
	.start = irq_start,
	.columns = irq_columns,
	.sample = irq_sample,
	.stop = irq_stop,
};
