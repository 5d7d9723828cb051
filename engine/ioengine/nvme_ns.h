/*
 * The character device of an NVMe namespace, found from its block device and
 * checked to be the same namespace, with what a command needs to know.
 */
#ifndef PB_IOENGINE_NVME_NS_H
#define PB_IOENGINE_NVME_NS_H

#include "engine/ioengine/passthru.h"

struct pb_nvme_ns {
	int fd; /* of /dev/ngXnY; -1 when not open */
	uint32_t nsid;
	unsigned lba_shift;
};

/* f is open (the block device, claimed). 0, or -errno after telling fio why not. Closed with _close. */
int pb_nvme_ns_open(struct thread_data *td, const struct fio_file *f, struct pb_nvme_ns *ns);
void pb_nvme_ns_close(struct pb_nvme_ns *ns);

#endif
