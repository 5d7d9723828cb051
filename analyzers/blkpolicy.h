/*
 * Rules R-C6 to R-C9 of the cache family: writeback limits, I/O scheduler, writes that delay reads,
 * completions on one CPU. Each names the side that owns the block device.
 */
#ifndef PB_ANALYZERS_BLKPOLICY_H
#define PB_ANALYZERS_BLKPOLICY_H

#include "analyzers/analyzer.h"

int pb_blkpolicy_dirty_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
int pb_blkpolicy_scheduler_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
int pb_blkpolicy_wbt_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
int pb_blkpolicy_affinity_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
