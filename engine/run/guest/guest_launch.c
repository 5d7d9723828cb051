/*
 * The micro guest: its options; binds the disk to vfio-pci (journalled), or leaves it with
 * the host for virtio-blk, boots launch.c's QEMU and waits for its agent.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/lib/interlock.h"
#include "engine/run/guest/guest.h"
#include "engine/run/host/holder.h"
#include "engine/run/host/spawn.h"
#include "engine/run/host/stop.h"
#include "engine/run/guest/transport.h"

#define CID_BASE 0x40000000u
#define VSOCK_TRY_MS 200
#define GREETING_MS 90000 /* a guest under emulation takes its time; a real one 2 s */

static const char *path(const struct pb_guest_spec *spec)
{
	return spec->attach.kind == PB_ATTACH_VFIO ? "vfio" : "virtio-blk";
}

static int set_mem(unsigned *mib, const char *text, struct pb_err *err)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*end == 'G' || *end == 'g') {
		v *= 1024;
		end++;
	} else if (*end == 'M' || *end == 'm') {
		end++;
	}
	if (end == text || *end || v < 256 || v > 1024UL * 1024)
		return pb_fail(err, PB_USAGE, EINVAL, "mem=%s is not a size from 256M to 1024G", text);
	*mib = (unsigned)v;
	return 0;
}

static int set_text(char *dst, size_t size, const char *key, const char *value, struct pb_err *err)
{
	if ((size_t)snprintf(dst, size, "%s", value) >= size)
		return pb_fail(err, PB_USAGE, ENAMETOOLONG, "%s= is too long", key);
	return 0;
}

static int set_count(unsigned *count, const char *key, const char *value, struct pb_err *err)
{
	char *end;
	unsigned long v = strtoul(value, &end, 10);

	if (*end || v < 1 || v > 64)
		return pb_fail(err, PB_USAGE, EINVAL, "%s=%s is not a number from 1 to 64", key, value);
	*count = (unsigned)v;
	return 0;
}

static int set_transport(bool *vsock, const char *value, struct pb_err *err)
{
	*vsock = !strcmp(value, "vsock");
	if (*vsock || !strcmp(value, "serial"))
		return 0;
	return pb_fail(err, PB_USAGE, EINVAL, "transport=%s: say serial or vsock", value);
}

/* "cpuset=2-3" holds no comma here: lists are written 2-3 or 2+4. */
static int option(struct pb_guest_spec *s, const char *key, const char *value, struct pb_err *err)
{
	int rc;

	if (!strcmp(key, "cpus"))
		return set_count(&s->vcpus, key, value, err);
	if (!strcmp(key, "poll_queues"))
		return set_count(&s->poll_queues, key, value, err);
	if (!strcmp(key, "mem"))
		return set_mem(&s->mem_mib, value, err);
	if (!strcmp(key, "kernel"))
		return set_text(s->kernel, sizeof(s->kernel), key, value, err);
	if (!strcmp(key, "modules"))
		return set_text(s->modules, sizeof(s->modules), key, value, err);
	if (!strcmp(key, "transport"))
		return set_transport(&s->vsock, value, err);
	if (strcmp(key, "cpuset") != 0)
		return -ENOENT;
	rc = set_text(s->cpuset, sizeof(s->cpuset), key, value, err);
	for (char *p = s->cpuset; *p; p++)
		*p = *p == '+' ? ',' : *p;
	return rc;
}

/* VFIO hands over whole IOMMU groups: every other member must be a bridge or VFIO's already. */
static int check_group(const struct pb_root *root, const char *bdf, struct pb_err *err)
{
	struct pb_strv members = {0};
	char driver[64], class[32];
	int rc = pb_root_list(root, &members, "/sys/bus/pci/devices/%s/iommu_group/devices", bdf);

	if (rc < 0)
		return pb_fail(err, PB_MISSING, ENODEV,
			       "%s is in no IOMMU group, so it cannot be passed through: enable VT-d or "
			       "AMD-Vi in the firmware and boot with intel_iommu=on",
			       bdf);
	for (size_t i = 0; i < members.n && rc == 0; i++) {
		const char *m = members.v[i];

		if (!strcmp(m, bdf) ||
		    pb_root_link(root, driver, sizeof(driver), "/sys/bus/pci/devices/%s/driver", m) < 0 ||
		    !strcmp(driver, "vfio-pci") || !strcmp(driver, "pcieport"))
			continue;
		if (pb_root_read(root, class, sizeof(class), "/sys/bus/pci/devices/%s/class", m) > 0 &&
		    !strncmp(class, "0x0604", 6))
			continue;
		rc = pb_fail(err, PB_UNSAFE, EBUSY,
			     "%s shares its IOMMU group with %s (driver %s), which would leave the host too: "
			     "move the disk to another slot or unbind %s yourself",
			     bdf, m, driver, m);
	}
	pb_strv_fini(&members);
	return rc;
}

static int preflight_vfio(const struct pb_guest *g, struct pb_err *err)
{
	struct pb_strv blocks = {0};
	char comm[64];
	pid_t holder;
	int rc;

	if (!g->disk->bdf[0])
		return pb_fail(err, PB_USAGE, EINVAL,
			       "/dev/%s is not a PCI disk, so VFIO cannot pass it; use --attach virtio-blk "
			       "or --guest local",
			       g->disk->block);
	holder = pb_vfio_holder(g->root, g->disk->bdf, comm, sizeof(comm));
	if (holder)
		return pb_fail(err, PB_UNSAFE, EBUSY,
			       "process %d (%s) has %s or another function of its IOMMU group open through "
			       "VFIO: a guest "
			       "uses it; stop that guest",
			       (int)holder, comm, g->disk->bdf);
	rc = pb_disk_blocks(g->root, g->disk->bdf, &blocks);
	for (size_t i = 0; i < blocks.n && rc == 0; i++)
		rc = pb_interlock_check_over(g->root, blocks.v[i], !g->readonly, g->overwrite, err);
	pb_strv_fini(&blocks);
	return rc < 0 ? rc : check_group(g->root, g->disk->bdf, err);
}

static int preflight(const struct pb_guest *g, struct pb_err *err)
{
	if (access("/dev/kvm", R_OK | W_OK) < 0)
		return pb_fail(err, PB_MISSING, errno,
			       "/dev/kvm: %s; load kvm_intel or kvm_amd (virtualization enabled in the "
			       "firmware?) and run as root",
			       strerror(errno));
	if (g->spec->attach.kind == PB_ATTACH_VFIO)
		return preflight_vfio(g, err);
	if (!g->disk->block[0])
		return pb_fail(
			err, PB_UNSAFE, ENODEV,
			"%s has no block device on this host (driver: %s), so virtio-blk cannot pass it",
			g->disk->bdf, g->disk->driver[0] ? g->disk->driver : "none");
	return pb_interlock_check_over(g->root, g->disk->block, !g->readonly, g->overwrite, err);
}

static int bind_vfio(struct pb_guest *g, struct pb_err *err)
{
	const char *const argv[] = {"modprobe", "vfio-pci", NULL};
	struct pb_buf out = {0};
	int rc;

	if (!pb_root_exists(g->root, "/sys/bus/pci/drivers/vfio-pci")) {
		rc = pb_spawn_capture(argv, &out, 4096, err);
		pb_buf_fini(&out);
		if (rc < 0)
			return rc;
		if (!pb_root_exists(g->root, "/sys/bus/pci/drivers/vfio-pci"))
			return pb_fail(err, PB_MISSING, ENODEV,
				       "the kernel has no vfio-pci driver (modprobe vfio-pci failed)");
	}
	return pb_undo_bind(g->undo, g->disk->bdf, "vfio-pci", err);
}

/* QEMU's vhost-vsock-pci needs the host's half. */
static int load_vsock(struct pb_err *err)
{
	const char *const argv[] = {"modprobe", "vhost_vsock", NULL};
	struct pb_buf out = {0};
	int rc = 0;

	if (access("/dev/vhost-vsock", R_OK | W_OK) < 0)
		rc = pb_spawn_capture(argv, &out, 4096, err);
	pb_buf_fini(&out);
	if (rc < 0)
		return rc;
	if (access("/dev/vhost-vsock", R_OK | W_OK) < 0)
		return pb_fail(err, PB_MISSING, errno,
			       "/dev/vhost-vsock: %s (modprobe vhost_vsock failed?); use transport=serial",
			       strerror(errno));
	return 0;
}

static void fill_opts(const struct pb_guest *g, struct pb_launch_opts *o)
{
	const struct pb_guest_spec *s = g->spec;

	memset(o, 0, sizeof(*o));
	o->vcpus = s->vcpus;
	o->mem_mib = s->mem_mib;
	o->poll_queues = s->poll_queues;
	snprintf(o->cpuset, sizeof(o->cpuset), "%s", s->cpuset);
	snprintf(o->kernel, sizeof(o->kernel), "%s", s->kernel);
	snprintf(o->modules, sizeof(o->modules), "%s", s->modules);
	snprintf(o->accel, sizeof(o->accel), "kvm");
	o->attach = s->attach;
	o->readonly = g->readonly;
	/* context ids are the host's to give; ours are as unique as our process, and far from hand-made ones
	 */
	o->cid = s->vsock ? CID_BASE + (unsigned)getpid() : 0;
	if (s->attach.kind == PB_ATTACH_VFIO) {
		snprintf(o->bdf, sizeof(o->bdf), "%s", g->disk->bdf);
	} else {
		snprintf(o->block, sizeof(o->block), "/dev/%s", g->disk->block);
		/* virtio-blk carries 20 characters of serial */
		snprintf(o->serial, sizeof(o->serial), "%.20s",
			 g->disk->serial[0] ? g->disk->serial : "PASSBENCH");
	}
}

/* Waits for the agent and notices a guest that dies instead. */
static int wait_agent(struct pb_guest *g, struct pb_err *err)
{
	int rc = -ETIMEDOUT;

	for (int waited = 0; waited < GREETING_MS && (rc == -ETIMEDOUT || rc == -EPIPE); waited += 500) {
		rc = pb_launch_check(g->launch, err);
		if (rc < 0)
			return rc;
		rc = pb_conn_hello(&g->conn, 500, err);
		if (rc == -EPIPE && pb_stop_sleep_ms(500))
			return pb_stop_check(err);
	}
	if (rc == -ETIMEDOUT || rc == -EPIPE)
		return pb_fail(
			err, PB_MISSING, ETIMEDOUT,
			"the guest booted but its agent did not answer within %d s; see %s/console.log",
			GREETING_MS / 1000, g->workdir);
	return rc;
}

/* A guest that boots has no vsock yet, then nobody who listens; both look like a refusal. */
static int connect_vsock(struct pb_guest *g, const struct pb_address *to, struct pb_err *err)
{
	struct pb_err why = PB_ERR_INIT;
	int rc = -ETIMEDOUT;

	for (int waited = 0; waited < GREETING_MS && rc < 0; waited += VSOCK_TRY_MS) {
		rc = pb_launch_check(g->launch, err);
		if (rc < 0)
			return rc;
		why = (struct pb_err)PB_ERR_INIT;
		rc = pb_conn_open(&g->conn, &pb_transport_vsock, to, &why);
		if (rc < 0 && pb_stop_sleep_ms(VSOCK_TRY_MS))
			return pb_stop_check(err);
	}
	return rc < 0 ? pb_fail(err, PB_MISSING, -rc, "the guest's agent: %s; see %s/console.log", why.msg,
				g->workdir)
		      : 0;
}

static int connect_agent(struct pb_guest *g, unsigned cid, struct pb_err *err)
{
	struct pb_address to = {.path = pb_launch_agent_socket(g->launch),
				.cid = cid,
				.port = PB_PROTO_VSOCK_PORT,
				.log_fd = -1};

	return cid ? connect_vsock(g, &to, err) : pb_conn_open(&g->conn, &pb_transport_serial, &to, err);
}

static int start(struct pb_guest *g, struct pb_err *err)
{
	struct pb_launch_opts o;
	int rc = g->spec->vsock ? load_vsock(err) : 0;

	if (rc == 0 && g->spec->attach.kind == PB_ATTACH_VFIO)
		rc = bind_vfio(g, err);
	if (rc < 0)
		return rc;
	fill_opts(g, &o);
	rc = pb_launch_start(&g->launch, &o, g->workdir, err);
	if (rc < 0)
		return rc;
	g->qemu_pid = pb_launch_pid(g->launch);
	rc = connect_agent(g, o.cid, err);
	if (rc < 0)
		return rc;
	g->connected = true;
	return wait_agent(g, err);
}

static int check(struct pb_guest *g, struct pb_err *err)
{
	return g->launch ? pb_launch_check(g->launch, err) : 0;
}

static void stop(struct pb_guest *g)
{
	if (g->connected) {
		pb_conn_ask(&g->conn, "quit", NULL, 3000, NULL, NULL);
		pb_conn_close(&g->conn);
	}
	g->connected = false;
	pb_launch_stop(g->launch);
	g->launch = NULL;
	g->qemu_pid = 0;
}

const struct pb_guest_kind pb_guest_launch = {
	.name = "launch",
	.help = "a micro guest under QEMU/KVM: "
		"launch[:cpus=2,mem=1G,cpuset=2-3,kernel=FILE,modules=DIR,poll_queues=1,transport="
		"vsock]",
	.options = "cpus=, mem=, cpuset=, kernel=, modules=, poll_queues=, transport=",
	.set_option = option,
	.preflight = preflight,
	.start = start,
	.check = check,
	.stop = stop,
	.path = path,
};
