/*
 * The disk of an existing guest: resolved from the agent's `disks` answer, since the host's
 * /sys knows nothing of it. The answer is not trusted.
 */
#ifndef PB_RUN_GUEST_DISK_REMOTE_H
#define PB_RUN_GUEST_DISK_REMOTE_H

#include <jansson.h>

#include "engine/run/guest/agent_client.h"
#include "engine/run/host/disk.h"

/*
 * Fills *d with the disk that `what` names: a serial, a /dev path or name, or a PCI address in the
 * guest. d->bdf stays empty: the guest's addresses mean nothing on the host. path gets how the disk
 * came to the guest as far as it shows: "vfio" (a PCI NVMe), "virtio-blk", else "local". PB_USAGE with the
 * disks there are; PB_UNSAFE when the agent says that it is in use.
 */
int pb_disk_remote_find(const json_t *disks, const char *what, struct pb_disk *d, char *path, size_t size,
			struct pb_err *err);
/* Asks the agent and does the same. */
int pb_disk_remote(struct pb_conn *c, const char *what, struct pb_disk *d, char *path, size_t size,
		   struct pb_err *err);

#endif
