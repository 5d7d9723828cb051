/*
 * What the micro guest is made of: kernel, modules, agent, fio. Looks and copies;
 * starts nothing.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "engine/run/guest/initramfs.h"
#include "engine/run/guest/launch_args.h"

static int find_kernel(struct pb_launch_files *f, const struct pb_launch_opts *o, struct pb_err *err)
{
	struct utsname u;

	uname(&u);
	if (o->kernel[0]) {
		snprintf(f->kernel, sizeof(f->kernel), "%s", o->kernel);
	} else {
		snprintf(f->kernel, sizeof(f->kernel), "/boot/vmlinuz-%s", u.release);
		if (access(f->kernel, R_OK) < 0)
			snprintf(f->kernel, sizeof(f->kernel), "/lib/modules/%s/vmlinuz", u.release);
	}
	if (access(f->kernel, R_OK) == 0)
		return 0;
	if (o->kernel[0])
		return pb_fail(err, PB_MISSING, errno, "cannot read the kernel %s: %s", o->kernel,
			       strerror(errno));
	return pb_fail(err, PB_MISSING, ENOENT,
		       "no image of the running kernel for the guest (/boot/vmlinuz-%s or %s): install the "
		       "kernel's package or give --guest launch:kernel=FILE,modules=DIR",
		       u.release, f->kernel);
}

/* The release is in the name of an image as distributions install it. */
static void find_modules(struct pb_launch_files *f, const struct pb_launch_opts *o)
{
	const char *name = strrchr(f->kernel, '/'), *dash = strchr(name ? name : f->kernel, '-');
	struct utsname u;

	uname(&u);
	if (o->modules[0])
		snprintf(f->modules, sizeof(f->modules), "%s", o->modules);
	else
		snprintf(f->modules, sizeof(f->modules), "/lib/modules/%s",
			 o->kernel[0] && dash ? dash + 1 : u.release);
}

/* Our own static binaries lie beside us; PASSBENCH_AGENT names another place. */
static int find_agent(struct pb_launch_files *f, struct pb_err *err)
{
	const char *env = getenv("PASSBENCH_AGENT");
	char *slash;
	ssize_t n;

	if (env && env[0]) {
		snprintf(f->agent, sizeof(f->agent), "%s", env);
	} else {
		n = readlink("/proc/self/exe", f->agent, sizeof(f->agent) - 1);
		f->agent[n > 0 ? n : 0] = '\0';
		slash = strrchr(f->agent, '/');
		snprintf(slash ? slash + 1 : f->agent,
			 sizeof(f->agent) - (slash ? (size_t)(slash + 1 - f->agent) : 0), "passbench-agent");
	}
	slash = strrchr(f->agent, '/');
	snprintf(f->fio, sizeof(f->fio), "%.*s/fio-static", slash ? (int)(slash - f->agent) : 1,
		 slash ? f->agent : ".");
	if (access(f->agent, X_OK) < 0)
		return pb_fail(err, PB_MISSING, errno, "the agent for the guest, %s: %s; run 'make'",
			       f->agent, strerror(errno));
	if (access(f->fio, X_OK) < 0)
		return pb_fail(err, PB_MISSING, errno, "the fio for the guest, %s: %s; run 'make'", f->fio,
			       strerror(errno));
	return 0;
}

int pb_launch_find(struct pb_launch_files *f, const struct pb_launch_opts *o, struct pb_err *err)
{
	int rc = find_kernel(f, o, err);

	if (rc < 0)
		return rc;
	find_modules(f, o);
	return find_agent(f, err);
}

/* The driver that the disk's own modalias asks for; "nvme" when no module of the tree answers to it. */
static int add_disk_driver(struct pb_initramfs *r, const struct pb_launch_files *f,
			   const struct pb_launch_opts *o, struct pb_err *err)
{
	char path[PATH_MAX], alias[256] = "";
	FILE *in;

	if (o->attach.kind == PB_ATTACH_VIRTIO_BLK)
		return pb_initramfs_module(r, f->modules, "virtio_blk", err);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/modalias", o->bdf);
	in = fopen(path, "re");
	if (in) {
		if (!fgets(alias, sizeof(alias), in))
			alias[0] = '\0';
		fclose(in);
	}
	alias[strcspn(alias, "\n")] = '\0';
	if (alias[0] && pb_initramfs_module(r, f->modules, alias, NULL) == 0)
		return strstr(alias, "bc01sc06") ? pb_initramfs_module(r, f->modules, "sd_mod", err) : 0;
	return pb_initramfs_module(r, f->modules, "nvme", err);
}

int pb_launch_image(const struct pb_launch_files *f, const struct pb_launch_opts *o, const char *path,
		    struct pb_err *err)
{
	struct pb_initramfs *r;
	int rc = pb_initramfs_new(&r, path, err);

	if (rc < 0)
		return rc;
	rc = pb_initramfs_file(r, "init", f->agent, 0755, err);
	rc = rc < 0 ? rc : pb_initramfs_file(r, "fio-static", f->fio, 0755, err);
	rc = rc < 0 ? rc : pb_initramfs_module(r, f->modules, "virtio_pci", err);
	rc = rc < 0 ? rc : pb_initramfs_module(r, f->modules, "virtio_console", err);
	if (rc == 0 && o->cid)
		rc = pb_initramfs_module(r, f->modules, "vmw_vsock_virtio_transport", err);
	rc = rc < 0 ? rc : add_disk_driver(r, f, o, err);
	if (rc == 0) /* not every tree has it, not every host answers it: then pings alone align the clocks */
		pb_initramfs_module(r, f->modules, "ptp_kvm", NULL);
	rc = rc < 0 ? rc : pb_initramfs_finish(r, err);
	pb_initramfs_free(r);
	return rc;
}
