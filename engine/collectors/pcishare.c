/*
 * Sharing, from the paths below /sys/devices: what stands below a bridge has the bridge's address as a
 * component of its path.
 */
#include "engine/collectors/pcishare.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define CLASS_BRIDGE 0x06
#define CLASS_STORAGE 0x01

static void add(struct pb_pcishare *s, const char *bdf, int64_t base_class)
{
	size_t at = strlen(s->text), room = sizeof(s->text) - at;

	s->devices++;
	s->disks += base_class == CLASS_STORAGE;
	if (room > strlen(bdf) + sizeof(" ..."))
		snprintf(s->text + at, room, "%s%s", at ? " " : "", bdf);
	else if (at < 3 || strcmp(s->text + at - 3, "...") != 0)
		snprintf(s->text + at, room, " ...");
}

static bool is_below(const char *path, const char *bridge)
{
	char part[40];

	snprintf(part, sizeof(part), "/%s/", bridge);
	return strstr(path, part) != NULL;
}

/* Functions of one slot share its link: "0000:41:00.0" and "0000:41:00.1". */
static bool same_slot(const char *a, const char *b)
{
	const char *dot = strchr(a, '.');

	return dot && strncmp(a, b, (size_t)(dot - a) + 1) == 0;
}

static void place(const struct pb_root *root, const struct pb_pcichain *chain, struct pb_pcishare *share,
		  const char *bdf)
{
	char path[1024];
	int64_t cls;

	if (!strcmp(bdf, chain->hop[0].bdf) ||
	    pb_root_i64(root, &cls, "/sys/bus/pci/devices/%s/class", bdf) || cls >> 16 == CLASS_BRIDGE ||
	    pb_root_realpath(root, path, sizeof(path), "/sys/bus/pci/devices/%s", bdf) < 0)
		return;
	if (same_slot(chain->hop[0].bdf, bdf))
		add(&share[0], bdf, cls >> 16);
	for (size_t i = 1; i < chain->n; i++)
		if (is_below(path, chain->hop[i].bdf))
			add(&share[i], bdf, cls >> 16);
}

int pb_pcishare_find(const struct pb_root *root, const struct pb_pcichain *chain, struct pb_pcishare *share)
{
	struct pb_strv all = {0};
	int rc = pb_root_list(root, &all, "/sys/bus/pci/devices");

	memset(share, 0, chain->n * sizeof(*share));
	for (size_t i = 0; !rc && i < all.n; i++)
		place(root, chain, share, all.v[i]);
	pb_strv_fini(&all);
	return rc;
}
