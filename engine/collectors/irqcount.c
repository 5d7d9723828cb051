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
	s->irq = -2;           /* no number yet: neither a vector's nor an architecture row's */
	c->v[c->n++] = s;
	return s;
}

/* The series of a line: at *hint when nothing has moved since the last snapshot, else searched by name. */
static struct pb_irq_series *find(struct pb_irqcount *c, const char *name, size_t *hint)
{
	if (*hint < c->n && c->v[*hint]->pass != c->pass && !strcmp(c->v[*hint]->name, name))
		return c->v[(*hint)++];
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i]->pass != c->pass && !strcmp(c->v[i]->name, name)) {
			*hint = i + 1;
			return c->v[i];
		}
	*hint = c->n + 1;
	return new_series(c, name);
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

/* The vector was requested again under another number: its counters began at 0. */
static void restart(struct pb_irqcount *c, struct pb_irq_series *s)
{
	for (size_t col = 0; col < c->ncol; col++) {
		if (s->last[col])
			leave_behind(c, s, col, s->last[col]);
		s->last[col] = 0;
	}
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
	if (s->irq != line->irq || !m->straight) {
		if (s->irq != line->irq)
			restart(c, s);
		memset(s->look, LOOK_FRESH, c->ncol / PB_IRQ_BLOCK + 1);
	}
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
		s = find(c, line.irq >= 0 ? line.name : line.label, &hint);
		if (s)
			count_line(c, s, &line, &m);
		else
			rc = -ENOMEM;
	}
	free(m.map);
	pb_irqtext_fini(&it);
	return rc ? rc : c->failed;
}
