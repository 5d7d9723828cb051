/*
 * Stamped blocks: what integrity mode writes, and what it makes of what it
 * reads back. A block is 4 KiB; each of its 512-byte sectors carries a stamp of its
 * own (which run, which sector, which pass, CRC32C over the whole sector) and
 * a payload that follows from seed, sector and pass. Pure: no I/O here.
 */
#ifndef PB_LIB_STAMP_H
#define PB_LIB_STAMP_H

#include <stddef.h>
#include <stdint.h>

#define PB_STAMP_BLOCK 4096
#define PB_STAMP_SECTOR 512
#define PB_STAMP_SECTORS (PB_STAMP_BLOCK / PB_STAMP_SECTOR)

/* What must be in a block. */
struct pb_stamp {
	uint64_t run;  /* id of the run that writes */
	uint64_t seed; /* of the payload */
	uint64_t lba;  /* of the block's first sector, in units of 512 bytes */
	uint32_t pass; /* 1, 2, ...: each pass overwrites all blocks */
};

enum pb_stamp_kind {
	PB_STAMP_GOOD,
	PB_STAMP_CORRUPTED,   /* a sector's CRC or payload is wrong, or its stamp is damaged */
	PB_STAMP_MISDIRECTED, /* a sector is whole, but belongs to another LBA */
	PB_STAMP_TORN,        /* sectors are of different ages: a part of a write is missing */
	PB_STAMP_STALE,       /* all sectors are of one earlier (or wrong) pass, or of another run */
	PB_STAMP_UNSTAMPED,   /* no sector carries a stamp: never written, discarded, or zeroed */
	PB_STAMP_KINDS
};

extern const char *const pb_stamp_names[PB_STAMP_KINDS]; /* "good", "corrupted", ... */

/* Fills the block. */
void pb_stamp_fill(unsigned char block[PB_STAMP_BLOCK], const struct pb_stamp *s);

/*
 * Judges a block that was read at s->lba and should hold one pass from oldest to s->pass, the same in all of
 * its sectors. With oldest 0 whatever was there before pass 1 is good too, as long as no sector of this run
 * is mixed with it. The most telling kind wins when several apply: corrupted, misdirected, torn, stale. When
 * not good, found (size bytes) gets a short text of what is there instead.
 */
enum pb_stamp_kind pb_stamp_check(const unsigned char block[PB_STAMP_BLOCK], const struct pb_stamp *s,
				  uint32_t oldest, char *found, size_t size);

#endif
