/*
 * Layers below a block device. A mapping's kind is read from its UUID, which cryptsetup, LVM and
 * multipath-tools each begin with a name of their own; its table would need an ioctl.
 */
#include "engine/collectors/blockstack.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/json.h"

#define LAYERS_MAX 64u

struct layer {
	char kind[16], detail[256];
	int64_t degraded;
};

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && strcmp(text + len - n, end) == 0;
}

/* Suffixes as lvm2 appends them to a volume's UUID for the layers that it hides. */
static const char *lvm_kind(const char *uuid)
{
	if (ends_with(uuid, "-cow"))
		return "snapshot";
	if (ends_with(uuid, "-real"))
		return "snapshot-origin";
	if (ends_with(uuid, "-tpool") || ends_with(uuid, "-tdata") || ends_with(uuid, "-tmeta") ||
	    ends_with(uuid, "-pool"))
		return "thin-pool";
	return "lvm";
}

static void read_mapping(const struct pb_root *root, const char *name, struct layer *l)
{
	char uuid[256] = "";
	const char *kind = "dm";

	pb_root_read(root, uuid, sizeof(uuid), "/sys/class/block/%s/dm/uuid", name);
	pb_root_read(root, l->detail, sizeof(l->detail), "/sys/class/block/%s/dm/name", name);
	if (!strncmp(uuid, "CRYPT-", 6))
		kind = "crypt";
	else if (!strncmp(uuid, "LVM-", 4))
		kind = lvm_kind(uuid);
	else if (!strncmp(uuid, "mpath-", 6))
		kind = "multipath";
	snprintf(l->kind, sizeof(l->kind), "%s", kind);
}

static void read_layer(const struct pb_root *root, const char *name, struct layer *l)
{
	*l = (struct layer){.kind = "disk", .degraded = PB_NA};
	if (pb_root_exists(root, "/sys/class/block/%s/partition", name)) {
		snprintf(l->kind, sizeof(l->kind), "partition");
	} else if (pb_root_exists(root, "/sys/class/block/%s/dm", name)) {
		read_mapping(root, name, l);
	} else if (pb_root_exists(root, "/sys/class/block/%s/md", name)) {
		snprintf(l->kind, sizeof(l->kind), "raid");
		pb_root_read(root, l->detail, sizeof(l->detail), "/sys/class/block/%s/md/level", name);
		if (pb_root_i64(root, &l->degraded, "/sys/class/block/%s/md/degraded", name) < 0)
			l->degraded = PB_NA;
	} else if (pb_root_exists(root, "/sys/class/block/%s/loop", name)) {
		snprintf(l->kind, sizeof(l->kind), "loop");
		pb_root_read(root, l->detail, sizeof(l->detail), "/sys/class/block/%s/loop/backing_file",
			     name);
	}
	for (char *p = l->detail; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

bool pb_blockstack_disk(const struct pb_root *root, const char *name, char *disk, size_t size)
{
	char real[512], *slash;

	if (!pb_root_exists(root, "/sys/class/block/%s/partition", name) ||
	    pb_root_realpath(root, real, sizeof(real), "/sys/class/block/%s", name) < 0)
		return false;
	slash = strrchr(real, '/');
	if (!slash)
		return false;
	*slash = '\0';
	slash = strrchr(real, '/');
	if (slash)
		snprintf(disk, size, "%s", slash + 1);
	return slash != NULL;
}

static bool is_listed(const json_t *stack, const char *name)
{
	const json_t *l;
	size_t i;

	json_array_foreach((json_t *)stack, i,
			   l) if (strcmp(pb_json_str(l, "name", ""), name) == 0) return true;
	return false;
}

static int add_layer(json_t *stack, const struct pb_root *root, const char *name)
{
	struct layer l;
	json_t *j;

	if (json_array_size(stack) >= LAYERS_MAX || is_listed(stack, name))
		return 0;
	read_layer(root, name, &l);
	j = json_pack("{s:s,s:o}", "kind", l.kind, "degraded",
		      l.degraded == PB_NA ? json_null() : json_integer(l.degraded));
	if (!j)
		return -ENOMEM;
	pb_json_set_str(j, "name", name);
	pb_json_set_str(j, "detail", l.detail[0] ? l.detail : NULL);
	return json_array_append_new(stack, j) ? -ENOMEM : 0;
}

/* LVM: a volume that stands on a thin pool is thin. Its own UUID does not say so. */
static void mark_thin(json_t *stack, size_t above, const char *below_kind)
{
	json_t *l = json_array_get(stack, above);

	if (!strcmp(below_kind, "thin-pool") && !strcmp(pb_json_str(l, "kind", ""), "lvm"))
		pb_json_set_str(l, "kind", "thin");
}

static int add_below(json_t *stack, size_t at, const struct pb_root *root)
{
	const char *name = pb_json_str(json_array_get(stack, at), "name", "");
	struct pb_strv below = {0};
	char disk[64];
	int rc = 0;

	pb_root_list(root, &below, "/sys/class/block/%s/slaves", name);
	if (pb_blockstack_disk(root, name, disk, sizeof(disk)))
		pb_strv_add(&below, disk);
	for (size_t i = 0; i < below.n && rc == 0; i++) {
		size_t before = json_array_size(stack);

		rc = add_layer(stack, root, below.v[i]);
		if (rc == 0 && json_array_size(stack) > before)
			mark_thin(stack, at, pb_json_str(json_array_get(stack, before), "kind", ""));
	}
	pb_strv_fini(&below);
	return rc;
}

int pb_blockstack_read(const struct pb_root *root, const char *block, json_t **out)
{
	json_t *stack;
	int rc;

	if (!block[0] || strchr(block, '/') || !pb_root_exists(root, "/sys/class/block/%s", block))
		return -ENODEV;
	stack = json_array();
	rc = stack ? add_layer(stack, root, block) : -ENOMEM;
	for (size_t at = 0; rc == 0 && at < json_array_size(stack); at++)
		rc = add_below(stack, at, root);
	if (rc < 0) {
		json_decref(stack);
		return rc;
	}
	*out = stack;
	return 0;
}
