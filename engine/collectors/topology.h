/*
 * The host's topology by hwloc, with the disk under test marked, as XML that
 * lstopo draws (topology.xml of the run directory).
 */
#ifndef PB_COLLECTORS_TOPOLOGY_H
#define PB_COLLECTORS_TOPOLOGY_H

#include "engine/lib/buf.h"
#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

/*
 * Appends the XML to *xml. The disk (bdf may be NULL) and the bridges above it carry an lstopoStyle
 * info, the disk also a Misc object that says how it is driven ("disk under test, vfio-pci"); a
 * disk hwloc does not show (PCI domain wider than 16 bits) is only named in the machine's info
 * "PassbenchDisk". Not thread-safe: hwloc takes a recorded root from the environment. 0, or -errno with
 * PB_MISSING.
 */
int pb_topology_export(const struct pb_root *root, const char *bdf, struct pb_buf *xml, struct pb_err *err);

#endif
