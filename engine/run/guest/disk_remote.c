/*
 * Reading the agent's list of disks. Every text of it is bounded and made printable here.
 */
#include "engine/run/guest/disk_remote.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/collectors/pcidev.h"
#include "engine/lib/csv.h"
#include "engine/lib/json.h"

#define ASK_MS 60000
#define DISKS_MAX 4096

static void copy_text(char *dst, size_t size, const json_t *disk, const char *key)
{
	snprintf(dst, size, "%s", pb_json_str(disk, key, ""));
	for (; *dst; dst++)
		if (!isprint((unsigned char)*dst))
			*dst = '?';
}

static bool same(const json_t *disk, const char *key, const char *what)
{
	const char *have = pb_json_str(disk, key, "");

	return have[0] && !strcmp(have, what);
}

static bool matches(const json_t *disk, const char *what)
{
	char bdf[32];

	if (same(disk, "serial", what) || same(disk, "path", what) || same(disk, "name", what))
		return true;
	return pb_pcidev_bdf(what, bdf, sizeof(bdf)) == 0 && same(disk, "bdf", bdf);
}

static void fill(const json_t *disk, struct pb_disk *d, char *path, size_t size)
{
	const char *bdf = pb_json_str(disk, "bdf", "");

	memset(d, 0, sizeof(*d));
	copy_text(d->block, sizeof(d->block), disk, "path");
	memmove(d->block, d->block + 5, strlen(d->block + 5) + 1); /* less its /dev/ */
	copy_text(d->model, sizeof(d->model), disk, "model");
	copy_text(d->serial, sizeof(d->serial), disk, "serial");
	copy_text(d->firmware, sizeof(d->firmware), disk, "firmware");
	d->size_bytes = pb_json_i64(disk, "size_bytes", PB_NA);
	d->logical_block_bytes = pb_json_i64(disk, "logical_block_bytes", PB_NA);
	d->readonly = json_is_true(json_object_get(disk, "readonly"));
	if (bdf[0] && !strncmp(d->block, "nvme", 4))
		snprintf(path, size, "vfio");
	else
		snprintf(path, size, "%s", !strncmp(d->block, "vd", 2) ? "virtio-blk" : "local");
}

static int fail_unknown(const json_t *disks, const char *what, struct pb_err *err)
{
	char known[400] = "", name[64], serial[64];
	const json_t *disk;
	size_t i, used = 0;

	json_array_foreach(disks, i, disk)
	{
		copy_text(name, sizeof(name), disk, "path");
		copy_text(serial, sizeof(serial), disk, "serial");
		if (used < sizeof(known))
			used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s%s%s",
						 i ? "; " : "", name, serial[0] ? " serial " : "", serial);
	}
	return pb_fail(
		err, PB_USAGE, ENODEV,
		"the guest has no disk '%s'; give a serial, /dev path or PCI address in the guest of: %s",
		what, known[0] ? known : "(no disk found)");
}

static bool well_formed(const json_t *disk)
{
	const char *path = pb_json_str(disk, "path", "");

	return !strncmp(path, "/dev/", 5) && path[5] && strlen(path) < 60 && !strstr(path, "..") &&
	       pb_json_i64(disk, "size_bytes", 0) > 0;
}

int pb_disk_remote_find(const json_t *disks, const char *what, struct pb_disk *d, char *path, size_t size,
			struct pb_err *err)
{
	const json_t *disk, *found = NULL;
	size_t i, n = 0;

	if (!what || !what[0] || strlen(what) > 255)
		return pb_fail(
			err, PB_USAGE, EINVAL,
			"no disk given; say --disk with a serial, /dev path or PCI address in the guest");
	if (!json_is_array(disks) || json_array_size(disks) > DISKS_MAX)
		return pb_fail(err, PB_MISSING, EBADMSG, "the agent's list of disks is not one");
	json_array_foreach(disks, i, disk)
	{
		if (!matches(disk, what))
			continue;
		found = disk;
		n++;
	}
	if (!n)
		return fail_unknown(disks, what, err);
	if (n > 1)
		return pb_fail(err, PB_USAGE, ENOTUNIQ,
			       "%zu disks of the guest answer to '%s'; name one by its /dev path", n, what);
	if (!well_formed(found))
		return pb_fail(err, PB_MISSING, EBADMSG, "the agent describes disk '%s' in a wrong form",
			       what);
	if (json_is_string(json_object_get(found, "in_use"))) {
		char reason[300];

		copy_text(reason, sizeof(reason), found, "in_use");
		return pb_fail(err, PB_UNSAFE, EBUSY, "in the guest: %s", reason);
	}
	fill(found, d, path, size);
	return 0;
}

int pb_disk_remote(struct pb_conn *c, const char *what, struct pb_disk *d, char *path, size_t size,
		   struct pb_err *err)
{
	json_t *reply = NULL;
	int rc = pb_conn_ask(c, "disks", NULL, ASK_MS, &reply, err);

	if (rc == 0)
		rc = pb_disk_remote_find(json_object_get(reply, "disks"), what, d, path, size, err);
	json_decref(reply);
	return rc;
}
