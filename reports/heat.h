/*
 * Data of the interrupt heat map: time across, host CPUs up, how many interrupts of the disk as colour.
 */
#ifndef PB_REPORTS_HEAT_H
#define PB_REPORTS_HEAT_H

#include <stdbool.h>

#include "reports/facts.h"

/*
 * Writes heat.csv (one row per cell: t0_s, t1_s, row, mean and highest rate), heat-cpus.csv (row, CPU) and
 * heat-vars.gp (numbers only) into outfd. *any: some CPU took an interrupt of the disk.
 */
int pb_heat_write(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err);

#endif
