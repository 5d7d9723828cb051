/*
 * The text of /proc/interrupts, taken apart line by line. Works on a copy in
 * memory and reads no file. Any text is safe to parse: what does not look like an interrupt line
 * is skipped.
 */
#ifndef PB_COLLECTORS_IRQTEXT_H
#define PB_COLLECTORS_IRQTEXT_H

#include <stddef.h>
#include <stdint.h>

#define PB_IRQ_CPUS_MAX 8192u /* the kernel's NR_CPUS limit on x86-64 */
#define PB_IRQ_NAME_MAX 128u
#define PB_IRQ_BLOCK 16u /* columns that are looked at together */

struct pb_irqtext {
	const char *p, *end;
	unsigned *cpu; /* CPU number of each column (online CPUs only) */
	size_t ncpu;
	uint32_t *count;     /* columns of the current line */
	unsigned char *zero; /* of each block of PB_IRQ_BLOCK columns: 1 = all are 0, seen at a glance */
};

struct pb_irq_line {
	int irq;        /* -1 for architecture rows */
	char label[16]; /* "36" or "LOC" */
	const uint32_t
		*count; /* n counters, in the order of pb_irqtext.cpu; u32 as in the kernel: they wrap */
	size_t n;
	const unsigned char *zero;  /* pb_irqtext.zero: blocks that are known to be 0; others may be, too */
	char name[PB_IRQ_NAME_MAX]; /* action names ("virtio1-req.0"; shared: "a, b"); "" when none */
};

/* Reads the header. 0, -EINVAL (no header line), -ENOMEM. The text is borrowed. */
int pb_irqtext_begin(struct pb_irqtext *it, const char *text, size_t len);
/* The next interrupt line: 1, or 0 at the end. */
int pb_irqtext_next(struct pb_irqtext *it, struct pb_irq_line *line);
void pb_irqtext_fini(struct pb_irqtext *it);

#endif
