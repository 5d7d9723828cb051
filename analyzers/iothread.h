/*
 * Rule R-V5 of the vm family: one thread of QEMU carries all I/O of a virtio disk and is out of time.
 */
#ifndef PB_ANALYZERS_IOTHREAD_H
#define PB_ANALYZERS_IOTHREAD_H

#include "analyzers/analyzer.h"

int pb_iothread_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
