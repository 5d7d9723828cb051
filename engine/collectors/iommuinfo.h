/*
 * What the IOMMU does with interrupts: remapped or not, posted to vCPUs or not. From what the kernel shows in
 * sysfs and /proc/interrupts; changes nothing and asks no hardware.
 */
#ifndef PB_COLLECTORS_IOMMUINFO_H
#define PB_COLLECTORS_IOMMUINFO_H

#include <stdint.h>

#include "engine/lib/sysfs.h"

struct pb_iommuinfo {
	/* 1 yes, 0 no, PB_NA unknown. The texts say how that is known; "" with PB_NA. */
	int64_t remapping;      /* interrupts go through the IOMMU's table */
	int64_t posted_capable; /* the IOMMU can post interrupts to vCPUs */
	int64_t posted_enabled; /* and KVM is set to use it; whether it does, counts tell (docs) */
	char remapping_how[96], capable_how[96], enabled_how[96];
};

void pb_iommuinfo_read(const struct pb_root *root, struct pb_iommuinfo *info);

/* Does the text of /proc/interrupts name a chip behind interrupt remapping ("IR-PCI-MSI")? */
bool pb_iommuinfo_remapped(const char *interrupts);

#endif
