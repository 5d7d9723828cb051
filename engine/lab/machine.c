/*
 * QEMU's command line for the outer machine. What is where on its PCI bus is
 * fixed, so that addresses in reports and tests are the same in every run.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/lab/machine.h"
#include "engine/run/guest/qemu.h"

#define FIRST_DISK_SLOT 0x10
/* event_idx=off: under emulation one notification in some ten thousand is lost (docs/lab.md). With event
 * indexes the queue would then stand still for ever: no later request is worth a notification.
 */
#define SHARE_DEVICE "virtio-9p-pci,event_idx=off"
#define SERIAL_DEVICE "virtio-serial-pci,event_idx=off"

int pb_lab_paths_find(struct pb_lab_paths *p, struct pb_err *err)
{
	const char *cache = getenv("PASSBENCH_CACHE");
	char pattern[512];
	glob_t g;

	snprintf(p->cache, sizeof(p->cache), "%s", cache && cache[0] ? cache : PB_CACHEDIR);
	snprintf(p->qemu, sizeof(p->qemu), "%s/qemu-10/usr/bin/qemu-system-x86_64", p->cache);
	if (access(p->qemu, X_OK) < 0)
		return pb_fail(err, PB_MISSING, errno, "the lab's QEMU %s: %s; run 'make deps'", p->qemu,
			       strerror(errno));
	snprintf(pattern, sizeof(pattern), "%s/linux-6.12/boot/vmlinuz-*", p->cache);
	if (glob(pattern, 0, NULL, &g) != 0)
		return pb_fail(err, PB_MISSING, ENOENT, "the lab's kernel %s is not there; run 'make deps'",
			       pattern);
	snprintf(p->kernel, sizeof(p->kernel), "%s", g.gl_pathv[0]);
	snprintf(p->release, sizeof(p->release), "%s", g.gl_pathv[0] + strlen(pattern) - 1);
	globfree(&g);
	snprintf(p->tree, sizeof(p->tree), "%s/linux-6.12/lib/modules/%s", p->cache, p->release);
	return 0;
}

static void add_all(struct pb_strv *argv, const char *const *words)
{
	for (; *words; words++)
		pb_strv_add(argv, *words);
}

/* One 9p share; readonly is QEMU's own refusal of every write. */
static int add_share(struct pb_strv *argv, const char *tag, const char *dir, bool readonly,
		     struct pb_err *err)
{
	char path[1024];
	int rc = pb_qemu_escape(path, sizeof(path), dir, err);

	if (rc < 0)
		return rc;
	pb_strv_add(argv, "-fsdev");
	pb_strv_addf(argv, "local,id=%s,path=%s,security_model=none,multidevs=remap%s", tag, path,
		     readonly ? ",readonly=on" : "");
	pb_strv_add(argv, "-device");
	pb_strv_addf(argv, SHARE_DEVICE ",fsdev=%s,mount_tag=%s", tag, tag);
	return 0;
}

static const char *group_of(const struct pb_scenario *s, unsigned n, char *buf, size_t size)
{
	if (s->disks[n].group)
		return s->disks[n].group;
	snprintf(buf, size, "limit%u", n);
	return buf;
}

/* A group that an earlier disk brought is not made again. */
static void add_group(struct pb_strv *argv, const struct pb_scenario *s, unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (s->disks[i].group && !strcmp(s->disks[i].group, name))
			return;
	pb_strv_add(argv, "-object");
	pb_strv_addf(argv, "throttle-group,id=%s,x-iops-total=%u,x-bps-total=%llu", name, s->disks[n].iops,
		     s->disks[n].mbytes_s * 1000000ull);
}

/*
 * The backing file, under a node that fails reads of one sector where the scenario wants that; or a device
 * that waits, whose latency holds however slow the emulation is.
 */
static void add_file(struct pb_strv *argv, const struct pb_lab_disk *d, unsigned n, const char *work)
{
	pb_strv_add(argv, "-blockdev");
	if (d->latency_us)
		pb_strv_addf(argv, "driver=null-co,node-name=file%u,size=%llu,latency-ns=%llu,read-zeroes=on",
			     n, d->size_mib * 1048576ull, d->latency_us * 1000ull);
	else
		pb_strv_addf(argv, "driver=file,node-name=file%u,filename=%s/disk%u", n, work, n);
	if (!d->bad_sector)
		return;
	pb_strv_add(argv, "-blockdev");
	pb_strv_addf(argv,
		     "driver=blkdebug,node-name=bad%u,image=file%u,inject-error.0.event=none,"
		     "inject-error.0.iotype=read,inject-error.0.sector=%u",
		     n, n, d->bad_sector);
}

/* A switch for the disks that share one: their traffic meets on its upstream port. */
static void add_switch(struct pb_strv *argv, const struct pb_scenario *s)
{
	unsigned n = 0;

	while (s->disks[n].serial && !s->disks[n].shared_switch)
		n++;
	if (!s->disks[n].serial)
		return;
	add_all(argv, (const char *const[]){"-device", "pcie-root-port,id=uplink,addr=0x8,chassis=1",
					    "-device", "x3130-upstream,id=switch,bus=uplink", NULL});
}

/*
 * NUMA: CPUs and memory in equal parts. A second root bus is how QEMU gives devices a node;
 * those of the first one have none, as on machines whose firmware does not say.
 */
static void add_nodes(struct pb_strv *argv, const struct pb_scenario *s)
{
	unsigned cpus = s->cpus / (s->nodes ? s->nodes : 1);

	for (unsigned n = 0; s->nodes > 1 && n < s->nodes; n++) {
		pb_strv_add(argv, "-object");
		pb_strv_addf(argv, "memory-backend-ram,id=mem%u,size=%uM", n, s->mem_mib / s->nodes);
		pb_strv_add(argv, "-numa");
		pb_strv_addf(argv, "node,nodeid=%u,cpus=%u-%u,memdev=mem%u", n, n * cpus, (n + 1) * cpus - 1,
			     n);
	}
	if (s->nodes > 1) {
		pb_strv_add(argv, "-device");
		pb_strv_addf(argv, "pxb-pcie,id=far,bus_nr=128,bus=pcie.0,numa_node=%u", s->nodes - 1);
	}
}

/* The bus of a disk, made where it needs a port of its own. */
static void add_nvme(struct pb_strv *argv, const struct pb_lab_disk *d, unsigned n)
{
	if (d->shared_switch) {
		pb_strv_add(argv, "-device");
		pb_strv_addf(argv, "xio3130-downstream,id=port%u,bus=switch,chassis=%u,slot=%u", n, 10 + n,
			     n);
	} else if (d->far) {
		pb_strv_add(argv, "-device");
		pb_strv_addf(argv, "pcie-root-port,id=port%u,bus=far,chassis=%u", n, 10 + n);
	}
	pb_strv_add(argv, "-device");
	if (d->shared_switch || d->far)
		pb_strv_addf(argv, "nvme,drive=disk%u,serial=%s,bus=port%u", n, d->serial, n);
	else
		pb_strv_addf(argv, "nvme,drive=disk%u,serial=%s,addr=%#x", n, d->serial, FIRST_DISK_SLOT + n);
}

static void add_disk(struct pb_strv *argv, const struct pb_scenario *s, unsigned n, const char *work)
{
	char buf[32];
	const char *group = group_of(s, n, buf, sizeof(buf));

	add_group(argv, s, n, group);
	add_file(argv, &s->disks[n], n, work);
	pb_strv_add(argv, "-blockdev");
	pb_strv_addf(argv, "driver=throttle,node-name=disk%u,throttle-group=%s,file=%s%u", n, group,
		     s->disks[n].bad_sector ? "bad" : "file", n);
	add_nvme(argv, &s->disks[n], n);
}

static void add_ports(struct pb_strv *argv, const char *work, bool shell)
{
	pb_strv_add(argv, "-chardev");
	pb_strv_addf(argv, "socket,id=out,path=%s/out", work);
	pb_strv_add(argv, "-chardev");
	pb_strv_addf(argv, "socket,id=err,path=%s/err", work);
	add_all(argv,
		(const char *const[]){"-device", SERIAL_DEVICE, "-device",
				      shell ? "virtconsole,chardev=out"
					    : "virtserialport,chardev=out,name=org.passbench.out",
				      "-device", "virtserialport,chardev=err,name=org.passbench.err", NULL});
}

int pb_lab_machine_args(struct pb_strv *argv, const struct pb_scenario *s, const struct pb_lab_paths *p,
			const struct pb_lab_opts *opts, struct pb_err *err)
{
	char share[128];
	int rc;

	pb_strv_add(argv, p->qemu);
	pb_strv_add(argv, "-L");
	pb_strv_addf(argv, "%s/qemu-10/usr/share/seabios", p->cache);
	pb_strv_add(argv, "-L");
	pb_strv_addf(argv, "%s/qemu-10/usr/share/qemu", p->cache);
	add_all(argv, (const char *const[]){"-nodefaults", "-no-user-config", "-display", "none",
					    "-no-reboot", "-accel", "tcg,thread=multi", "-M",
					    "q35,kernel-irqchip=split", "-cpu", "max,+svm", "-device",
					    "intel-iommu,intremap=on,caching-mode=on", NULL});
	pb_strv_add(argv, "-smp");
	pb_strv_addf(argv, "%u", s->cpus);
	pb_strv_add(argv, "-m");
	pb_strv_addf(argv, "%u", s->mem_mib);
	pb_strv_add(argv, "-serial");
	pb_strv_addf(argv, "file:%s/console.log", p->work);
	pb_strv_add(argv, "-kernel");
	pb_strv_add(argv, p->kernel);
	pb_strv_add(argv, "-initrd");
	pb_strv_addf(argv, "%s/initramfs", p->work);
	pb_strv_add(argv, "-append");
	/* no_timer_check: on a busy machine an emulated timer is late, and the kernel panics for that */
	pb_strv_add(argv, "console=ttyS0 panic=-1 quiet intel_iommu=on iommu=pt mitigations=off audit=0 "
			  "no_timer_check");
	add_ports(argv, p->work, opts->shell);
	snprintf(share, sizeof(share), "%s/share", p->work);
	rc = add_share(argv, "root", "/", true, err);
	if (rc == 0)
		rc = add_share(argv, "lab", share, false, err);
	if (rc == 0 && opts->out)
		rc = add_share(argv, "results", opts->out, false, err);
	add_nodes(argv, s);
	add_switch(argv, s);
	for (unsigned n = 0; s->disks[n].serial; n++)
		add_disk(argv, s, n, p->work);
	return rc;
}
