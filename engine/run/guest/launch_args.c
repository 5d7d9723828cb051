/*
 * QEMU's command line of the micro guest. What the cache modes mean is cache_mode.c's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/lib/proto.h"
#include "engine/run/host/cache_mode.h"
#include "engine/run/guest/launch_args.h"
#include "engine/run/guest/qemu.h"

static const char *on_off(bool on)
{
	return on ? "on" : "off";
}

/* *mode is set on success. */
static int check_modes(const struct pb_attach *a, const char *aio, const struct pb_cache_mode **mode,
		       struct pb_err *err)
{
	const struct pb_cache_mode *m = pb_cache_mode_find(a->cache[0] ? a->cache : "none");

	if (!m)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "no cache mode %s; known: none, writeback, writethrough, directsync, unsafe",
			       a->cache);
	if (strcmp(aio, "threads") && strcmp(aio, "native") && strcmp(aio, "io_uring"))
		return pb_fail(err, PB_USAGE, EINVAL, "no aio mode %s; known: threads, native, io_uring",
			       aio);
	if (!strcmp(aio, "native") && !m->direct)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "aio=native needs the host's page cache off: use cache=none or directsync, or "
			       "aio=io_uring with cache=%s",
			       m->name);
	*mode = m;
	return 0;
}

static int add_virtio_blk(struct pb_strv *argv, const struct pb_launch_opts *o, struct pb_err *err)
{
	const struct pb_cache_mode *mode = pb_cache_mode_find("none");
	const char *aio = o->attach.aio[0] ? o->attach.aio : "io_uring";
	char path[1024], serial[128];
	struct stat st;
	int rc = check_modes(&o->attach, aio, &mode, err);

	if (rc == 0 && stat(o->block, &st) < 0)
		rc = pb_fail(err, PB_USAGE, errno, "cannot attach %s: %s", o->block, strerror(errno));
	rc = rc < 0 ? rc : pb_qemu_escape(path, sizeof(path), o->block, err);
	rc = rc < 0 ? rc : pb_qemu_escape(serial, sizeof(serial), o->serial, err);
	if (rc < 0)
		return rc;
	pb_strv_add(argv, "-blockdev");
	pb_strv_addf(argv,
		     "driver=%s,node-name=" PB_LAUNCH_NODE
		     ",filename=%s,aio=%s,cache.direct=%s,cache.no-flush=%s,read-"
		     "only=%s,auto-read-only=off",
		     S_ISBLK(st.st_mode) ? "host_device" : "file", path, aio, on_off(mode->direct),
		     on_off(mode->no_flush), on_off(o->readonly));
	if (o->attach.iothread) {
		pb_strv_add(argv, "-object");
		pb_strv_add(argv, "iothread,id=io0");
	}
	pb_strv_add(argv, "-device");
	pb_strv_addf(argv, "virtio-blk-pci,drive=" PB_LAUNCH_NODE ",write-cache=%s%s%s%s",
		     on_off(mode->writeback), serial[0] ? ",serial=" : "", serial,
		     o->attach.iothread ? ",iothread=io0" : "");
	return 0;
}

static int add_machine(struct pb_strv *argv, const struct pb_launch_opts *o, struct pb_err *err)
{
	const char *accel = o->accel[0] ? o->accel : "kvm";

	if (o->vcpus < 1 || o->vcpus > 64)
		return pb_fail(err, PB_USAGE, EINVAL, "a guest has 1 to 64 vCPUs, not %u", o->vcpus);
	if (o->mem_mib < 256)
		return pb_fail(err, PB_USAGE, EINVAL, "a guest needs 256 MiB of memory, not %u", o->mem_mib);
	pb_strv_add(argv, o->qemu[0] ? o->qemu : "qemu-system-x86_64");
	pb_strv_add(argv, "-name");
	pb_strv_add(argv, "passbench,debug-threads=on");
	pb_strv_add(argv, "-nodefaults");
	pb_strv_add(argv, "-no-user-config");
	pb_strv_add(argv, "-no-reboot");
	pb_strv_add(argv, "-display");
	pb_strv_add(argv, "none");
	pb_strv_add(argv, "-accel");
	pb_strv_add(argv, accel);
	pb_strv_add(argv, "-cpu");
	pb_strv_add(argv, strcmp(accel, "kvm") ? "max" : "host");
	pb_strv_add(argv, "-M");
	pb_strv_add(argv, "q35");
	pb_strv_add(argv, "-smp");
	pb_strv_addf(argv, "%u", o->vcpus);
	pb_strv_add(argv, "-m");
	pb_strv_addf(argv, "%u", o->mem_mib);
	return 0;
}

static int add_channels(struct pb_strv *argv, const char *workdir, struct pb_err *err)
{
	char dir[512];
	int rc = pb_qemu_escape(dir, sizeof(dir), workdir, err);

	if (rc < 0)
		return rc;
	pb_strv_add(argv, "-chardev");
	pb_strv_addf(argv, "file,id=console,path=%s/console.log", dir);
	pb_strv_add(argv, "-serial");
	pb_strv_add(argv, "chardev:console");
	pb_strv_add(argv, "-chardev");
	pb_strv_addf(argv, "socket,id=qmp,path=%s/qmp.sock,server=on,wait=off", dir);
	pb_strv_add(argv, "-mon");
	pb_strv_add(argv, "chardev=qmp,mode=control");
	pb_strv_add(argv, "-device");
	/* With event indexes a notification that is lost once is never made up for: the agent greets every
	 * second and nobody looks. Seen in the lab; others see it with KVM (github.com/lmb/vimto/issues/29).
	 */
	pb_strv_add(argv, "virtio-serial-pci,event_idx=off");
	pb_strv_add(argv, "-chardev");
	pb_strv_addf(argv, "socket,id=agent,path=%s/agent.sock,server=on,wait=off", dir);
	pb_strv_add(argv, "-device");
	pb_strv_add(argv, "virtserialport,chardev=agent,name=org.passbench.0");
	return 0;
}

int pb_launch_args(struct pb_strv *argv, const struct pb_launch_files *f, const struct pb_launch_opts *o,
		   const char *workdir, struct pb_err *err)
{
	char vsock[40] = "", poll[40] = "";
	int rc = add_machine(argv, o, err);

	rc = rc < 0 ? rc : add_channels(argv, workdir, err);
	if (rc < 0)
		return rc;
	pb_strv_add(argv, "-kernel");
	pb_strv_add(argv, f->kernel);
	pb_strv_add(argv, "-initrd");
	pb_strv_addf(argv, "%s/initramfs", workdir);
	pb_strv_add(argv, "-append");
	if (o->cid)
		snprintf(vsock, sizeof(vsock), " passbench.vsock=%d", PB_PROTO_VSOCK_PORT);
	if (o->poll_queues)
		snprintf(poll, sizeof(poll), " nvme.poll_queues=%u", o->poll_queues);
	pb_strv_addf(argv, "console=ttyS0 quiet panic=-1%s%s", vsock, poll);
	if (o->cid) {
		pb_strv_add(argv, "-device");
		pb_strv_addf(argv, "vhost-vsock-pci,guest-cid=%u", o->cid);
	}
	if (o->attach.kind == PB_ATTACH_VIRTIO_BLK)
		return add_virtio_blk(argv, o, err);
	pb_strv_add(argv, "-device");
	pb_strv_addf(argv, "vfio-pci,host=%s", o->bdf);
	return 0;
}
