/*
 * QEMU's cache modes and which of them fits a workload: tables and the
 * three spellings of a mode (passbench, QEMU, libvirt). Virtio paths only.
 */
#ifndef PB_ANALYZERS_CACHEMODE_H
#define PB_ANALYZERS_CACHEMODE_H

#include <stdbool.h>

#include "analyzers/analyzer.h"

struct pb_cachemode {
	const char *name;
	bool writeback;    /* writes complete before they are flushed; the guest sees a volatile cache */
	bool direct;       /* no host page cache */
	bool no_flush;     /* the guest's flushes are ignored */
	const char *means; /* what happens to a write, in one clause */
};

/* NULL for a name QEMU does not have. */
const struct pb_cachemode *pb_cachemode_find(const char *name);

/* What the profile says about the workload. */
struct pb_workload {
	const char *rw, *durability; /* "randread"; "none", "flush", "power" */
	char safety;                 /* 'P' survives power loss, 'C' a guest crash, 'N' disposable */
	bool writes, direct, known;  /* known: the manifest has a profile with these fields */
};

void pb_workload_read(struct pb_workload *w, const struct pb_run *run);
/* Name of the workload's row in the decision table, for people. */
const char *pb_workload_class(const struct pb_workload *w);
/* The mode the decision table gives (docs/rules.md cache-policy); never "unsafe", which takes consent. */
const char *pb_cachemode_choose(const struct pb_workload *w);

/* Apply and undo lines for changing the attached disk to this mode and aio, in all three spellings. */
void pb_cachemode_say_switch(struct pb_finding *f, const struct pb_run *run, const char *cache,
			     const char *aio);

#endif
