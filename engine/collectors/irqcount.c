/*
 * Widening of interrupt counters, keyed by action name because IRQ numbers
 * are handed out again: several lines of one name are told apart by their order. Reads no file.
 */
#include "engine/collectors/irqcount.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h"

#define HALF 0x80000000u
#define NO_COL SIZE_MAX
#define NEW_SERIES (-2) /* no number yet: neither a vector's nor an architecture row's */
#define ANY_IRQ (-3)

/* What is known of a block of PB_IRQ_BLOCK columns. */
enum look {
	LOOK_ZERO, /* all were 0 in the last snapshot */
	LOOK_BUSY, /* some were not */
	LOOK_FRESH /* not counted yet: sums may be PB_NA */
};

int pb_irqcount_init(struct pb_irqcount *c, const unsigned *cpu, size_t ncol)
{
	memset(c, 0, sizeof(*c));
	c->cpu = calloc(ncol + 1, sizeof(*c->cpu));
	c->total = calloc(ncol + 1, sizeof(*c->total));
	if (!c->cpu || !c->total) {
		pb_irqcount_fini(c);
		return -ENOMEM;
	}
	if (ncol)
		memcpy(c->cpu, cpu, ncol * sizeof(*cpu));
	for (size_t i = 0; i < ncol; i++)
		c->total[i] = PB_NA;
	c->ncol = ncol;
	return 0;
}

void pb_irqcount_fini(struct pb_irqcount *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i]->last);
		free(c->v[i]->base);
		free(c->v[i]->has);
		free(c->v[i]->look);
		free(c->v[i]);
	}
	free(c->v);
	free(c->cpu);
	free(c->total);
	memset(c, 0, sizeof(*c));
}

uint32_t pb_irqcount_delta(uint32_t last, uint32_t now)
{
	if (now >= last || (last >= HALF && now < HALF))
		return now - last;
	return now;
}

static struct pb_irq_series *new_series(struct pb_irqcount *c, const char *name)
{
	struct pb_irq_series *s;

	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 64;
		struct pb_irq_series **v = realloc(c->v, cap * sizeof(*v));

		if (!v)
			return NULL;
		c->v = v;
		c->cap = cap;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->last = calloc(c->ncol + 1, sizeof(*s->last));
	s->has = calloc(c->ncol + 1, 1);
	s->look = malloc(c->ncol / PB_IRQ_BLOCK + 1);
	if (!s->last || !s->has || !s->look) {
		free(s->last);
		free(s->has);
		free(s->look);
		free(s);
		return NULL;
	}
	memset(s->look, LOOK_FRESH, c->ncol / PB_IRQ_BLOCK + 1);
	strcpy(s->name, name); /* both PB_IRQ_NAME_MAX */
	s->irq = NEW_SERIES;
	c->v[c->n++] = s;
	return s;
}

/* Index of an unseen series with that name (and IRQ number, unless irq is ANY_IRQ); c->n = none. */
static size_t search(const struct pb_irqcount *c, const char *name, int irq)
{
	size_t i = 0;

	while (i < c->n && (c->v[i]->pass == c->pass || (irq != ANY_IRQ && c->v[i]->irq != irq) ||
			    strcmp(c->v[i]->name, name)))
		i++;
	return i;
}

/*
 * The series of a line: at *hint when nothing has moved since the last snapshot, else searched: with its
 * IRQ number first, so that of two lines of one name each keeps its own when a line above goes away.
 */
static struct pb_irq_series *find(struct pb_irqcount *c, const char *name, int irq, size_t *hint)
{
	size_t i = *hint;

	if (i >= c->n || c->v[i]->pass == c->pass || c->v[i]->irq != irq || strcmp(c->v[i]->name, name))
		i = search(c, name, irq);
	if (i == c->n)
		i = search(c, name, ANY_IRQ);
	*hint = i + 1;
	return i < c->n ? c->v[i] : new_series(c, name);
}

struct columns {
	size_t *map;   /* column of each CPU of this header, NO_COL for one that is not ours */
	bool straight; /* they are all of ours, in order */
};

/* Columns met for the first time start at 0. */
static int map_columns(struct pb_irqcount *c, const struct pb_irqtext *it, struct columns *m)
{
	m->map = calloc(it->ncpu, sizeof(*m->map));
	if (!m->map)
		return -ENOMEM;
	m->straight = it->ncpu == c->ncol;
	for (size_t i = 0, col = 0; i < it->ncpu; i++) {
		while (col < c->ncol && c->cpu[col] < it->cpu[i])
			col++;
		m->map[i] = col < c->ncol && c->cpu[col] == it->cpu[i] ? col : NO_COL;
		m->straight &= m->map[i] == i;
		if (m->map[i] != NO_COL && c->total[col] == PB_NA)
			c->total[col] = 0;
	}
	return 0;
}

/* Keeps what the kernel's counter no longer holds. */
static void leave_behind(struct pb_irqcount *c, struct pb_irq_series *s, size_t col, int64_t v)
{
	if (!s->base)
		s->base = calloc(c->ncol + 1, sizeof(*s->base));
	if (s->base)
		s->base[col] += v;
	else
		c->failed = -ENOMEM;
}

static void count_one(struct pb_irqcount *c, struct pb_irq_series *s, size_t col, uint32_t now)
{
	uint32_t last = s->last[col];

	if (now < last) /* wrapped, or requested anew: as pb_irqcount_delta judges it */
		leave_behind(c, s, col, last >= HALF && now < HALF ? INT64_C(1) << 32 : (int64_t)last);
	s->last[col] = now;
	s->has[col] = 1;
	if (s->irq >= 0)
		c->total[col] += pb_irqcount_delta(last, now);
}

/* The line counts from here on: what the series has so far stays, whatever its counters were. */
static void start_from(struct pb_irqcount *c, struct pb_irq_series *s, const uint32_t *counters)
{
	for (size_t col = 0; col < c->ncol; col++) {
		uint32_t from = counters ? counters[col] : 0;

		if (s->last[col] != from)
			leave_behind(c, s, col, (int64_t)s->last[col] - from);
		s->last[col] = from;
	}
}

/*
 * Another handler came to a shared interrupt, or left it: the line has another name ("ehci_hcd:usb1,
 * vfio-intx(..)") and its counters go on. The series goes on from where the old one is, or all of it would be
 * counted twice. NULL: it is no such line.
 */
static const uint32_t *inherited(const struct pb_irqcount *c, const struct pb_irq_series *s, int irq)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct pb_irq_series *old = c->v[i];

		if (old == s || old->irq != irq || old->pass + 1 != c->pass)
			continue;
		return strchr(s->name, ',') || strchr(old->name, ',') ? old->last : NULL;
	}
	return NULL;
}

/*
 * A block of columns in order: what it is now. Hundreds of CPUs make the memory behind `last` and `sum`
 * larger than any cache, so it is left alone where nothing has changed.
 */
static enum look count_block(struct pb_irqcount *c, struct pb_irq_series *s, const uint32_t *count,
			     size_t from, size_t to)
{
	bool fresh = s->look[from / PB_IRQ_BLOCK] == LOOK_FRESH;
	uint32_t any = 0;

	for (size_t i = from; i < to; i++) {
		any |= count[i];
		if (fresh || s->last[i] != count[i])
			count_one(c, s, i, count[i]);
	}
	return any ? LOOK_BUSY : LOOK_ZERO;
}

static void count_line(struct pb_irqcount *c, struct pb_irq_series *s, const struct pb_irq_line *line,
		       const struct columns *m)
{
	bool fresh = s->irq != line->irq || s->pass + 1 != c->pass;

	/*
	 * Requested for the first time, under another number, or again after it was gone: its counters began
	 * at 0, even where they are higher by now. The processor's own rows never start over.
	 */
	if (fresh && line->irq >= 0)
		start_from(c, s, inherited(c, s, line->irq));
	if (fresh || !m->straight)
		memset(s->look, LOOK_FRESH, c->ncol / PB_IRQ_BLOCK + 1);
	s->irq = line->irq;
	s->pass = c->pass;
	for (size_t i = 0; !m->straight && i < line->n; i++)
		if (m->map[i] != NO_COL)
			count_one(c, s, m->map[i], line->count[i]);
	for (size_t i = 0; m->straight && i < line->n; i += PB_IRQ_BLOCK) {
		size_t block = i / PB_IRQ_BLOCK, to = i + PB_IRQ_BLOCK < line->n ? i + PB_IRQ_BLOCK : line->n;

		if (s->look[block] != LOOK_ZERO || !line->zero[block])
			s->look[block] = count_block(c, s, line->count, i, to);
	}
}

int pb_irqcount_add_one(struct pb_irqcount *c, struct pb_irq_series *s, const uint32_t *by_cpu, size_t n)
{
	c->failed = 0;
	for (size_t col = 0; col < c->ncol && c->cpu[col] < n; col++) {
		uint32_t now = by_cpu[c->cpu[col]];

		if (now == s->last[col])
			continue; /* an offline CPU stays without a value */
		if (c->total[col] == PB_NA)
			c->total[col] = 0;
		s->look[col / PB_IRQ_BLOCK] = LOOK_FRESH;
		count_one(c, s, col, now);
	}
	return c->failed;
}

int pb_irqcount_add(struct pb_irqcount *c, const char *text, size_t len)
{
	struct pb_irqtext it;
	struct pb_irq_line line;
	struct columns m;
	size_t hint = 0;
	int rc = pb_irqtext_begin(&it, text, len);

	if (rc)
		return rc;
	rc = map_columns(c, &it, &m);
	c->pass++;
	c->failed = 0;
	while (!rc && pb_irqtext_next(&it, &line)) {
		struct pb_irq_series *s;

		if (line.irq >= 0 && !line.name[0])
			continue; /* a line without handler: nobody to count for */
		s = find(c, line.irq >= 0 ? line.name : line.label, line.irq, &hint);
		if (s)
			count_line(c, s, &line, &m);
		else
			rc = -ENOMEM;
	}
	free(m.map);
	pb_irqtext_fini(&it);
	return rc ? rc : c->failed;
}
