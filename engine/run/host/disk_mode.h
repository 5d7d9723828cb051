/*
 * The mode in which QEMU has a virtio disk open, as QEMU and the kernel say it, not as it was asked for.
 */
#ifndef PB_RUN_HOST_DISK_MODE_H
#define PB_RUN_HOST_DISK_MODE_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

struct pb_disk_mode {
	char cache[16]; /* QEMU's name for the three switches; "?" for a combination without a name */
	char aio[16];   /* "native", "io_uring", "threads" */
};

/* Reads the answer to query-block: the disk called node. PB_MISSING when it is not there. */
int pb_disk_mode_cache(struct pb_disk_mode *m, const json_t *blocks, const char *node, struct pb_err *err);
/*
 * How QEMU submits, from what its process holds: a ring of Linux AIO in its maps, or else a ring of io_uring
 * that does not belong to an event loop. PB_MISSING when the process cannot be read.
 */
int pb_disk_mode_aio(struct pb_disk_mode *m, const struct pb_root *root, pid_t qemu, struct pb_err *err);
/* "cache=none,aio=native" */
void pb_disk_mode_text(char *buf, size_t size, const struct pb_disk_mode *m);

#endif
