/*
 * Disk identity from sysfs: /sys/bus/pci/devices, /sys/block, /sys/class/nvme.
 * Knows nothing of whether the disk is in use (engine/lib/interlock.h does).
 */
#include "engine/run/host/disk.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "engine/collectors/pcidev.h"
#include "engine/lib/csv.h"
#include "engine/lib/nvme_paths.h"

/* Sysfs pads model and serial with blanks. */
static void read_trimmed(const struct pb_root *root, char *out, size_t size, const char *path)
{
	ssize_t len = pb_root_read(root, out, size, "%s", path);

	if (len < 0) {
		out[0] = '\0';
		return;
	}
	while (len > 0 && isspace((unsigned char)out[len - 1]))
		out[--len] = '\0';
}

/* The last PCI function on a device's real path, or "". */
static void pci_on_path(const struct pb_root *root, const char *path, char *bdf, size_t size)
{
	char real[PATH_MAX], *part, *save = NULL, full[32];

	bdf[0] = '\0';
	if (pb_root_realpath(root, real, sizeof(real), "%s", path) < 0)
		return;
	for (part = strtok_r(real, "/", &save); part; part = strtok_r(NULL, "/", &save))
		if (strlen(part) >= 12 && pb_pcidev_bdf(part, full, sizeof(full)) == 0)
			snprintf(bdf, size, "%s", part);
}

/* The PCI function behind a block device; a head of NVMe multipath is virtual, its controllers are not. */
static void controller_of(const struct pb_root *root, const char *block, char *bdf, size_t size)
{
	struct pb_strv names = {0};
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/block/%s", block);
	pci_on_path(root, path, bdf, size);
	if (!bdf[0])
		pb_nvme_controllers(root, block, &names);
	for (size_t i = 0; i < names.n && !bdf[0]; i++) {
		snprintf(path, sizeof(path), "/sys/block/%s/device/%s", block, names.v[i]);
		pci_on_path(root, path, bdf, size);
	}
	pb_strv_fini(&names);
}

static void identity_of_block(const struct pb_root *root, struct pb_disk *d)
{
	char path[256];
	int64_t v;

	snprintf(path, sizeof(path), "/sys/block/%s/device/model", d->block);
	read_trimmed(root, d->model, sizeof(d->model), path);
	snprintf(path, sizeof(path), "/sys/block/%s/device/serial", d->block);
	read_trimmed(root, d->serial, sizeof(d->serial), path);
	if (!d->serial[0]) {
		snprintf(path, sizeof(path), "/sys/block/%s/serial", d->block);
		read_trimmed(root, d->serial, sizeof(d->serial), path);
	}
	snprintf(path, sizeof(path), "/sys/block/%s/device/firmware_rev", d->block);
	read_trimmed(root, d->firmware, sizeof(d->firmware), path);
	if (pb_root_i64(root, &v, "/sys/block/%s/size", d->block) == 0)
		d->size_bytes = v * 512;
	if (pb_root_i64(root, &v, "/sys/block/%s/queue/logical_block_size", d->block) == 0)
		d->logical_block_bytes = v;
	d->readonly = pb_root_i64(root, &v, "/sys/block/%s/ro", d->block) == 0 && v != 0;
}

static void disk_init(struct pb_disk *d)
{
	memset(d, 0, sizeof(*d));
	d->size_bytes = PB_NA;
	d->logical_block_bytes = PB_NA;
}

static void fill_from_block(const struct pb_root *root, const char *block, struct pb_disk *d)
{
	disk_init(d);
	snprintf(d->block, sizeof(d->block), "%s", block);
	controller_of(root, block, d->bdf, sizeof(d->bdf));
	if (d->bdf[0] &&
	    pb_root_link(root, d->driver, sizeof(d->driver), "/sys/bus/pci/devices/%s/driver", d->bdf) < 0)
		d->driver[0] = '\0';
	identity_of_block(root, d);
}

/* Not disks that anybody measures: RAM disks, floppies, optical drives, empty loops, the hidden paths of a
 * multipath disk. */
static bool is_disk(const struct pb_root *root, const char *block)
{
	int64_t size = 0, hidden = 0;

	if (!strncmp(block, "ram", 3) || !strncmp(block, "fd", 2) || !strncmp(block, "sr", 2) ||
	    !strncmp(block, "zram", 4))
		return false;
	if (pb_root_i64(root, &hidden, "/sys/block/%s/hidden", block) == 0 && hidden)
		return false;
	return pb_root_i64(root, &size, "/sys/block/%s/size", block) == 0 && size > 0;
}

int pb_disk_blocks(const struct pb_root *root, const char *bdf, struct pb_strv *names)
{
	struct pb_strv all = {0};
	char at[32];
	int rc = pb_root_list(root, &all, "/sys/block");

	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		controller_of(root, all.v[i], at, sizeof(at));
		if (!strcmp(at, bdf) && is_disk(root, all.v[i]))
			rc = pb_strv_add(names, all.v[i]);
	}
	pb_strv_fini(&all);
	return rc == -ENOENT ? 0 : rc;
}

/* NVMe functions that no host block driver has (bound to vfio-pci, say). */
static int list_bare_nvme(const struct pb_root *root, struct pb_strv *lines)
{
	struct pb_strv devs = {0}, blocks = {0};
	char class[32], driver[64];
	int rc = pb_root_list(root, &devs, "/sys/bus/pci/devices");

	for (size_t i = 0; rc == 0 && i < devs.n; i++) {
		if (pb_root_read(root, class, sizeof(class), "/sys/bus/pci/devices/%s/class", devs.v[i]) <
			    0 ||
		    strncmp(class, "0x0108", 6) != 0)
			continue;
		blocks.n = 0;
		rc = pb_disk_blocks(root, devs.v[i], &blocks);
		if (rc == 0 && blocks.n == 0) {
			if (pb_root_link(root, driver, sizeof(driver), "/sys/bus/pci/devices/%s/driver",
					 devs.v[i]) < 0)
				snprintf(driver, sizeof(driver), "no driver");
			rc = pb_strv_addf(lines, "%s (%s)", devs.v[i], driver);
		}
	}
	pb_strv_fini(&blocks);
	pb_strv_fini(&devs);
	return rc == -ENOENT ? 0 : rc;
}

int pb_disk_list(const struct pb_root *root, struct pb_strv *lines)
{
	struct pb_strv all = {0};
	struct pb_disk d;
	int rc = pb_root_list(root, &all, "/sys/block");

	if (rc == -ENOENT)
		rc = 0;
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		if (!is_disk(root, all.v[i]))
			continue;
		fill_from_block(root, all.v[i], &d);
		rc = pb_strv_addf(lines, "%s%s/dev/%s%s%s", d.bdf, d.bdf[0] ? " " : "", d.block,
				  d.serial[0] ? " serial " : "", d.serial);
	}
	if (rc == 0)
		rc = list_bare_nvme(root, lines);
	pb_strv_fini(&all);
	return rc;
}

static int fail_unknown(const struct pb_root *root, const char *what, struct pb_err *err)
{
	struct pb_strv lines = {0};
	char known[480] = "";
	size_t used = 0;

	pb_disk_list(root, &lines);
	for (size_t i = 0; i < lines.n && used < sizeof(known) - 1; i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i ? "; " : "",
					 lines.v[i]);
	pb_fail(err, PB_USAGE, ENODEV,
		"no disk '%s' here; give a PCI address, /dev path, by-id name or serial of: %s", what,
		lines.n ? known : "(no disk found)");
	pb_strv_fini(&lines);
	return -ENODEV;
}

static int find_by_bdf(const struct pb_root *root, const char *bdf, struct pb_disk *d, struct pb_err *err)
{
	struct pb_strv blocks = {0};
	char class[32];
	int rc;

	if (pb_root_read(root, class, sizeof(class), "/sys/bus/pci/devices/%s/class", bdf) < 0)
		return fail_unknown(root, bdf, err);
	if (strncmp(class, "0x01", 4) != 0)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s is not a storage controller (PCI class %s); name a disk's address", bdf,
			       class);
	rc = pb_disk_blocks(root, bdf, &blocks);
	if (rc == 0 && blocks.n > 0) {
		fill_from_block(root, blocks.v[0], d);
	} else {
		disk_init(d);
		snprintf(d->bdf, sizeof(d->bdf), "%s", bdf);
		if (pb_root_link(root, d->driver, sizeof(d->driver), "/sys/bus/pci/devices/%s/driver", bdf) <
		    0)
			d->driver[0] = '\0';
	}
	pb_strv_fini(&blocks);
	return rc;
}

/* The kernel's name of a block device's node, which may have any name: without udev, /dev/mapper/X is no
 * link. */
static const char *kernel_name(const struct pb_root *root, const char *real, char *buf, size_t size)
{
	const char *name = strrchr(real, '/') ? strrchr(real, '/') + 1 : real;
	struct stat st;

	if (!pb_root_exists(root, "/sys/class/block/%s", name) &&
	    !fstatat(root->fd, real + (*real == '/'), &st, 0) && S_ISBLK(st.st_mode) &&
	    pb_root_link(root, buf, size, "/sys/dev/block/%u:%u", major(st.st_rdev), minor(st.st_rdev)) > 0)
		return buf;
	return name;
}

static int find_by_path(const struct pb_root *root, const char *path, struct pb_disk *d, struct pb_err *err)
{
	char real[PATH_MAX], own[64];
	const char *name;

	if (pb_root_realpath(root, real, sizeof(real), "%s", path) < 0)
		return fail_unknown(root, path, err);
	name = kernel_name(root, real, own, sizeof(own));
	if (pb_root_exists(root, "/sys/class/block/%s/partition", name))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s is a partition; passbench measures whole disks: name the disk", path);
	if (!pb_root_exists(root, "/sys/block/%s", name))
		return pb_fail(err, PB_USAGE, ENOTBLK,
			       "%s is not a block device; name a disk (passbench check lists them)", path);
	fill_from_block(root, name, d);
	return 0;
}

static int find_by_serial(const struct pb_root *root, const char *serial, struct pb_disk *d,
			  struct pb_err *err)
{
	struct pb_strv all = {0};
	struct pb_disk one;
	unsigned found = 0;

	pb_root_list(root, &all, "/sys/block");
	for (size_t i = 0; i < all.n; i++) {
		if (!is_disk(root, all.v[i]))
			continue;
		fill_from_block(root, all.v[i], &one);
		if (one.serial[0] && !strcmp(one.serial, serial) && found++ == 0)
			*d = one;
	}
	pb_strv_fini(&all);
	if (found > 1)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%u disks have the serial '%s'; name one by its PCI address", found, serial);
	return found ? 0 : fail_unknown(root, serial, err);
}

int pb_disk_find(const struct pb_root *root, const char *what, struct pb_disk *d, struct pb_err *err)
{
	char bdf[32], path[512];

	if (!what || !what[0] || strlen(what) > 255)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "no disk given; say --disk with a PCI address, path, by-id name or serial");
	if (pb_pcidev_bdf(what, bdf, sizeof(bdf)) == 0)
		return find_by_bdf(root, bdf, d, err);
	if (what[0] == '/')
		return find_by_path(root, what, d, err);
	snprintf(path, sizeof(path), "/dev/disk/by-id/%s", what);
	if (!strchr(what, '/') && pb_root_exists(root, "%s", path))
		return find_by_path(root, path, d, err);
	return find_by_serial(root, what, d, err);
}
