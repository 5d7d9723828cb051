/*
 * The undo log: every change of the host is written there, with the old
 * value, and fsynced before it is made. Restoring replays the log backwards.
 *
 * A log is registered in /run/passbench/journals while it holds changes that were
 * not undone or deliberately kept, so that the next passbench on this machine can
 * put back what a killed one left. Entries name stable things (PCI address, vector
 * name), never interrupt numbers.
 */
#ifndef PB_RUN_HOST_UNDO_H
#define PB_RUN_HOST_UNDO_H

#include <jansson.h>
#include <sys/types.h>

#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

struct pb_conn;
struct pb_undo; /* opaque; holds an exclusive lock on its log */

/* Opens or makes the log at path and registers it. Refuses (PB_UNSAFE) a log that a living process holds. */
int pb_undo_open(struct pb_undo **u, const struct pb_root *root, const char *path, struct pb_err *err);
/* Unregisters when nothing is left to undo; frees u. */
void pb_undo_close(struct pb_undo *u);

/* One file below /proc or /sys: journals the old content, writes text, reads back. */
int pb_undo_write(struct pb_undo *u, const char *path, const char *text, struct pb_err *err);
/*
 * Affinity of the vector called name (as /proc/interrupts prints it) of the PCI device bdf.
 * -EPERM with PB_UNSAFE for a kernel-managed vector. Journalled; read back.
 */
int pb_undo_affinity(struct pb_undo *u, const char *bdf, const char *name, const char *cpulist,
		     struct pb_err *err);
/* CPUs of one thread of this boot; role ("vcpu0") is for people. Journalled; read back. A thread that has
 * ended needs no undoing. */
int pb_undo_pin(struct pb_undo *u, pid_t tid, const char *role, const char *cpulist, struct pb_err *err);
/* The same through libvirt, for a QEMU that is a domain's. Journalled; read back. A domain that has ended
 * needs no undoing. */
int pb_undo_domain_pin(struct pb_undo *u, const char *domain, unsigned vcpu, const char *cpulist,
		       struct pb_err *err);
/* io.max of the disk dev ("259:1") for the cgroup in the folder group: "rbps=N wbps=N riops=max wiops=max".
 * Journalled; read back. A group that has gone needs no undoing. */
int pb_undo_io_max(struct pb_undo *u, const char *group, const char *dev, const char *limit,
		   struct pb_err *err);
/* Gives the PCI function to driver (vfio-pci): driver_override, unbind, probe. Journalled. */
int pb_undo_bind(struct pb_undo *u, const char *bdf, const char *driver, struct pb_err *err);

/* The guest that pb_undo_guest changes, as long as its agent answers. All borrowed. */
struct pb_guest_link {
	struct pb_conn *conn;
	const char *guest;  /* as --guest has it: who comes later has to reach it again */
	const json_t *disk; /* selector for the agent, {path} */
};

/* NULL = there is none (any more): a guest that lives on is then reached anew to put something back. */
void pb_undo_link(struct pb_undo *u, const struct pb_guest_link *link);
/* One setting of the disk inside the guest (`set` of docs/protocol.md). Journalled; read back. A micro guest
 * that has ended needs no undoing. */
int pb_undo_guest(struct pb_undo *u, const char *key, const char *value, struct pb_err *err);

/* How many changes stand. */
unsigned pb_undo_standing(const struct pb_undo *u);
/* Undoes the newest `n` standing changes, newest first (UINT_MAX = all). Goes on after a failure; first error
 * is returned. */
int pb_undo_revert(struct pb_undo *u, unsigned n, struct pb_err *err);
/* Marks the newest n standing changes as kept: rollback of a killed run leaves them, `passbench rollback DIR`
 * does not. */
int pb_undo_keep(struct pb_undo *u, unsigned n, struct pb_err *err);

/*
 * Restores everything the log at path still holds, kept changes included when `kept`.
 * The number of restored changes, or -errno. A missing log is 0.
 */
int pb_rollback(const struct pb_root *root, const char *path, bool kept, struct pb_err *err);
/* The same for every registered log whose owner is gone; says each on `note` when not NULL. */
int pb_rollback_orphans(const struct pb_root *root, void (*note)(void *arg, const char *text), void *arg,
			struct pb_err *err);

#endif
