/*
 * One PCI disk and the bridges above it, from sysfs: link, NUMA node, local CPUs, IOMMU group, driver,
 * AER counters. Reads a few attributes per hop; reads no config space itself.
 */
#ifndef PB_COLLECTORS_PCIDEV_H
#define PB_COLLECTORS_PCIDEV_H

#include <stddef.h>
#include <stdint.h>

#include "engine/lib/buf.h"
#include "engine/lib/csv.h" /* PB_NA */
#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

enum pb_pci_kind { PB_PCI_ENDPOINT, PB_PCI_BRIDGE, PB_PCI_ROOT_PORT };

struct pb_pcidev {
	char bdf[32];
	enum pb_pci_kind kind;
	char vendor[16], device[16];        /* "0x8086"; "" = not readable */
	int64_t speed_mgts, max_speed_mgts; /* thousandths of GT/s; PB_NA = unknown */
	int64_t width, max_width;           /* lanes; PB_NA = unknown */
	int64_t numa_node;                  /* -1 = the firmware does not say; PB_NA = not readable */
	char local_cpus[256];               /* cpulist; "" = not readable */
	int64_t iommu_group;                /* PB_NA = none */
	char driver[64];                    /* "" = none bound */
	int64_t aer_correctable, aer_nonfatal, aer_fatal; /* cumulative; PB_NA = no AER */
	/* What a root port was told by everything below it; PB_NA on anything else. */
	int64_t aer_root_correctable, aer_root_nonfatal, aer_root_fatal;
};

struct pb_pcichain {
	struct pb_pcidev *hop; /* hop[0] is the disk, hop[n-1] the root port (or the disk alone) */
	size_t n;
	struct pb_strv group; /* BDFs of the disk's IOMMU group, the disk included; empty = no group */
};

/*
 * "41:00.0" or "0000:41:00.0" in any case to "0000:41:00.0". 0 or -EINVAL without a message.
 */
int pb_pcidev_bdf(const char *text, char *bdf, size_t size);

/*
 * The chain of an existing device. -ENODEV (PB_USAGE) when there is no such device, -EINVAL when the text is
 * no PCI address. The caller frees with pb_pcichain_fini.
 */
int pb_pcidev_chain(const struct pb_root *root, const char *bdf, struct pb_pcichain *c, struct pb_err *err);
void pb_pcichain_fini(struct pb_pcichain *c);

/* Reads link, driver and AER counters of one hop again (bdf and kind stay). */
void pb_pcidev_refresh(const struct pb_root *root, struct pb_pcidev *d);

/*
 * The other end of the link that hop i is an end of, NULL when it has none. Counted from the root port: its
 * link leads down, that of the next bridge (a switch's upstream port) up, and so on; between the two ports of
 * a switch there is no link.
 */
const struct pb_pcidev *pb_pcichain_partner(const struct pb_pcichain *c, size_t i);
/* The smaller of what both ends can do (each PB_NA when one is unknown). */
void pb_pcichain_link_max(const struct pb_pcichain *c, size_t i, int64_t *speed_mgts, int64_t *width);

const char *pb_pci_kind_name(enum pb_pci_kind kind); /* "endpoint", "bridge", "root-port" */

/*
 * Bytes a second one direction of the link can carry after line coding (8b/10b up to 5 GT/s, 128b/130b above,
 * PCIe base specification; FLIT at 64 GT/s is taken as 1), before packet overhead. PB_NA when speed or width
 * is unknown.
 */
int64_t pb_pci_link_bytes_s(int64_t speed_mgts, int64_t width);

#endif
