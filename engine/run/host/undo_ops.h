/*
 * The kinds of host change the undo log knows, as a table: how to read the
 * present value, how to set one. The log itself is undo.c's.
 */
#ifndef PB_RUN_HOST_UNDO_OPS_H
#define PB_RUN_HOST_UNDO_OPS_H

#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

struct pb_guest_link;

struct pb_change {
	char kind[16];  /* a name of the table */
	char key[256];  /* path, or PCI address */
	char name[128]; /* vector name for affinity, "" otherwise */
	char old[512], new[512];
	const struct pb_guest_link *link; /* kind guest: the open conversation with it, or NULL */
};

struct pb_change_kind {
	const char *name;
	/* Fills c->old with the present value. -ENOENT when the thing does not exist. */
	int (*read)(const struct pb_root *root, struct pb_change *c, struct pb_err *err);
	/* Sets the value and reads it back. -ENOENT when the thing no longer exists. */
	int (*set)(const struct pb_root *root, const struct pb_change *c, const char *value,
		   struct pb_err *err);
};

/* undo_guest.c: a setting inside a guest */
int pb_change_guest_read(const struct pb_root *root, struct pb_change *c, struct pb_err *err);
int pb_change_guest_set(const struct pb_root *root, const struct pb_change *c, const char *value,
			struct pb_err *err);

/* undo_iomax.c: key is the cgroup's folder, name the disk's "MAJ:MIN" */
int pb_change_iomax_read(const struct pb_root *root, struct pb_change *c, struct pb_err *err);
int pb_change_iomax_set(const struct pb_root *root, const struct pb_change *c, const char *value,
			struct pb_err *err);

/* NULL when unknown. */
const struct pb_change_kind *pb_change_kind(const char *name);

#endif
