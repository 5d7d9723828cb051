/*
 * host/link_estimate.csv: what the run put on the disk's PCIe link, estimated from the guest's bytes where no
 * counter of the processor says it. Reads two files of the run directory and writes the third.
 */
#ifndef PB_RUN_HOST_LINK_ESTIMATE_H
#define PB_RUN_HOST_LINK_ESTIMATE_H

#include "engine/lib/err.h"
#include "engine/lib/rundir.h"

/*
 * 1 when the file was written; 0 when it would say nothing: host/pciebw.csv counted, or engine.csv, or the
 * packet sizes in host/pcie.csv are not there. -errno with a message when writing failed.
 */
int pb_link_estimate_write(struct pb_rundir *dir, const char *guest, struct pb_err *err);

#endif
