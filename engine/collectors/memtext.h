/*
 * The texts of meminfo (of the machine and of one NUMA node) and of /proc/PID/numa_maps, taken apart. Works
 * on a copy in memory; any text is safe to parse: what does not look right is left out.
 */
#ifndef PB_COLLECTORS_MEMTEXT_H
#define PB_COLLECTORS_MEMTEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Values of the n keys ("MemFree") into v: bytes where the text says kB, else the plain number; PB_NA for a
 * key that is not there or no number. Lines may start with "Node N ".
 */
void pb_meminfo_parse(const char *text, const char *const *keys, int64_t *v, size_t n);

#define PB_NUMA_USES_MAX 64u
#define PB_NUMA_NODES_MAX 1024u /* the kernel's MAX_NUMNODES on x86-64 */

/* Memory of one kind on one node. */
struct pb_numa_use {
	char policy[32];    /* "default", "bind:1", ... */
	const char *kind;   /* "anon", "file" (memfd and shared memory too), "huge" */
	int64_t page_bytes; /* PB_NA = the kernel does not say */
	unsigned node;
	int64_t pages;
};

struct pb_numamaps {
	struct pb_numa_use use[PB_NUMA_USES_MAX];
	size_t n;
	uint64_t left_out; /* pages that found no room above */
};

/* Adds every mapping of a numa_maps text to m, which the caller has zeroed. */
void pb_numamaps_add(struct pb_numamaps *m, const char *text);
/* Bytes of one use; PB_NA when its page size is not known. */
int64_t pb_numa_use_bytes(const struct pb_numa_use *u);

#endif
