/*
 * Interrupt counters that never run backwards: the kernel's 32-bit counts per vector and CPU, widened to 64
 * bit across wraps and across vectors that are freed and requested again.
 */
#ifndef PB_COLLECTORS_IRQCOUNT_H
#define PB_COLLECTORS_IRQCOUNT_H

#include <stddef.h>
#include <stdint.h>

#include "engine/collectors/irqtext.h"
#include "engine/lib/csv.h"

struct pb_irq_series {
	char name[PB_IRQ_NAME_MAX]; /* action name, or the label of an architecture row */
	int irq;                    /* as last seen; -1 = architecture row */
	unsigned pass;              /* last snapshot it was in */
	uint32_t *last;             /* per column: the kernel's counter */
	unsigned char *has;         /* per column: 1 = that CPU had a value */
	int64_t *base;       /* per column: what wraps and restarts have left behind; NULL = none yet */
	unsigned char *look; /* per block of columns: an enum in irqcount.c */
	const char *kind;    /* the user's own mark on the series, NULL at first; borrowed */
};

struct pb_irqcount {
	unsigned *cpu; /* CPU number of each of the n columns, ascending */
	size_t ncol;
	struct pb_irq_series **v;
	size_t n, cap;
	unsigned pass; /* of the current snapshot */
	int failed;    /* -ENOMEM: a counter could not be widened */
	int64_t *
		total; /* per column: sum over all device vectors, past ones included; PB_NA = never online */
};

/* The widened counter of a column; PB_NA: that CPU never had a value. */
static inline int64_t pb_irqcount_value(const struct pb_irq_series *s, size_t col)
{
	return s->has[col] ? (s->base ? s->base[col] : 0) + s->last[col] : PB_NA;
}

/* Columns for these CPU numbers (sorted, unique). 0 or -ENOMEM. */
int pb_irqcount_init(struct pb_irqcount *c, const unsigned *cpu, size_t ncol);
void pb_irqcount_fini(struct pb_irqcount *c);
/* Takes in one text of /proc/interrupts. 0, -EINVAL (no header), -ENOMEM. */
int pb_irqcount_add(struct pb_irqcount *c, const char *text, size_t len);
/*
 * Takes in one device vector's counters by CPU number (n of them), between snapshots; the series counts as
 * seen in the latest one.
 */
int pb_irqcount_add_one(struct pb_irqcount *c, struct pb_irq_series *s, const uint32_t *by_cpu, size_t n);
/* Was this series in the latest snapshot? */
static inline int pb_irqcount_seen(const struct pb_irqcount *c, const struct pb_irq_series *s)
{
	return s->pass == c->pass;
}

/*
 * What a counter has grown by from last to now. A step back is a wrap only when it went from the upper half
 * of the 32-bit range to the lower; otherwise the vector was requested anew and started from 0.
 */
uint32_t pb_irqcount_delta(uint32_t last, uint32_t now);

#endif
