/*
 * QEMU's cache modes (qemu-options.hx, -drive cache=): which of its three switches each one sets, and what
 * that leaves of data that somebody wants to keep (docs/rules.md C1).
 */
#ifndef PB_RUN_HOST_CACHE_MODE_H
#define PB_RUN_HOST_CACHE_MODE_H

#include <stdbool.h>

struct pb_cache_mode {
	const char *name;
	bool writeback; /* a write may complete before it is on stable storage; the guest sees a cache */
	bool direct;    /* no host page cache */
	bool no_flush;  /* the guest's flushes are ignored */
};

/* NULL for a name QEMU does not have. */
const struct pb_cache_mode *pb_cache_mode_find(const char *name);
/* The mode of these switches; NULL for a combination without a name. */
const struct pb_cache_mode *pb_cache_mode_of(bool writeback, bool direct, bool no_flush);

struct pb_kept_data {
	bool writes, flushes; /* what the workload does */
	char safety;          /* 'P' must survive a power loss, 'C' a crash of the guest, 'N' nothing */
};

/* Does what the workload wants to survive survive with this mode? */
bool pb_cache_mode_keeps(const struct pb_cache_mode *m, const struct pb_kept_data *d);

#endif
