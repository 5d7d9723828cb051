/*
 * What a host-side collector is. One file per source and one line in
 * collectors.def; the sampler (sampler.h) drives them, writes their CSV and
 * accounts for their cost. A collector never prints, never writes a file and never blocks.
 */
#ifndef PB_COLLECTORS_COLLECTOR_H
#define PB_COLLECTORS_COLLECTOR_H

#include <stdint.h>
#include <sys/types.h>

#include "engine/lib/buf.h"
#include "engine/lib/csv.h"
#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

struct pb_perf_ops; /* uncoreset.h */

/* What is being observed. Borrowed for the collector's lifetime. */
struct pb_target {
	const struct pb_root *root;
	const char *bdf;   /* the disk's PCI address, or NULL */
	const char *block; /* the disk's block device on this host ("nvme0n1"), or NULL */
	pid_t qemu_pid;    /* the guest's QEMU, or 0 */
	/* Counter groups to count, ',' between (docs/counters.md); NULL: the default ones of this machine. */
	const char *counters;
	/* How counters outside the cores are opened; NULL: by the kernel, on the live machine only. */
	const struct pb_perf_ops *perf;
};

/*
 * Rows in memory: cells are 64-bit integers (PB_NA = empty), or text for the
 * columns declared so. Filled by sample(), turned into CSV by the sampler's writer.
 */
struct pb_rows;
void pb_rows_begin(struct pb_rows *r, int64_t t_ns);
void pb_rows_i64(struct pb_rows *r, int64_t v);
void pb_rows_milli(struct pb_rows *r, int64_t v);      /* printed as v/1000 with up to three decimals */
void pb_rows_str(struct pb_rows *r, const char *text); /* interned copy; NULL = empty */
void pb_rows_end(struct pb_rows *r);                   /* missing cells become empty */

enum pb_period {
	PB_PERIOD_FAST, /* every tick */
	PB_PERIOD_SLOW, /* once a second */
	PB_PERIOD_ENDS  /* at start and end only */
};

struct pb_collector {
	const char *name;   /* also the file: host/NAME.csv */
	const char *help;   /* one line for `passbench list collectors` */
	const char *source; /* where it reads: "/proc/interrupts" */
	enum pb_period period;
	/* Not oftener than this, however short the interval, for a fast source whose counters are not that
	 * fine. */
	int64_t spacing_ns;
	/*
	 * For the live table and metrics, names of columns, space separated. `labels` tell series apart ("pid
	 * tid"); NULL: the text columns do. Of the other numbers, `gauges` are states ("link_width") and all
	 * the rest count upwards; other text is not shown there.
	 */
	const char *labels, *gauges;
	/*
	 * Can this be read here, for this target? 0, or -errno with the reason in `why` as a
	 * short phrase ("no PMU: perf_event_open says ENOENT"). Must not leave anything behind.
	 */
	int (*probe)(const struct pb_target *t, char *why, size_t size);
	/* Opens what it needs. *state is the collector's own. 0 or -errno with why. */
	int (*start)(const struct pb_target *t, void **state, char *why, size_t size);
	/* Appends the column names after t_ns. */
	int (*columns)(void *state, struct pb_strv *names);
	/* Appends rows stamped t_ns (the time of this source's own read is better: take it right before
	 * reading). 0 or -errno. */
	int (*sample)(void *state, int64_t t_ns, struct pb_rows *rows);
	/* The last rows of the run instead of sample(), for sources that otherwise report changes only. NULL
	 * = sample(). */
	int (*finish)(void *state, int64_t t_ns, struct pb_rows *rows);
	void (*stop)(void *state); /* state may be NULL */
};

#define PB_COLLECTOR(id) extern const struct pb_collector pb_coll_##id;
#include "engine/collectors/collectors.def"
#undef PB_COLLECTOR

/* NULL-terminated, in the order of collectors.def. */
extern const struct pb_collector *const pb_collectors[];

#endif
