/*
 * IOMMU faults in the kernel's log (/dev/kmsg), the only place that has them. The kernel limits its rate, so
 * a count says "at least".
 */
#ifndef PB_COLLECTORS_IOMMUFAULT_H
#define PB_COLLECTORS_IOMMUFAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/lib/sysfs.h"

struct pb_iommufault {
	int fd;            /* -1 = the log cannot be read */
	const char *bdf;   /* the disk's, or NULL; borrowed */
	int64_t all, disk; /* since it was opened */
};

/* From the log's end on. -errno, and fd -1, when it cannot be read (EPERM without rights). */
int pb_iommufault_open(struct pb_iommufault *f, const struct pb_root *root, const char *bdf);
/* Counts what came in; reads at most 512 messages. */
void pb_iommufault_poll(struct pb_iommufault *f);
void pb_iommufault_close(struct pb_iommufault *f);

/*
 * One record of /dev/kmsg ("3,812,4837213,-;DMAR: [DMA Read NO_PASID] Request device [41:00.0] ..."): is it a
 * fault, and one of this disk? Programs may write into the log, too: only the kernel's own records count.
 */
bool pb_iommufault_parse(const char *record, const char *bdf, bool *disk);

#endif
