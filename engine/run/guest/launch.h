/*
 * The micro guest: QEMU/KVM with the host's own kernel and an initramfs that
 * holds the agent as init, a static fio with the engine built in, and the disk's driver
 * modules. Comes up in seconds and is the same everywhere.
 */
#ifndef PB_RUN_GUEST_LAUNCH_H
#define PB_RUN_GUEST_LAUNCH_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

enum pb_attach_kind { PB_ATTACH_VFIO, PB_ATTACH_VIRTIO_BLK };

struct pb_attach {
	enum pb_attach_kind kind;
	char cache[16]; /* virtio-blk: none|writeback|writethrough|directsync|unsafe */
	char aio[16];   /* virtio-blk: threads|native|io_uring */
	bool iothread;  /* virtio-blk: an iothread of its own (default yes) */
};

struct pb_launch_opts {
	unsigned vcpus;       /* 1..64 */
	unsigned mem_mib;     /* 256 at least */
	unsigned poll_queues; /* parameter of the guest's nvme driver; 0 = none */
	char cpuset[256];     /* host CPUs for the vCPUs, one each in turn ("" = not pinned) */
	char kernel[512];     /* "" = the running kernel's image: found, see docs/guests.md */
	char modules[512];    /* module tree; "" = /lib/modules/RELEASE of that kernel */
	char qemu[512];       /* "" = qemu-system-x86_64 from PATH */
	char accel[16];       /* "kvm" (default); others are for tests only */
	struct pb_attach attach;
	char bdf[32];    /* vfio: host address of the disk, already bound to vfio-pci */
	char block[512]; /* virtio-blk: path of the block device */
	bool readonly;   /* virtio-blk: attach read-only */
	unsigned cid;    /* vsock: the guest's context id, and its agent listens there; 0 = none */
	char serial[64]; /* virtio-blk: serial the guest shall see */
};

struct pb_launch; /* opaque */

/*
 * Builds the initramfs in workdir, starts QEMU, waits for its sockets; pins vCPU threads
 * when asked. QEMU's own output goes to workdir/qemu.log, the guest's console to workdir/console.log.
 * -ENOENT/-EACCES with PB_MISSING when QEMU, /dev/kvm, the kernel or a module is missing.
 */
int pb_launch_start(struct pb_launch **l, const struct pb_launch_opts *opts, const char *workdir,
		    struct pb_err *err);
/* Unix stream socket of the agent's virtio-serial port. Borrowed. */
const char *pb_launch_agent_socket(const struct pb_launch *l);
pid_t pb_launch_pid(const struct pb_launch *l);
#define PB_LAUNCH_NODE "disk0" /* QEMU's node name of a virtio-blk disk */
/* Asks QEMU over QMP; *result as in qmp.h. */
int pb_launch_query(struct pb_launch *l, const char *command, json_t **result, struct pb_err *err);
/* Thread id of vCPU n (QMP query-cpus-fast), or -errno. */
pid_t pb_launch_vcpu_tid(const struct pb_launch *l, unsigned n);
/*
 * 0 while QEMU runs. -ECHILD when it gave up and said why: the last lines of its log are in err. -EAGAIN when
 * it ended without a word, as when the guest's kernel panics or resets itself: err has its exit status and
 * the console's last lines.
 */
int pb_launch_check(struct pb_launch *l, struct pb_err *err);
/* Ends the guest (quit over QMP, then signals), reaps QEMU, frees l. NULL is fine. */
void pb_launch_stop(struct pb_launch *l);

#endif
