/*
 * What a run recorded about the machine, the path and the disk, as plain values: what risks and checklist are
 * judged by (judge.h). Nothing is judged here.
 */
#ifndef PB_REPORTS_INVENTORY_H
#define PB_REPORTS_INVENTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "reports/changes.h"
#include "reports/hops.h"

/* A long list of names is cut; its count is not. */
struct pb_names {
	size_t n;
	char text[200];
};

/* Numbers: PB_NA is not known; truths: 1, 0 or PB_NA. Texts: "" is not known. */
struct pb_inventory {
	/* path and workload */
	char path[32];       /* "vfio", "virtio-blk", "local" */
	char cache[32];      /* QEMU's cache mode; "" where there is none */
	char guest_view[32]; /* "write back" or "write through", as the guest's kernel sees the disk */
	char safety;         /* profile: 'P', 'C', 'N'; 0 */
	/* what the disk stands on in the host (manifest disk.stack) */
	bool stack_known;
	char crypt[200], raid[200], snapshot[200]; /* "dm-1 (vault)"; "" with stack_known: there is none */
	char raid_level[32];
	char file[200]; /* the file that it ends in: what lies below a file system is not recorded */
	int64_t raid_degraded;
	/* isolation */
	char iommu[32]; /* "intel", "amd", "none" */
	int64_t remapping, unsafe_interrupts, acs_override;
	int64_t group;
	struct pb_names group_others; /* members that are neither the disk nor a port above it */
	int64_t faults_disk, faults_host;
	/* the disk's own log */
	bool smart_known;
	int64_t smart_warning; /* the bits of critical_warning after the run */
	int64_t media_errors, media_grown, throttled, used_pct, temp_before_c, temp_after_c;
	int64_t failed_ios;
	int64_t blocks_checked, blocks_bad; /* integrity runs; PB_NA for all others */
	/* PCIe: growth during the run over all hops */
	int64_t aer_correctable, aer_uncorrectable;
	struct pb_hops hops;
	/* versions and settings */
	char firmware[64], qemu[160], kernel[96], guest_kernel[96], microcode[64], bios[160], governor[32];
	char guest_kind[32];
	char cpuidle[32];        /* the idle driver */
	int64_t idle_exit_us;    /* the slowest exit of CPU 0's idle states */
	int64_t taint;           /* the kernel's bits */
	int64_t vulnerabilities; /* how many the kernel listed; PB_NA: none */
	struct pb_names vulnerable;
	int64_t vcpus, queues, vectors;
	/* audit */
	int64_t files;                     /* hashed in the manifest */
	int64_t changes, changes_standing; /* of the host, in undo.log; kept ones do not stand */
	struct pb_names settings_changed;  /* environment_changes */
	bool settings_known;
};

/* Reads the manifest and the small tables below dirfd. What cannot be read is not known. */
void pb_inventory_read(struct pb_inventory *v, int dirfd, const json_t *manifest);
/* An inventory in which nothing is known. */
void pb_inventory_init(struct pb_inventory *v);
/* What the undo logs say; without a log it is not known. */
void pb_inventory_changes(struct pb_inventory *v, const struct pb_changes *c);
/* Adds a name to the list. */
void pb_names_add(struct pb_names *l, const char *name);

/* Private to inventory*.c: what stands in tables. */
void pb_inventory_tables(struct pb_inventory *v, int dirfd, const json_t *manifest);

#endif
