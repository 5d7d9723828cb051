/*
 * Looks through /proc/PID/fd, as fuser does.
 */
#include "engine/run/host/holder.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct nodes {
	char group[64], device[64]; /* "" = there is none */
};

static void find_nodes(const struct pb_root *root, const char *bdf, struct nodes *n)
{
	struct pb_strv cdevs = {0};
	char group[32];

	n->group[0] = n->device[0] = '\0';
	if (pb_root_link(root, group, sizeof(group), "/sys/bus/pci/devices/%s/iommu_group", bdf) > 0)
		snprintf(n->group, sizeof(n->group), "/dev/vfio/%s", group);
	if (pb_root_list(root, &cdevs, "/sys/bus/pci/devices/%s/vfio-dev", bdf) == 0 && cdevs.n > 0)
		snprintf(n->device, sizeof(n->device), "/dev/vfio/devices/%.40s", cdevs.v[0]);
	pb_strv_fini(&cdevs);
}

static bool has_open(const struct pb_root *root, const char *pid, const struct nodes *n)
{
	struct pb_strv fds = {0};
	char target[PATH_MAX];
	bool has = false;

	if (pb_root_list(root, &fds, "/proc/%s/fd", pid) < 0)
		return false; /* it has just ended, or it is not ours to look at */
	for (size_t i = 0; i < fds.n && !has; i++) {
		int fd = pb_root_openf(root, O_PATH | O_NOFOLLOW, "/proc/%s/fd/%s", pid, fds.v[i]);
		ssize_t len = fd < 0 ? -1 : readlinkat(fd, "", target, sizeof(target) - 1);

		if (fd >= 0)
			close(fd);
		target[len > 0 ? len : 0] = '\0';
		has = target[0] && (!strcmp(target, n->group) || !strcmp(target, n->device));
	}
	pb_strv_fini(&fds);
	return has;
}

pid_t pb_vfio_holder(const struct pb_root *root, const char *bdf, char *comm, size_t size)
{
	struct pb_strv pids = {0};
	struct nodes n;
	pid_t holder = 0;

	find_nodes(root, bdf, &n);
	if (!n.group[0] || pb_root_list(root, &pids, "/proc") < 0)
		return 0;
	for (size_t i = 0; i < pids.n && !holder; i++)
		if (pids.v[i][0] >= '1' && pids.v[i][0] <= '9' && has_open(root, pids.v[i], &n))
			holder = (pid_t)atol(pids.v[i]);
	pb_strv_fini(&pids);
	if (holder && pb_root_read(root, comm, size, "/proc/%d/comm", (int)holder) <= 0)
		snprintf(comm, size, "?");
	return holder;
}
