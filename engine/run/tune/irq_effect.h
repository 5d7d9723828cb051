/*
 * Did the interrupts move? Per-CPU counts of one disk's vectors at two
 * moments, as proof beyond reading the affinity back (tuning.md section 0: the effect counter).
 */
#ifndef PB_RUN_TUNE_IRQ_EFFECT_H
#define PB_RUN_TUNE_IRQ_EFFECT_H

#include <stdint.h>

#include "engine/collectors/irqtext.h"
#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

#define PB_EFFECT_CPUS 1024

/* Interrupts of one vector by CPU. */
struct pb_irq_counts {
	uint32_t cpu[PB_EFFECT_CPUS];
	unsigned n; /* highest CPU number seen + 1 */
	bool found;
};

/* Reads the counters of the vector called name. 0 (found may be false) or -errno. */
int pb_irq_counts_read(const struct pb_root *root, const char *name, struct pb_irq_counts *c,
		       struct pb_err *err);
/* Adds after-before (wrap-safe) to sum. */
void pb_irq_counts_add_delta(uint64_t *sum, const struct pb_irq_counts *before,
			     const struct pb_irq_counts *after);
/* Index of the CPU with the largest share, and that share (0..1); -1 when all are zero. */
int pb_irq_counts_top(const uint64_t *sum, double *share);

#endif
