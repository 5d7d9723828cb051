/*
 * KVM's counters from its tracepoints, counted by perf on the vCPU threads: the last resort of the kvm
 * collector, where neither statistics descriptors nor debugfs can be read. Counts begin at 0 when opened.
 */
#ifndef PB_COLLECTORS_KVMTRACE_H
#define PB_COLLECTORS_KVMTRACE_H

#include "engine/collectors/perfcount.h"
#include "engine/lib/sysfs.h"

/* Names as KVM's statistics have them: what a tracepoint counts in the same place of the kernel. */
extern const char *const pb_kvmtrace_names[];
#define PB_KVMTRACE_COUNTERS 6u

struct pb_kvmtrace_vcpu {
	int number;
	pid_t tid;
	struct pb_perf_group group;
};

struct pb_kvmtrace {
	const struct pb_root *root;
	int dir; /* /proc/PID/task */
	pid_t pid;
	struct pb_perf_event event[PB_KVMTRACE_COUNTERS];
	struct pb_kvmtrace_vcpu *v;
	size_t n;
};

/* Tries the events in a disposable child, then opens them on every vCPU thread. 0 or -errno with why; t then
 * holds nothing. */
int pb_kvmtrace_open(struct pb_kvmtrace *t, const struct pb_root *root, pid_t pid, char *why, size_t size);
/* Takes in vCPU threads that are new and lets go of those that ended. */
void pb_kvmtrace_relist(struct pb_kvmtrace *t);
/* v[i] of each name for vCPU number i of the list, PB_NA where it is not counted. 0 or -errno. */
int pb_kvmtrace_read(const struct pb_kvmtrace_vcpu *vcpu, int64_t v[PB_KVMTRACE_COUNTERS]);
void pb_kvmtrace_close(struct pb_kvmtrace *t);

#endif
