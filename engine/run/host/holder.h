/*
 * Which process has a PCI function through VFIO. Its driver cannot be changed before that process lets go:
 * the kernel would wait for it, without an end, whatever is sent to the one who asked.
 */
#ifndef PB_RUN_HOST_HOLDER_H
#define PB_RUN_HOST_HOLDER_H

#include <sys/types.h>

#include "engine/lib/sysfs.h"

/*
 * The first process that has /dev/vfio/GROUP of bdf's IOMMU group open, or its /dev/vfio/devices/vfioN; comm
 * gets its name. 0 when there is none, or /proc cannot be read. Source: Linux
 * Documentation/driver-api/vfio.rst.
 */
pid_t pb_vfio_holder(const struct pb_root *root, const char *bdf, char *comm, size_t size);

#endif
