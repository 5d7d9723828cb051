/*
 * Rules of the vm family about memory and CPUs: R-V1 (the guest on another node than its disk) and R-V3 (huge
 * pages).
 */
#ifndef PB_ANALYZERS_VMPLACE_H
#define PB_ANALYZERS_VMPLACE_H

#include "analyzers/analyzer.h"

#define PB_VM_FAMILY "vm"

int pb_vmplace_node_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
int pb_vmplace_huge_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
