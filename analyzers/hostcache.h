/*
 * What the host's page cache did to a virtio disk's I/O: how much of it the disk never saw, how much was
 * dirty.
 */
#ifndef PB_ANALYZERS_HOSTCACHE_H
#define PB_ANALYZERS_HOSTCACHE_H

#include "analyzers/analyzer.h"
#include "analyzers/sweep.h"

struct pb_hostcache {
	double guest_read, guest_write; /* bytes/s the guest moved, NAN = unknown */
	double disk_read, disk_write;   /* bytes/s the host's disk moved, NAN = unknown */
	double from_memory;             /* share of the guest's reads that the disk never saw, 0..1; NAN */
	double dirty_max;               /* largest host/memory.csv dirty_bytes in the window; NAN = unknown */
	double writeback_max;
	double free_fell; /* bytes that free memory fell by over the run; NAN = unknown */
};

void pb_hostcache_read(struct pb_hostcache *h, struct pb_run *run, const struct pb_point *p);
/* Adds what was measured of double caching as evidence; false when nothing was, or nothing shows. */
bool pb_hostcache_say(struct pb_finding *f, const struct pb_hostcache *h, const struct pb_point *p);

#endif
