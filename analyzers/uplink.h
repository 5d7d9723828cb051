/*
 * Rule thumb-uplink: what several disks below one PCIe port would leave each other.
 */
#ifndef PB_ANALYZERS_UPLINK_H
#define PB_ANALYZERS_UPLINK_H

#include "analyzers/analyzer.h"

/* Share of its own throughput that each of n disks keeps when all want bytes_s at once of an uplink that
 * carries uplink_bytes_s: 1 when there is enough. NAN for numbers that make no sense. */
double pb_uplink_share(double uplink_bytes_s, double bytes_s, double n);

int pb_uplink_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
