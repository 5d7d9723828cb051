/*
 * Turning /proc/interrupts, /proc/stat and /sys/block/DISK/stat into rows of interrupts.csv,
 * cpu.csv and block.csv (docs/run-directory.md), stamped with the guest's clock.
 */
#ifndef PB_AGENT_RECORD_H
#define PB_AGENT_RECORD_H

#include <stdbool.h>

#include "engine/agent/widen.h"
#include "engine/lib/buf.h"
#include "engine/lib/sysfs.h"

struct pb_record {
	unsigned cpus;      /* columns of /proc/interrupts at the start */
	unsigned cpu[1024]; /* which CPU each of them is */
	struct pb_buf text; /* scratch */
	struct pb_widen widen;
};

/* Writes the headers. Nothing can fail here that the files would not show: they stay without rows. */
void pb_record_begin(struct pb_record *r, const struct pb_root *root, struct pb_buf *interrupts,
		     struct pb_buf *cpu);
void pb_record_interrupts(struct pb_record *r, const struct pb_root *root, struct pb_buf *out);
void pb_record_cpu(struct pb_record *r, const struct pb_root *root, struct pb_buf *out);
extern const char pb_record_block_header[]; /* of block.csv, with its newline */
/* The disk's line; false when there is none. */
bool pb_record_block(const struct pb_root *root, const char *disk, struct pb_buf *out);
void pb_record_fini(struct pb_record *r);

#endif
