/*
 * The checks of interlock.h. What /proc and /sys say comes first, because it
 * can name the reason; then the kernel's own answer, which is always right
 * but says only "busy"; then what is written on the disk.
 */
#include "engine/lib/interlock.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/lib/nvme_paths.h"

#define STACK_MAX 256 /* devices on one disk: far beyond real stacks, short of endless loops */

/* The disk, its partitions, and what is stacked on those: names as in /sys/class/block. */
struct stack {
	const struct pb_root *root;
	const char *disk;
	struct pb_strv names;
	struct pb_strv devs;    /* "8:1", same order */
	struct pb_strv aliases; /* device-mapper names, "" for others */
};

static void stack_fini(struct stack *s)
{
	pb_strv_fini(&s->names);
	pb_strv_fini(&s->devs);
	pb_strv_fini(&s->aliases);
}

static bool stack_has(const struct stack *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->names.n; i++)
		if (!strcmp(s->names.v[i], name))
			return true;
	return false;
}

static int stack_add(struct stack *s, const char *name)
{
	char dev[32] = "", alias[256] = "";
	int rc;

	pb_root_read(s->root, dev, sizeof(dev), "/sys/class/block/%s/dev", name);
	pb_root_read(s->root, alias, sizeof(alias), "/sys/class/block/%s/dm/name", name);
	rc = pb_strv_add(&s->names, name);
	rc = rc ? rc : pb_strv_add(&s->devs, dev);
	return rc ? rc : pb_strv_add(&s->aliases, alias);
}

/* Adds what is directly on `name`: partitions, then holders. */
static int stack_above(struct stack *s, const char *name)
{
	struct pb_strv list = {0};
	int rc = 0;
	size_t i;

	pb_root_list(s->root, &list, "/sys/class/block/%s", name);
	for (i = 0; i < list.n && !rc; i++)
		if (pb_root_exists(s->root, "/sys/class/block/%s/%s/partition", name, list.v[i]) &&
		    !stack_has(s, list.v[i]))
			rc = stack_add(s, list.v[i]);
	pb_strv_fini(&list);
	pb_root_list(s->root, &list, "/sys/class/block/%s/holders", name);
	for (i = 0; i < list.n && !rc; i++)
		if (!stack_has(s, list.v[i]))
			rc = stack_add(s, list.v[i]);
	pb_strv_fini(&list);
	return rc;
}

static int stack_build(struct stack *s)
{
	int rc = stack_add(s, s->disk);
	size_t i;

	for (i = 0; i < s->names.n && i < STACK_MAX && !rc; i++)
		rc = stack_above(s, s->names.v[i]);
	return rc;
}

/* Which device of the stack a /dev path names, or -1. */
static int stack_find_path(const struct stack *s, const char *path)
{
	size_t i;

	if (strncmp(path, "/dev/", 5))
		return -1;
	path += 5;
	for (i = 0; i < s->names.n; i++) {
		if (!strcmp(path, s->names.v[i]))
			return (int)i;
		if (s->aliases.v[i][0] && !strncmp(path, "mapper/", 7) && !strcmp(path + 7, s->aliases.v[i]))
			return (int)i;
	}
	return -1;
}

static int stack_find_dev(const struct stack *s, const char *dev)
{
	size_t i;

	for (i = 0; i < s->devs.n; i++)
		if (s->devs.v[i][0] && !strcmp(s->devs.v[i], dev))
			return (int)i;
	return -1;
}

/* "/dev/sda" or "/dev/sda1 on /dev/sda": who is busy. */
static const char *who(const struct stack *s, int i, char *buf, size_t size)
{
	if (i == 0)
		snprintf(buf, size, "/dev/%s", s->disk);
	else
		snprintf(buf, size, "/dev/%s on /dev/%s", s->names.v[i], s->disk);
	return buf;
}

/* One line of mountinfo: "36 35 98:0 / /mnt rw ... - ext4 /dev/sda1 rw". */
static int check_mount(const struct stack *s, char *line, struct pb_err *err)
{
	char dev[32], point[512], fs[64], source[512], name[600];
	char *dash = strstr(line, " - ");
	int at;

	if (!dash || sscanf(line, "%*s %*s %31s %*s %511s", dev, point) != 2 ||
	    sscanf(dash + 3, "%63s %511s", fs, source) != 2)
		return 0;
	at = stack_find_dev(s, dev);
	if (at < 0) /* btrfs shows a device number of its own */
		at = stack_find_path(s, source);
	if (at < 0)
		return 0;
	who(s, at, name, sizeof(name));
	if (!strcmp(point, "/"))
		return pb_fail(err, PB_UNSAFE, EBUSY,
			       "%s holds the root file system of this machine: choose another disk", name);
	if (!strncmp(point, "/boot", 5))
		return pb_fail(err, PB_UNSAFE, EBUSY,
			       "%s is the boot disk of this machine (mounted at %s): choose another disk",
			       name, point);
	return pb_fail(err, PB_UNSAFE, EBUSY, "%s is mounted at %s: unmount it first (umount %s)", name,
		       point, point);
}

static int check_mounts(const struct stack *s, struct pb_err *err)
{
	static const char *const procs[] = {"self", "1"};
	struct pb_buf text = {0};
	char *line, *save;
	size_t i;
	int rc = 0;

	for (i = 0; i < 2 && !rc; i++) {
		if (pb_root_slurp(s->root, &text, "/proc/%s/mountinfo", procs[i]) || !text.data)
			continue;
		for (line = strtok_r(text.data, "\n", &save); line && !rc; line = strtok_r(NULL, "\n", &save))
			rc = check_mount(s, line, err);
	}
	pb_buf_fini(&text);
	return rc;
}

static int check_swaps(const struct stack *s, struct pb_err *err)
{
	struct pb_buf text = {0};
	char path[512], name[600], *line, *save;
	int at, rc = 0;

	if (pb_root_slurp(s->root, &text, "/proc/swaps") || !text.data)
		goto out;
	for (line = strtok_r(text.data, "\n", &save); line && !rc; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%511s", path) != 1)
			continue;
		at = stack_find_path(s, path);
		if (at >= 0)
			rc = pb_fail(err, PB_UNSAFE, EBUSY,
				     "%s is swap space in use: turn it off first (swapoff %s)",
				     who(s, at, name, sizeof(name)), path);
	}
out:
	pb_buf_fini(&text);
	return rc;
}

/* root=/dev/sda2: before the root is mounted, or when it is mounted under another name. */
static int check_cmdline(const struct stack *s, struct pb_err *err)
{
	struct pb_buf text = {0};
	char name[600], *word, *save;
	int at, rc = 0;

	if (pb_root_slurp(s->root, &text, "/proc/cmdline") || !text.data)
		goto out;
	for (word = strtok_r(text.data, " \n", &save); word && !rc; word = strtok_r(NULL, " \n", &save)) {
		if (strncmp(word, "root=", 5))
			continue;
		at = stack_find_path(s, word + 5);
		if (at >= 0)
			rc = pb_fail(
				err, PB_UNSAFE, EBUSY,
				"%s is the root device on the kernel's command line: choose another disk",
				who(s, at, name, sizeof(name)));
	}
out:
	pb_buf_fini(&text);
	return rc;
}

/* Nothing above was mounted or swap, but a holder keeps the disk all the same. */
static int check_holders(const struct stack *s, struct pb_err *err)
{
	struct pb_strv list = {0};
	size_t i;
	int rc = 0;

	for (i = 0; i < s->names.n && !rc; i++) {
		pb_root_list(s->root, &list, "/sys/class/block/%s/holders", s->names.v[i]);
		if (list.n)
			rc = pb_fail(err, PB_UNSAFE, EBUSY,
				     "/dev/%s is part of /dev/%s (device mapper, LVM, MD, dm-crypt or "
				     "bcache)%s%s: "
				     "take that apart first (vgchange -an, mdadm --stop, cryptsetup close)",
				     s->names.v[i], list.v[0], i ? " and belongs to /dev/" : "",
				     i ? s->disk : "");
		pb_strv_fini(&list);
	}
	return rc;
}

/* A loop device does not claim what it is made of. */
static int check_loops(const struct stack *s, struct pb_err *err)
{
	struct pb_strv list = {0};
	char file[512], name[600];
	size_t i;
	int at, rc = 0;

	pb_root_list(s->root, &list, "/sys/class/block");
	for (i = 0; i < list.n && !rc; i++) {
		if (pb_root_read(s->root, file, sizeof(file), "/sys/class/block/%s/loop/backing_file",
				 list.v[i]) <= 0)
			continue;
		at = stack_find_path(s, file);
		if (at >= 0)
			rc = pb_fail(err, PB_UNSAFE, EBUSY,
				     "%s is behind /dev/%s: detach that first (losetup -d /dev/%s)",
				     who(s, at, name, sizeof(name)), list.v[i], list.v[i]);
	}
	pb_strv_fini(&list);
	return rc;
}

/* Kernel names have '!' where the device path has '/'. */
static void dev_path(const char *name, char *path, size_t size)
{
	char *c;

	snprintf(path, size, "/dev/%s", name);
	for (c = path; (c = strchr(c, '!'));)
		*c = '/';
}

/* The kernel's answer: nobody else gets an exclusive claim on a whole disk while it or a partition is
 * claimed. */
static int check_claim(const char *path, struct pb_err *err)
{
	int fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == EBUSY)
		return pb_fail(err, PB_UNSAFE, EBUSY,
			       "%s is held open exclusively by another process or file system: stop what "
			       "uses it (fuser -v %s shows processes)",
			       path, path);
	return pb_fail(err, PB_MISSING, errno, "cannot open %s to see whether it is in use: %s", path,
		       strerror(errno));
}

/* Whether the "," separated list has this word. */
static bool listed(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (list) {
		if (!strncmp(list, word, len) && (list[len] == ',' || !list[len]))
			return true;
		list = strchr(list, ',');
		list += list ? 1 : 0;
	}
	return false;
}

/* The first of the probe's signatures that was not named as one to overwrite, or NULL. */
static const char *unwanted(blkid_probe pr, const char *overwrite)
{
	static const char *const keys[] = {"TYPE", "PTTYPE"};
	const char *type;

	for (unsigned i = 0; i < 2; i++)
		if (!blkid_probe_lookup_value(pr, keys[i], &type, NULL) && !listed(overwrite, type))
			return type;
	return NULL;
}

/* What libblkid finds on one device. */
static int check_signature(const char *path, const char *overwrite, struct pb_err *err)
{
	const char *type = NULL;
	blkid_probe pr = blkid_new_probe_from_filename(path);
	int rc;

	if (!pr)
		return pb_fail(err, PB_MISSING, errno ? errno : EIO, "cannot look for file systems on %s",
			       path);
	blkid_probe_enable_superblocks(pr, 1);
	blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE);
	blkid_probe_enable_partitions(pr, 1);
	/* 0 found, 1 nothing, -2 several that contradict each other, else an error: only "nothing" is fine */
	rc = blkid_do_safeprobe(pr);
	if (rc == 0)
		type = unwanted(pr, overwrite);
	if (rc == 1 || (rc == 0 && !type))
		rc = 0;
	else if (rc < 0 && rc != -2)
		rc = pb_fail(err, PB_MISSING, EIO, "cannot look for file systems on %s: reading it failed",
			     path);
	else
		rc = pb_fail(err, PB_UNSAFE, EBUSY,
			     "%s is not empty: it carries %s%s; nothing was written; if that is not needed "
			     "any more, %s%s",
			     path, type ? "a signature of " : "several signatures that contradict each other",
			     type ? type : "",
			     type ? "add --overwrite-signature " : "remove them yourself (wipefs -a)",
			     type ? type : "");
	blkid_free_probe(pr);
	return rc;
}

static int check_readonly(const struct pb_root *root, const char *name, struct pb_err *err)
{
	int64_t ro = 0;

	if (pb_root_i64(root, &ro, "/sys/class/block/%s/ro", name) || !ro)
		return 0;
	return pb_fail(err, PB_UNSAFE, EROFS,
		       "/dev/%s is read-only and would be written to: choose a profile that only reads",
		       name);
}

static int check_stack(const struct stack *s, struct pb_err *err)
{
	int rc = check_mounts(s, err);

	rc = rc ? rc : check_swaps(s, err);
	rc = rc ? rc : check_cmdline(s, err);
	rc = rc ? rc : check_holders(s, err);
	return rc ? rc : check_loops(s, err);
}

static int check_live(const struct stack *s, bool will_write, const char *overwrite, struct pb_err *err)
{
	char path[300];
	size_t i;
	int rc;

	dev_path(s->disk, path, sizeof(path));
	rc = check_claim(path, err);
	for (i = 0; i < s->names.n && will_write && !rc; i++) {
		dev_path(s->names.v[i], path, sizeof(path));
		rc = check_signature(path, overwrite, err);
	}
	return rc;
}

/*
 * A hidden disk is one path of a multipath disk and has no device node: what counts is the disk in front of
 * it (nvme0c1n1 -> nvme0n1).
 */
static const char *visible_name(const struct pb_root *root, const char *name, char *buf, size_t size)
{
	int64_t hidden = 0;

	if (pb_root_i64(root, &hidden, "/sys/class/block/%s/hidden", name) || !hidden ||
	    !pb_nvme_head(name, buf, size))
		return name;
	return buf;
}

int pb_interlock_check(const struct pb_root *root, const char *block_name, bool will_write,
		       struct pb_err *err)
{
	return pb_interlock_check_over(root, block_name, will_write, NULL, err);
}

int pb_interlock_check_over(const struct pb_root *root, const char *block_name, bool will_write,
			    const char *overwrite, struct pb_err *err)
{
	struct stack s = {.root = root};
	char head[64];
	int rc;

	if (!*block_name || strchr(block_name, '/') || block_name[0] == '.' || strlen(block_name) > 64 ||
	    !pb_root_exists(root, "/sys/class/block/%s", block_name))
		return pb_fail(err, PB_USAGE, ENODEV, "there is no block device called '%.64s'", block_name);
	block_name = s.disk = visible_name(root, block_name, head, sizeof(head));
	rc = stack_build(&s);
	if (rc)
		rc = pb_fail(err, PB_MISSING, -rc, "no memory to check whether /dev/%s is in use",
			     block_name);
	rc = rc ? rc : check_stack(&s, err);
	if (!rc && will_write)
		rc = check_readonly(root, block_name, err);
	if (!rc && root->live)
		rc = check_live(&s, will_write, overwrite, err);
	stack_fini(&s);
	return rc;
}
