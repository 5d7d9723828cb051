/*
 * A drawing of our own: the disk's interrupt vectors and the guest's vCPUs on the host's CPUs.
 */
#ifndef PB_REPORTS_PATH_H
#define PB_REPORTS_PATH_H

#include "reports/facts.h"

/* Appends an <svg>. 1 when drawn, 0 when the run has neither vectors nor vCPUs, -ENOMEM. */
int pb_path_draw(struct pb_buf *out, const struct pb_facts *f);

#endif
