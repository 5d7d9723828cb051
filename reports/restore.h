/*
 * How long it takes to fill or to read a disk of a given size at the rate that this run measured. Reads say
 * how long a backup takes, writes how long a restore; a direction that was not measured has no number.
 */
#ifndef PB_REPORTS_RESTORE_H
#define PB_REPORTS_RESTORE_H

#include <jansson.h>

#include "reports/messages.h"
#include "reports/steps.h"

#define PB_RESTORE_SIZES 4 /* the disk's own, 1 TB, 4 TB, 10 TB */

/* What the rate is a rate of. */
enum pb_restore_basis {
	PB_RESTORE_SEQUENTIAL, /* what a copy does */
	PB_RESTORE_LARGE,      /* random, in blocks of 64 KiB and more */
	PB_RESTORE_SMALL       /* smaller blocks: a copy would use larger ones and be faster */
};

struct pb_restore_rate {
	struct pb_ci bytes_s;       /* est NAN: not measured */
	const struct pb_step *step; /* the one with the highest rate; borrowed */
};

struct pb_restore {
	struct pb_restore_rate read, write;
	enum pb_restore_basis basis;
	double size_bytes[PB_RESTORE_SIZES]; /* NAN: the disk's own size is not known */
	bool sustained;                      /* the run brought the disk to its steady state */
	bool mixed;                          /* reads and writes ran together, each slowed by the other */
};

/*
 * Fills *r from the valid windows of the sweep: the step that moved the most bytes a second. The interval is
 * that of its IOPS, which are bytes of one size. When reads and writes ran together each has its share of the
 * bytes as the engine counted them (guest/NAME/engine.csv below dirfd).
 */
void pb_restore_estimate(struct pb_restore *r, const struct pb_steps *steps, const json_t *manifest,
			 int dirfd);

#define PB_RESTORE_NOTES 4

/* What has to be said with the numbers: messages that take rw and bs. Their number. */
size_t pb_restore_notes(const struct pb_restore *r, enum pb_message notes[PB_RESTORE_NOTES]);

/* Seconds for size_bytes at that rate; the faster bound gives lo. est NAN when there is no rate. */
struct pb_ci pb_restore_seconds(const struct pb_restore_rate *rate, double size_bytes);

#endif
