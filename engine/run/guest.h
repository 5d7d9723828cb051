/*
 * Guests: where the disk is driven. One line per kind in guests.def; each
 * brings the disk to its guest, reaches the agent there, and takes everything back.
 */
#ifndef PB_RUN_GUEST_H
#define PB_RUN_GUEST_H

#include <jansson.h>

#include "engine/run/agent_client.h"
#include "engine/run/disk.h"
#include "engine/run/launch.h"
#include "engine/run/undo.h"

struct pb_guest_kind;

/* What the user asked for, parsed: "launch:cpus=2,mem=1G,cpuset=2-3" and "virtio-blk,cache=none,aio=native".
 */
struct pb_guest_spec {
	const struct pb_guest_kind *kind;
	unsigned vcpus, mem_mib;
	char cpuset[256], kernel[512], modules[512];
	bool attach_given;
	struct pb_attach attach;
	char attach_text[128]; /* canonical form for the manifest */
};

struct pb_guest {
	const struct pb_guest_spec *spec;
	const struct pb_root *root;
	const struct pb_disk *disk;
	struct pb_undo *undo;
	const char *workdir; /* for sockets and logs; exists */
	bool readonly;
	struct pb_launch *launch; /* kind launch */
	struct pb_conn conn;
	bool connected;
	pid_t qemu_pid; /* 0 without QEMU */
};

struct pb_guest_kind {
	const char *name, *help;
	/* Refuses what cannot work before anything is changed: no /dev/kvm, no IOMMU group, a shared group.
	 */
	int (*preflight)(const struct pb_guest *g, struct pb_err *err);
	/* Brings the disk there and the agent up, greeting included. On failure the caller calls stop. */
	int (*start)(struct pb_guest *g, struct pb_err *err);
	/* Ends the guest. Host changes are the undo log's. Safe after a failed or missing start. */
	void (*stop)(struct pb_guest *g);
	/* "vfio", "virtio-blk", "local" */
	const char *(*path)(const struct pb_guest_spec *spec);
};

#define PB_GUEST(id) extern const struct pb_guest_kind pb_guest_##id;
#include "engine/run/guests.def"
#undef PB_GUEST

extern const struct pb_guest_kind *const pb_guest_kinds[]; /* NULL-terminated */

/* guest and attach may be NULL: the defaults launch and vfio (local has no attachment). PB_USAGE names what
 * is known. */
int pb_guest_spec_parse(struct pb_guest_spec *s, const char *guest, const char *attach, struct pb_err *err);
/* The virtio-blk attachment as the manifest has it; NULL for other paths. New reference. */
json_t *pb_guest_attach_json(const struct pb_guest_spec *s);

#endif
