/*
 * The counters of single interrupts, /sys/kernel/irq/N/per_cpu_count (Linux 4.9 and later), held open: one
 * costs 1 us where all of /proc/interrupts costs 64 and more. Numbers are those of all possible CPUs, in
 * order.
 */
#ifndef PB_COLLECTORS_IRQFILE_H
#define PB_COLLECTORS_IRQFILE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/lib/sysfs.h"

#define PB_IRQFILES_MAX 128u /* more vectors than that are not cheaper any more */

struct pb_irqfile {
	unsigned irq;
	int fd;
};

struct pb_irqfiles {
	struct pb_irqfile v[PB_IRQFILES_MAX];
	size_t n;
	uint32_t *count; /* of the file read last */
	size_t cap;
};

/* Parses "0,49157\n" into at most max numbers (32 bits, as in the kernel). How many; 0 when it is no such
 * text. */
size_t pb_irqfile_parse(const char *text, uint32_t *count, size_t max);

/* For up to cpus possible CPUs. 0 or -ENOMEM. */
int pb_irqfiles_init(struct pb_irqfiles *f, size_t cpus);
void pb_irqfiles_fini(struct pb_irqfiles *f);
/* Forgets all interrupts: their numbers may have been handed out anew. */
void pb_irqfiles_clear(struct pb_irqfiles *f);
/* Opens one more. 0, -ENOSPC (too many) or -errno. */
int pb_irqfiles_add(struct pb_irqfiles *f, const struct pb_root *root, unsigned irq);
/* Reads the i-th into f->count: how many CPUs, or -errno (-ENODEV: the interrupt was freed). */
ssize_t pb_irqfiles_read(struct pb_irqfiles *f, size_t i);

#endif
