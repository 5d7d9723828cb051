/*
 * Reading /sys/block. Attributes that a kind of disk does not have are null or
 * empty, never guessed.
 */
#include "engine/agent/disks.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/interlock.h"
#include "engine/lib/json.h"
#include "engine/lib/nvme_paths.h"

/* Removes the padding of fixed-width identity strings and whatever is not printable. */
static void tidy(char *text)
{
	size_t skip = strspn(text, " \t"), len;
	char *c;

	memmove(text, text + skip, strlen(text + skip) + 1);
	for (len = strlen(text); len && text[len - 1] == ' '; len--)
		text[len - 1] = '\0';
	for (c = text; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
}

/* Sets key to the attribute's text, or to "" when there is none. */
static void put_text(json_t *disk, const char *key, const struct pb_root *root, const char *path)
{
	char text[256] = "";

	pb_root_read(root, text, sizeof(text), "%s", path);
	tidy(text);
	json_object_set_new(disk, key, json_string(text));
}

static void put_number(json_t *disk, const char *key, const struct pb_root *root, const char *path)
{
	int64_t v;

	if (pb_root_i64(root, &v, "%s", path))
		json_object_set_new(disk, key, json_null());
	else
		json_object_set_new(disk, key, json_integer(v));
}

static bool is_bdf(const char *s, size_t len)
{
	static const char form[] = "xxxx:xx:xx.x";
	size_t i;

	if (len != sizeof(form) - 1)
		return false;
	for (i = 0; i < len; i++)
		if (form[i] == 'x' ? !isxdigit((unsigned char)s[i]) : s[i] != form[i])
			return false;
	return true;
}

/* The PCI function nearest to the disk: the last component of its device path that is an address. */
static void put_bdf(json_t *disk, const struct pb_root *root, const char *device)
{
	char path[1024], *at = path, bdf[16] = "";

	if (pb_root_realpath(root, path, sizeof(path), "%s", device) < 0)
		path[0] = '\0';
	while (*at) {
		size_t len = strcspn(at, "/");

		if (is_bdf(at, len))
			snprintf(bdf, sizeof(bdf), "%.*s", (int)len, at);
		at += len + (at[len] == '/');
	}
	json_object_set_new(disk, "bdf", *bdf ? json_string(bdf) : json_null());
}

/* SCSI disks (virtio-scsi too) have their serial in VPD page 0x80: 4 bytes of header, then text. */
static void put_scsi_serial(json_t *disk, const struct pb_root *root, const char *name)
{
	struct pb_buf page = {0};
	char text[256] = "";

	if (!pb_root_slurp(root, &page, "/sys/block/%s/device/vpd_pg80", name) && page.len > 4)
		snprintf(text, sizeof(text), "%.*s", (int)(page.len - 4), page.data + 4);
	pb_buf_fini(&page);
	tidy(text);
	json_object_set_new(disk, "serial", json_string(text));
}

static void put_identity(json_t *disk, const struct pb_root *root, const char *name)
{
	char base[300], path[400], ctrl[64];
	const char *firmware = "rev";

	if (pb_nvme_controller(root, name, ctrl, sizeof(ctrl))) {
		snprintf(base, sizeof(base), "/sys/class/nvme/%s", ctrl);
		firmware = "firmware_rev";
	} else {
		snprintf(base, sizeof(base), "/sys/block/%s/device", name);
	}
	put_bdf(disk, root, base);
	snprintf(path, sizeof(path), "%s/model", base);
	put_text(disk, "model", root, path);
	snprintf(path, sizeof(path), "%s/%s", base, firmware);
	put_text(disk, "firmware", root, path);
	if (!strncmp(name, "sd", 2)) {
		put_scsi_serial(disk, root, name);
		return;
	}
	snprintf(path, sizeof(path), !strncmp(name, "nvme", 4) ? "%s/serial" : "/sys/block/%s/serial",
		 !strncmp(name, "nvme", 4) ? base : name);
	put_text(disk, "serial", root, path);
}

void pb_disks_queue_owner(const struct pb_root *root, const char *name, char *path, size_t size)
{
	struct pb_strv names = {0};
	bool found = false;
	char head[64];
	size_t i;

	snprintf(path, size, "%s", name);
	if (strncmp(name, "nvme", 4) != 0 || pb_root_exists(root, "/sys/block/%s/mq", name))
		return;
	pb_root_list(root, &names, "/sys/block");
	for (i = 0; i < names.n && !found; i++) {
		found = pb_nvme_head(names.v[i], head, sizeof(head)) && !strcmp(head, name);
		if (found)
			snprintf(path, size, "%s", names.v[i]);
	}
	pb_strv_fini(&names);
}

/* "none [mq-deadline]" -> "mq-deadline" */
static void put_scheduler(json_t *disk, const struct pb_root *root, const char *name)
{
	char text[256] = "", *open, *close;

	pb_root_read(root, text, sizeof(text), "/sys/block/%s/queue/scheduler", name);
	open = strchr(text, '[');
	close = open ? strchr(open, ']') : NULL;
	if (close) {
		*close = '\0';
		memmove(text, open + 1, strlen(open + 1) + 1);
	}
	tidy(text);
	json_object_set_new(disk, "scheduler", *text ? json_string(text) : json_null());
}

static void put_queue(json_t *disk, const struct pb_root *root, const char *name)
{
	struct pb_strv queues = {0};
	char path[400], text[64] = "";
	int64_t v = 0;

	snprintf(path, sizeof(path), "/sys/block/%s/queue/logical_block_size", name);
	put_number(disk, "logical_block_bytes", root, path);
	snprintf(path, sizeof(path), "/sys/block/%s/queue/nr_requests", name);
	put_number(disk, "nr_requests", root, path);
	pb_root_list(root, &queues, "/sys/block/%s/mq", name);
	json_object_set_new(disk, "queues", queues.n ? json_integer((json_int_t)queues.n) : json_null());
	pb_strv_fini(&queues);
	pb_root_read(root, text, sizeof(text), "/sys/block/%s/queue/write_cache", name);
	json_object_set_new(disk, "write_cache", *text ? json_string(text) : json_null());
	json_object_set_new(disk, "fua",
			    pb_root_i64(root, &v, "/sys/block/%s/queue/fua", name) ? json_null()
										   : json_boolean(v));
	put_scheduler(disk, root, name);
}

/* Not what anyone passes through: memory disks, removable media, and the paths behind a multipath disk. */
static bool is_left_out(const struct pb_root *root, const char *name)
{
	int64_t hidden = 0;

	if (!strncmp(name, "ram", 3) || !strncmp(name, "zram", 4) || !strncmp(name, "fd", 2) ||
	    !strncmp(name, "sr", 2))
		return true;
	pb_root_i64(root, &hidden, "/sys/block/%s/hidden", name);
	return hidden != 0;
}

static json_t *describe(const struct pb_root *root, const char *name, int64_t sectors)
{
	struct pb_err why = PB_ERR_INIT;
	json_t *disk = json_object();
	char path[300], owner[64], *c;
	int64_t ro = 0;

	if (!disk)
		return NULL;
	snprintf(path, sizeof(path), "/dev/%s", name);
	for (c = path; (c = strchr(c, '!'));)
		*c = '/';
	json_object_set_new(disk, "name", json_string(name));
	json_object_set_new(disk, "path", json_string(path));
	json_object_set_new(disk, "size_bytes", json_integer(sectors * 512)); /* always 512 in /sys/block */
	pb_root_i64(root, &ro, "/sys/block/%s/ro", name);
	json_object_set_new(disk, "readonly", json_boolean(ro));
	put_identity(disk, root, name);
	pb_disks_queue_owner(root, name, owner, sizeof(owner));
	put_queue(disk, root, owner);
	pb_interlock_check(root, name, false, &why);
	json_object_set_new(disk, "in_use", *why.msg ? json_string(why.msg) : json_null());
	return disk;
}

json_t *pb_disks_list(const struct pb_root *root)
{
	json_t *list = json_array();
	struct pb_strv names = {0};
	int64_t sectors;
	size_t i;

	pb_root_list(root, &names, "/sys/block");
	for (i = 0; i < names.n && list; i++) {
		const char *name = names.v[i];

		if (is_left_out(root, name))
			continue;
		if (pb_root_i64(root, &sectors, "/sys/block/%s/size", name) || sectors <= 0)
			continue; /* a loop device with nothing behind it */
		if (json_array_append_new(list, describe(root, name, sectors))) {
			json_decref(list);
			list = NULL;
		}
	}
	pb_strv_fini(&names);
	return list;
}

static bool matches(const json_t *disk, const char *key, const json_t *wanted)
{
	const char *text = json_string_value(wanted);

	return text && *text && !strcmp(pb_json_str(disk, key, ""), text);
}

int pb_disks_find(const struct pb_root *root, const json_t *selector, json_t **disk, struct pb_err *err)
{
	static const char *const keys[] = {"serial", "bdf", "path"};
	const char *key = NULL, *value = "";
	json_t *list, *d, *found = NULL;
	size_t i, n = 0;

	for (i = 0; i < 3 && !key; i++)
		if (json_is_string(json_object_get(selector, keys[i])))
			key = keys[i];
	if (!key)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "the request does not say which disk: serial, bdf or path");
	value = pb_json_str(selector, key, "");
	list = pb_disks_list(root);
	if (!list)
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory to list the disks");
	json_array_foreach(list, i, d)
	{
		if (!matches(d, key, json_object_get(selector, key)))
			continue;
		found = d;
		n++;
	}
	if (n == 1)
		*disk = json_incref(found);
	json_decref(list);
	if (n == 1)
		return 0;
	if (n)
		return pb_fail(err, PB_USAGE, ENOTUNIQ, "%zu disks here have the %s %.100s", n, key, value);
	return pb_fail(err, PB_USAGE, ENODEV, "no disk here has the %s %.100s", key, value);
}
