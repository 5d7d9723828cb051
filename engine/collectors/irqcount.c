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
		free(c->v[i]->sum);
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
	s->sum = calloc(c->ncol + 1, sizeof(*s->sum));
	if (!s->last || !s->sum) {
		free(s->last);
		free(s->sum);
		free(s);
		return NULL;
	}
	for (size_t i = 0; i < c->ncol; i++)
		s->sum[i] = PB_NA;
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

/*
 * Another handler came to a shared interrupt, or left it: the line has another name ("ehci_hcd:usb1,
 * vfio-intx(..)") and its counters go on. The series goes on from where the old one is, or all of it would be
 * counted twice.
 */
static bool inherit(const struct pb_irqcount *c, struct pb_irq_series *s, int irq)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct pb_irq_series *old = c->v[i];

		if (old == s || old->irq != irq || old->pass + 1 != c->pass)
			continue;
		if (!strchr(s->name, ',') && !strchr(old->name, ','))
			return false;
		memcpy(s->last, old->last, c->ncol * sizeof(*s->last));
		return true;
	}
	return false;
}

/* Column of each CPU of this header, NO_COL for one that is not ours. Columns met for the first time start at
 * 0. */
static size_t *map_columns(struct pb_irqcount *c, const struct pb_irqtext *it)
{
	size_t *map = calloc(it->ncpu, sizeof(*map));

	for (size_t i = 0, col = 0; map && i < it->ncpu; i++) {
		while (col < c->ncol && c->cpu[col] < it->cpu[i])
			col++;
		map[i] = col < c->ncol && c->cpu[col] == it->cpu[i] ? col : NO_COL;
		if (map[i] != NO_COL && c->total[col] == PB_NA)
			c->total[col] = 0;
	}
	return map;
}

static void count_line(struct pb_irqcount *c, struct pb_irq_series *s, const struct pb_irq_line *line,
		       const size_t *map)
{
	bool fresh = s->irq != line->irq || s->pass + 1 != c->pass;

	/*
	 * Requested for the first time, under another number, or again after it was gone: its counters began
	 * at 0, even where they are higher by now. The processor's own rows never start over.
	 */
	if (fresh && line->irq >= 0 && !inherit(c, s, line->irq))
		memset(s->last, 0, c->ncol * sizeof(*s->last));
	s->irq = line->irq;
	s->pass = c->pass;
	for (size_t i = 0; i < line->n; i++) {
		size_t col = map[i];
		uint32_t d;

		if (col == NO_COL)
			continue;
		d = pb_irqcount_delta(s->last[col], line->count[i]);
		s->last[col] = line->count[i];
		s->sum[col] = (s->sum[col] == PB_NA ? 0 : s->sum[col]) + d;
		if (line->irq >= 0)
			c->total[col] += d;
	}
}

void pb_irqcount_add_one(struct pb_irqcount *c, struct pb_irq_series *s, const uint32_t *by_cpu, size_t n)
{
	for (size_t col = 0; col < c->ncol && c->cpu[col] < n; col++) {
		uint32_t now = by_cpu[c->cpu[col]], d = pb_irqcount_delta(s->last[col], now);

		if (!d)
			continue; /* an offline CPU stays without a value */
		s->last[col] = now;
		s->sum[col] = (s->sum[col] == PB_NA ? 0 : s->sum[col]) + d;
		c->total[col] = (c->total[col] == PB_NA ? 0 : c->total[col]) + d;
	}
}

int pb_irqcount_add(struct pb_irqcount *c, const char *text, size_t len)
{
	struct pb_irqtext it;
	struct pb_irq_line line;
	size_t *map, hint = 0;
	int rc = pb_irqtext_begin(&it, text, len);

	if (rc)
		return rc;
	map = map_columns(c, &it);
	if (!map)
		rc = -ENOMEM;
	c->pass++;
	while (!rc && pb_irqtext_next(&it, &line)) {
		struct pb_irq_series *s;

		if (line.irq >= 0 && !line.name[0])
			continue; /* a line without handler: nobody to count for */
		s = find(c, line.irq >= 0 ? line.name : line.label, line.irq, &hint);
		if (s)
			count_line(c, s, &line, map);
		else
			rc = -ENOMEM;
	}
	free(map);
	pb_irqtext_fini(&it);
	return rc;
}
