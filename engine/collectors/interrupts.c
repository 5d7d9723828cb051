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
#include "engine/collectors/irqfile.h"
#include "engine/collectors/irqvec.h"
#include "engine/collectors/pcishare.h"
#include "engine/collectors/snapfile.h"
#include "engine/lib/texts.h"

/* Timer, rescheduling, function-call and TLB IPIs, NMI; PIN, PIW, NPI tell posted interrupts. */
static const char *const arch_rows[] = {"NMI", "LOC", "RES", "CAL", "TLB", "PIN", "NPI", "PIW"};

/* Without a disk all vectors are written, unless that would be too much: 256 vectors on 32 CPUs. */
#define ALL_CELLS_MAX 8192u

/* How often the whole file is read, see read_text(). */
#define WHOLE_NS 450000000LL

/* Disks below the same ports that are watched; more would be a big machine's whole backplane. */
#define NEAR_MAX 8
static const char kind_near[] = "neighbour";

struct irq_state {
	const struct pb_target *target;
	struct pb_snapfile file;
	struct pb_irqcount count;
	struct pb_irqfiles one; /* the disk's vectors, one file each; none: they are read from the text */
	int64_t whole_ns;       /* when the whole file was read, 0 = not yet */
	size_t device_len;      /* bytes to the end of the last device line, 0 = not known */
	char last[256];         /* that line's end, from behind its counters */
	size_t last_len;
	struct pb_irq_match match;
	struct pb_irq_match near[NEAR_MAX]; /* of other disks below a port of the disk's path */
	size_t n_near;
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
	pb_irqfiles_fini(&s->one);
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
	if (!rc)
		rc = pb_irqfiles_init(&s->one, PB_IRQ_CPUS_MAX);
	free(cpus.v);
	if (rc) {
		snprintf(why, size, "/proc/interrupts: %s",
			 rc == -EINVAL ? PB_N("no CPU header") : strerror(-rc));
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

static void put_begin(struct pb_rows *rows, int64_t t_ns, int64_t irq, const char *name, const char *kind)
{
	pb_rows_begin(rows, t_ns);
	pb_rows_i64(rows, irq);
	pb_rows_str(rows, name);
	pb_rows_str(rows, kind);
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
	for (size_t i = 0; i < s->n_near; i++)
		if (pb_irq_match_name(&s->near[i], x->name, &index) != PB_IRQ_OTHER)
			return kind_near;
	return s->all ? "other" : NULL;
}

/* Whoever is below one of the path's ports has its names looked up; a path that cannot be read has nobody. */
static void find_near(struct irq_state *s)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_pcichain chain;
	struct pb_pcishare *share;
	char *save = NULL;

	s->n_near = 0;
	if (!s->target->bdf || pb_pcidev_chain(s->target->root, s->target->bdf, &chain, &err) < 0)
		return;
	share = calloc(chain.n, sizeof(*share));
	/* Above the disk's own slot, each hop's list holds those of the hops below. */
	if (share && chain.n && !pb_pcishare_find(s->target->root, &chain, share))
		for (char *bdf = strtok_r(share[chain.n - 1].text, " ", &save); bdf && s->n_near < NEAR_MAX;
		     bdf = strtok_r(NULL, " ", &save))
			pb_irq_match_init(&s->near[s->n_near++], s->target->root, bdf);
	free(share);
	pb_pcichain_fini(&chain);
}

/* A new name means that a driver was bound or a guest armed its vectors: all names are judged again. */
static void mark_rows(struct irq_state *s)
{
	struct pb_irqcount *c = &s->count;

	if (c->n == s->n_known)
		return;
	pb_irq_match_init(&s->match, s->target->root, s->target->bdf);
	find_near(s);
	s->all = !s->target->bdf && c->n * c->ncol <= ALL_CELLS_MAX;
	for (size_t i = 0; i < c->n; i++)
		c->v[i]->kind = row_kind(s, c->v[i]);
	s->n_known = c->n;
}

/* Remembers where the device lines end and what the last one says: "PCI-MSIX-0000:00:04.0 1-edge virtio3-rx".
 */
static void note_devices(struct irq_state *s)
{
	const char *begin = s->file.data, *end = begin + s->file.len, *p = end, *line, *q = begin;

	s->device_len = 0;
	for (; p > begin; p = line) {
		line = memrchr(begin, '\n', (size_t)(p - 1 - begin));
		line = line ? line + 1 : begin;
		q = line + strspn(line, " ");
		if (*q >= '0' && *q <= '9')
			break;
	}
	if (p <= begin)
		return;
	q += strspn(q, "0123456789:");
	q += strspn(q, "0123456789 ");
	if (q >= p || (size_t)(p - q) > sizeof(s->last))
		return;
	s->last_len = (size_t)(p - q);
	memcpy(s->last, q, s->last_len);
	s->device_len = (size_t)(p - begin);
}

/*
 * For when there is no file for each vector: behind the last device the kernel walks all interrupt numbers
 * that are not in use, which costs more than all lines together (50 of 64 us with 20 vectors). Lines keep
 * their length while no vector comes or goes, so most reads end with the last device line; architecture rows,
 * which stand behind, and new vectors are read twice a second.
 */
static int read_text(struct irq_state *s, int64_t t_ns)
{
	int rc;

	if (s->whole_ns && t_ns - s->whole_ns < WHOLE_NS && s->device_len) {
		rc = pb_snapfile_read_upto(&s->file, s->device_len);
		if (rc || (s->file.len == s->device_len &&
			   !memcmp(s->file.data + s->device_len - s->last_len, s->last, s->last_len)))
			return rc;
	}
	rc = pb_snapfile_read(&s->file);
	if (rc)
		return rc;
	s->whole_ns = t_ns;
	note_devices(s);
	return 0;
}

static void put_series(struct irq_state *s, const struct pb_irq_series *x, int64_t t_ns, struct pb_rows *rows)
{
	put_begin(rows, t_ns, x->irq >= 0 ? x->irq : PB_NA, x->name, x->kind);
	for (size_t i = 0; i < s->count.ncol; i++)
		pb_rows_i64(rows, pb_irqcount_value(x, i));
	pb_rows_end(rows);
}

static bool is_disks(const struct irq_state *s, const struct pb_irq_series *x)
{
	return x->kind && x->kind != kind_near && x->irq >= 0 && pb_irqcount_seen(&s->count, x);
}

/* After a whole read: a file for each of the disk's vectors, or none at all. */
static void open_ones(struct irq_state *s)
{
	size_t n = 0;
	bool same = true;

	for (size_t i = 0; i < s->count.n && same; i++)
		if (is_disks(s, s->count.v[i])) {
			same = n < s->one.n && s->one.v[n].irq == (unsigned)s->count.v[i]->irq;
			n++;
		}
	if (same && n == s->one.n)
		return;
	pb_irqfiles_clear(&s->one);
	for (size_t i = 0; i < s->count.n; i++)
		if (is_disks(s, s->count.v[i]) &&
		    pb_irqfiles_add(&s->one, s->target->root, (unsigned)s->count.v[i]->irq)) {
			pb_irqfiles_clear(&s->one); /* too many, or an old kernel */
			return;
		}
}

/* The disk's vectors alone, between whole reads. false when that does not work (any more). */
static bool sample_ones(struct irq_state *s, int64_t t_ns, struct pb_rows *rows)
{
	struct pb_irqcount *c = &s->count;
	size_t n = 0;

	if (!s->target->bdf || !s->one.n || !s->whole_ns || t_ns - s->whole_ns >= WHOLE_NS)
		return false;
	for (size_t i = 0; i < c->n && n < s->one.n; i++) {
		ssize_t cpus;

		if (!is_disks(s, c->v[i]))
			continue;
		cpus = pb_irqfiles_read(&s->one, n++);
		if (cpus < 0 || pb_irqcount_add_one(c, c->v[i], s->one.count, (size_t)cpus))
			return false; /* freed meanwhile */
	}
	for (size_t i = 0; i < c->n; i++)
		if (is_disks(s, c->v[i]))
			put_series(s, c->v[i], t_ns, rows);
	return true;
}

static int irq_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct irq_state *s = state;
	struct pb_irqcount *c = &s->count;
	int rc;

	if (sample_ones(s, t_ns, rows))
		return 0;
	rc = read_text(s, t_ns);

	if (!rc)
		rc = pb_irqcount_add(c, s->file.data, s->file.len);
	if (rc)
		return rc;
	mark_rows(s);
	for (size_t i = 0; i < c->n; i++) {
		const struct pb_irq_series *x = c->v[i];

		if (x->kind && pb_irqcount_seen(c, x))
			put_series(s, x, t_ns, rows);
	}
	if (s->target->bdf && s->whole_ns == t_ns)
		open_ones(s);
	put_begin(rows, t_ns, PB_NA, "total", "total");
	for (size_t i = 0; i < c->ncol; i++)
		pb_rows_i64(rows, c->total[i]);
	pb_rows_end(rows);
	return 0;
}

static int irq_finish(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct irq_state *s = state;

	s->whole_ns = 0; /* the last rows hold everything */
	return irq_sample(s, t_ns, rows);
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
	.finish = irq_finish,
	.stop = irq_stop,
};
