/*
 * The text of /sys/block/X/stat and the counters made of it. Works on a copy in memory; any text is safe.
 */
#ifndef PB_COLLECTORS_BLKSTAT_H
#define PB_COLLECTORS_BLKSTAT_H

#include <stddef.h>
#include <stdint.h>

/* Fields in the kernel's order (Documentation/block/stat.rst): 11 in every kernel, 15 since 4.18, 17
 * since 5.5. */
enum pb_blkstat_field {
	PB_BLK_READS,
	PB_BLK_READ_MERGES,
	PB_BLK_READ_SECTORS, /* of 512 bytes whatever the disk's own are */
	PB_BLK_READ_MS,
	PB_BLK_WRITES,
	PB_BLK_WRITE_MERGES,
	PB_BLK_WRITE_SECTORS,
	PB_BLK_WRITE_MS,
	PB_BLK_INFLIGHT, /* a state, not a counter */
	PB_BLK_IO_MS,
	PB_BLK_QUEUE_MS,
	PB_BLK_DISCARDS,
	PB_BLK_DISCARD_MERGES,
	PB_BLK_DISCARD_SECTORS,
	PB_BLK_DISCARD_MS,
	PB_BLK_FLUSHES,
	PB_BLK_FLUSH_MS,
	PB_BLK_FIELDS
};

/* PB_NA for fields the kernel does not have. 0, or -EINVAL when there are fewer than 11 (v is untouched). */
int pb_blkstat_parse(const char *text, int64_t v[PB_BLK_FIELDS]);

/* Counters of one device that never run backwards. Zeroed = nothing seen yet. */
struct pb_blkcount {
	int64_t last[PB_BLK_FIELDS], sum[PB_BLK_FIELDS];
};

/*
 * Takes in one parsed text. Milliseconds are 32-bit in the kernel's text and wrap every 49.7 days; any other
 * step back is a device that was removed and added again and started from 0. sum has PB_NA where v has.
 */
void pb_blkcount_add(struct pb_blkcount *c, const int64_t v[PB_BLK_FIELDS]);
/* The device was opened anew: its counters began at 0. */
void pb_blkcount_restart(struct pb_blkcount *c);

#endif
