/*
 * Writes an initramfs (cpio "newc", not compressed: it is read once, from the
 * page cache): files, text, links, nodes, and kernel modules with everything they depend on.
 * Used for the micro guest and for the lab's outer machine.
 */
#ifndef PB_RUN_GUEST_INITRAMFS_H
#define PB_RUN_GUEST_INITRAMFS_H

#include <stddef.h>

#include "engine/lib/err.h"

struct pb_initramfs; /* opaque */

/* Starts path anew, with /proc /sys /dev /run /tmp and /dev/console in it. */
int pb_initramfs_new(struct pb_initramfs **out, const char *path, struct pb_err *err);
int pb_initramfs_dir(struct pb_initramfs *r, const char *name, struct pb_err *err);
int pb_initramfs_link(struct pb_initramfs *r, const char *name, const char *target, struct pb_err *err);
int pb_initramfs_data(struct pb_initramfs *r, const char *name, const void *data, size_t len, unsigned mode,
		      struct pb_err *err);
/* Copies file src of the host to name. */
int pb_initramfs_file(struct pb_initramfs *r, const char *name, const char *src, unsigned mode,
		      struct pb_err *err);
/*
 * Adds a module of the tree (/lib/modules/RELEASE) after the modules it needs,
 * uncompressed, as /modules/NAME.ko. Built into the kernel or added already is fine;
 * unknown is -ENOENT (PB_MISSING).
 */
int pb_initramfs_module(struct pb_initramfs *r, const char *tree, const char *name, struct pb_err *err);
/* Adds /modules.list (paths of the modules, one a line, in loading order) and closes the file. */
int pb_initramfs_finish(struct pb_initramfs *r, struct pb_err *err);
void pb_initramfs_free(struct pb_initramfs *r); /* NULL is fine */

#endif
