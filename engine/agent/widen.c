/*
 * Series are found by name and number; a known name with another number is the same vector requested again.
 */
#include "engine/agent/widen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERIES_MAX 8192

struct pb_widen_series {
	char name[64];
	long irq;
	unsigned tick;  /* of the last reading that had it */
	uint64_t *base; /* per CPU: what was counted before the last wrap or restart */
	uint32_t *last; /* per CPU, as read */
};

void pb_widen_init(struct pb_widen *w, unsigned cpus)
{
	*w = (struct pb_widen){.cpus = cpus};
}

void pb_widen_fini(struct pb_widen *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->v[i].base);
		free(w->v[i].last);
	}
	free(w->v);
	*w = (struct pb_widen){.cpus = 0};
}

void pb_widen_begin(struct pb_widen *w)
{
	w->tick++;
	w->next = 0;
}

static struct pb_widen_series *add(struct pb_widen *w, const char *name, long irq)
{
	struct pb_widen_series s = {.irq = irq}, *grown;

	if (w->n == SERIES_MAX)
		return NULL;
	grown = reallocarray(w->v, w->n + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	w->v = grown;
	snprintf(s.name, sizeof(s.name), "%s", name);
	s.base = calloc(w->cpus, sizeof(*s.base));
	s.last = calloc(w->cpus, sizeof(*s.last));
	if (!s.base || !s.last) {
		free(s.base);
		free(s.last);
		return NULL;
	}
	w->v[w->n] = s;
	return &w->v[w->n++];
}

static bool is_named(const struct pb_widen_series *s, const char *name)
{
	return strncmp(s->name, name, sizeof(s->name) - 1) == 0;
}

/* Counting starts again: what was there stays. */
static void restart(struct pb_widen *w, struct pb_widen_series *s, long irq)
{
	for (unsigned i = 0; i < w->cpus; i++) {
		s->base[i] += s->last[i];
		s->last[i] = 0;
	}
	s->irq = irq;
}

/* The lines come in one order, so the search mostly ends where it begins. */
static struct pb_widen_series *find(struct pb_widen *w, const char *name, long irq)
{
	struct pb_widen_series *s;
	size_t k;

	for (k = 0; k < w->n; k++) {
		s = &w->v[(w->next + k) % w->n];
		if (s->irq == irq && is_named(s, name))
			return s;
	}
	for (k = 0; k < w->n; k++) {
		s = &w->v[k];
		if (s->tick == w->tick || !is_named(s, name))
			continue;
		restart(w, s, irq);
		return s;
	}
	return add(w, name, irq);
}

/* A step back from the upper half of the range is a wrap, any other one a restart. */
static uint64_t widen(uint64_t *base, uint32_t *last, uint32_t now)
{
	if (now < *last)
		*base += *last >= UINT32_MAX / 2 + 1 && now < UINT32_MAX / 2 + 1 ? (uint64_t)1 << 32 : *last;
	*last = now;
	return *base + now;
}

void pb_widen_line(struct pb_widen *w, const char *name, long irq, uint64_t *counts, const bool *seen)
{
	struct pb_widen_series *s = find(w, name, irq);

	if (!s)
		return;
	s->tick = w->tick;
	w->next = (size_t)(s - w->v) + 1;
	for (unsigned i = 0; i < w->cpus; i++)
		if (seen[i])
			counts[i] = widen(&s->base[i], &s->last[i], (uint32_t)counts[i]);
}
