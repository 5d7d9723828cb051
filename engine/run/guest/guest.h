/*
 * Guests: where the disk is driven. One line per kind in guests.def; each
 * brings the disk to its guest, reaches the agent there, and takes everything back.
 */
#ifndef PB_RUN_GUEST_GUEST_H
#define PB_RUN_GUEST_GUEST_H

#include <jansson.h>

#include "engine/run/guest/agent_client.h"
#include "engine/run/host/disk.h"
#include "engine/run/guest/launch.h"
#include "engine/run/guest/ssh.h"
#include "engine/run/host/undo.h"

struct pb_guest_kind;

/* What the user asked for, parsed: "launch:cpus=2,mem=1G,cpuset=2-3" and "virtio-blk,cache=none,aio=native".
 */
struct pb_guest_spec {
	const struct pb_guest_kind *kind;
	unsigned vcpus, mem_mib;
	unsigned poll_queues; /* kind launch: NVMe queues of the guest that are polled, without interrupts */
	bool vsock;           /* kind launch: its agent is reached over vsock, not virtio-serial */
	char cpuset[256], kernel[512], modules[512];
	bool attach_given;
	struct pb_attach attach;
	char attach_text[128]; /* canonical form for the manifest */
	/* Existing guests: how to reach them, and what was found there. */
	struct pb_ssh ssh;
	char socket[108];
	unsigned cid, port;  /* vsock */
	pid_t qemu_pid;      /* given, 0 = unknown */
	char found_path[16]; /* how the disk came to the guest, once it is known */
};

struct pb_guest {
	const struct pb_guest_spec *spec;
	const struct pb_root *root;
	const struct pb_disk *disk;
	struct pb_undo *undo;
	const char *workdir; /* for sockets and logs; exists */
	bool readonly;
	const char *overwrite;    /* signatures that may be overwritten (interlock.h), or NULL */
	struct pb_launch *launch; /* kind launch */
	struct pb_conn conn;
	bool connected;
	pid_t qemu_pid; /* 0 without QEMU */
};

struct pb_guest_kind {
	const char *name, *help;
	/* The guest exists and the disk is inside: the host's /sys does not know it, and nothing is attached.
	 */
	bool remote;
	/* KIND:WHERE,key=value,...: what the help calls WHERE, NULL when there is none; the keys, for
	 * messages. */
	const char *where, *options;
	int (*set_where)(struct pb_guest_spec *s, const char *text, struct pb_err *err);
	/* NULL: no options. -ENOENT without a message for a key that it does not know. */
	int (*set_option)(struct pb_guest_spec *s, const char *key, const char *value, struct pb_err *err);
	/* Refuses what cannot work before anything is changed: no /dev/kvm, no IOMMU group, a shared group.
	 */
	int (*preflight)(const struct pb_guest *g, struct pb_err *err);
	/* Brings the disk there and the agent up, greeting included. On failure the caller calls stop. */
	int (*start)(struct pb_guest *g, struct pb_err *err);
	/* 0 while the guest runs, else why it has ended (as pb_launch_check). NULL: cannot be known here. */
	int (*check)(struct pb_guest *g, struct pb_err *err);
	/* Ends the guest. Host changes are the undo log's. Safe after a failed or missing start. */
	void (*stop)(struct pb_guest *g);
	/* "vfio", "virtio-blk", "local"; of a remote guest once its disk was found */
	const char *(*path)(const struct pb_guest_spec *spec);
};

#define PB_GUEST(id) extern const struct pb_guest_kind pb_guest_##id;
#include "engine/run/guest/guests.def"
#undef PB_GUEST

extern const struct pb_guest_kind *const pb_guest_kinds[]; /* NULL-terminated */

/* guest and attach may be NULL: the defaults launch and vfio (local has no attachment). PB_USAGE names what
 * is known. */
int pb_guest_spec_parse(struct pb_guest_spec *s, const char *guest, const char *attach, struct pb_err *err);
/* The virtio-blk attachment as the manifest has it; NULL for other paths. New reference. */
json_t *pb_guest_attach_json(const struct pb_guest_spec *s);

#endif
