/*
 * The disk's way through the PCIe tree, from host/pcie.csv: each hop with the link it trained and the one it
 * could have.
 */
#ifndef PB_REPORTS_HOPS_H
#define PB_REPORTS_HOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PB_HOPS_MAX 16

struct pb_hop {
	char bdf[32], kind[24], driver[32], acs[64];
	double gts, width;         /* the fastest that was seen during the run; NAN = not known */
	double max_gts, max_width; /* what both ends can do, else the function alone */
	int64_t node, group;       /* PB_NA = not known; node -1: the firmware does not say */
	int64_t shared_disks;      /* other disks above which this hop's link stands; PB_NA = not known */
	char shared_with[160];
	bool degraded; /* slower or narrower than it could be */
};

struct pb_hops {
	struct pb_hop v[PB_HOPS_MAX]; /* v[0] is the disk, the last one nearest to the processor */
	size_t n;
};

/* A table that is not there or has no such columns gives no hops. */
void pb_hops_read(struct pb_hops *h, int dirfd);

#endif
