/*
 * What sysfs and the names of the kernel say about paths. Which of them is
 * used for an I/O is the kernel's choice.
 */
#include "engine/lib/nvme_paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "nvme0", not "nvme0n1" or "nvme-subsys0". */
static bool is_controller(const char *name)
{
	return !strncmp(name, "nvme", 4) && name[4] && strspn(name + 4, "0123456789") == strlen(name + 4);
}

int pb_nvme_controllers(const struct pb_root *root, const char *block, struct pb_strv *names)
{
	struct pb_strv all = {0};
	char device[64];
	int rc = 0;

	if (strncmp(block, "nvme", 4) != 0)
		return 0;
	if (pb_root_link(root, device, sizeof(device), "/sys/block/%s/device", block) > 0 &&
	    is_controller(device))
		return pb_strv_add(names, device);
	rc = pb_root_list(root, &all, "/sys/block/%s/device", block);
	for (size_t i = 0; rc == 0 && i < all.n; i++)
		if (is_controller(all.v[i]))
			rc = pb_strv_add(names, all.v[i]);
	pb_strv_fini(&all);
	return rc == -ENOENT ? 0 : rc;
}

bool pb_nvme_controller(const struct pb_root *root, const char *block, char *ctrl, size_t size)
{
	struct pb_strv names = {0};
	bool found;

	pb_nvme_controllers(root, block, &names);
	found = names.n > 0;
	if (found)
		snprintf(ctrl, size, "%s", names.v[0]);
	pb_strv_fini(&names);
	return found;
}

bool pb_nvme_head(const char *path, char *head, size_t size)
{
	unsigned subsystem, controller, ns;
	int end = 0;

	if (sscanf(path, "nvme%uc%un%u%n", &subsystem, &controller, &ns, &end) != 3 || path[end])
		return false;
	snprintf(head, size, "nvme%un%u", subsystem, ns);
	return true;
}
