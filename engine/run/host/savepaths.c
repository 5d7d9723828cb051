/*
 * Tables of paths, and a walk that never follows a link: what a link in a class folder points to is walked as
 * the real folder it is, a few levels deep.
 */
#include "engine/run/host/savepaths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Single files, and folders of which only the name matters. */
static const char *const single[] = {
	"/proc/cmdline",
	"/proc/cpuinfo",
	"/proc/devices",
	"/proc/diskstats",
	"/proc/interrupts",
	"/proc/loadavg",
	"/proc/mdstat",
	"/proc/meminfo",
	"/proc/modules",
	"/proc/softirqs",
	"/proc/stat",
	"/proc/swaps",
	"/proc/uptime",
	"/proc/version",
	"/proc/vmstat",
	"/proc/1/mountinfo",
	"/proc/self/mountinfo",
	"/proc/sys/kernel/io_uring_disabled",
	"/proc/sys/kernel/nmi_watchdog",
	"/proc/sys/kernel/numa_balancing",
	"/proc/sys/kernel/osrelease",
	"/proc/sys/kernel/perf_event_paranoid",
	"/proc/sys/kernel/random/boot_id",
	"/proc/sys/kernel/sched_rt_runtime_us",
	"/proc/sys/kernel/tainted",
	"/proc/sys/kernel/timer_migration",
	"/proc/sys/kernel/version",
	"/proc/sys/kernel/watchdog",
	"/dev/kvm",
	"/etc/tuned/active_profile",
	"/sys/class/dmi",
	"/sys/kernel/security/lockdown",
};

/* Folders, and how many levels of folders in them. */
static const struct tree {
	const char *path;
	int depth;
} trees[] = {
	{"/proc/irq", 1},
	{"/proc/pressure", 0},
	{"/proc/sys/vm", 0},
	{"/sys/bus/pci/drivers", 0},
	{"/sys/devices/system/clocksource", 1},
	{"/sys/devices/system/cpu", 3},
	{"/sys/devices/system/node", 3},
	{"/sys/kernel/iommu_groups", 2},
	{"/sys/kernel/irq", 1},
	{"/sys/kernel/mm", 2},
	{"/sys/module/intel_idle/parameters", 0},
	{"/sys/module/kvm/parameters", 0},
	{"/sys/module/kvm_amd/parameters", 0},
	{"/sys/module/kvm_intel/parameters", 0},
	{"/sys/module/nvme/parameters", 0},
	{"/sys/module/nvme_core/parameters", 0},
	{"/sys/module/pcie_aspm/parameters", 0},
	{"/sys/module/processor/parameters", 0},
	{"/sys/module/vfio/parameters", 0},
	{"/sys/module/vfio_iommu_type1/parameters", 0},
	{"/sys/module/vfio_pci/parameters", 0},
};

/* Folders of links to devices; of each device so many levels. */
static const struct tree linked[] = {
	{"/sys/block", 2},
	{"/sys/bus/event_source/devices", 1},
	{"/sys/bus/pci/devices", 1},
	{"/sys/class/block", 1},
	{"/sys/class/dmi", 0},
	{"/sys/class/hwmon", 0},
	{"/sys/class/iommu", 1},
	{"/sys/class/nvme", 0},
	{"/sys/class/nvme-subsystem", 0},
	{"/sys/class/powercap", 0},
	{"/sys/class/ptp", 0},
	{"/sys/class/thermal", 0},
};

/* Processes whose presence counts; of others not even the name is taken. */
static const char *const daemons[] = {"irqbalance", "tuned"};

struct walk {
	const struct pb_root *root;
	struct pb_strv *paths;
	bool cut;
};

/*
 * Not to be opened, whatever the mode says: `resourceN` is the device's memory, `vpd` can hang a device, and
 * the rest acts when touched, or is long and read by nobody.
 */
static bool never(const char *name)
{
	static const char *const names[] = {"rom",     "vpd", "remove", "rescan", "reset", "trace",
					    "runtime", "net", "drm",    "sound",  "uevent"};

	if (!strncmp(name, "resource", 8) && name[8])
		return true;
	if (!strncmp(name, "crash_notes", 11) || !strncmp(name, "usb", 3))
		return true;
	if (!strncmp(name, "memory", 6) && name[6] >= '0' && name[6] <= '9')
		return true; /* a node's memory blocks: thousands */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static int add(struct walk *w, const char *path)
{
	if (w->paths->n >= PB_SAVEPATHS_MAX) {
		w->cut = true;
		return 0;
	}
	return pb_strv_add(w->paths, path);
}

static int walk_dir(struct walk *w, const char *path, int depth);

static int walk_entry(struct walk *w, const char *path, int depth)
{
	struct stat st;
	int rc;

	if (fstatat(w->root->fd, path + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISDIR(st.st_mode)) {
		rc = add(w, path); /* an empty folder is a fact, too */
		return rc || depth <= 0 ? rc : walk_dir(w, path, depth - 1);
	}
	if (S_ISLNK(st.st_mode) || (S_ISREG(st.st_mode) && (st.st_mode & 0444)))
		return add(w, path);
	return 0;
}

static int walk_dir(struct walk *w, const char *path, int depth)
{
	struct pb_strv names = {0};
	char sub[PATH_MAX];
	int rc = pb_root_list(w->root, &names, "%s", path);

	for (size_t i = 0; !rc && !w->cut && i < names.n; i++)
		if (!never(names.v[i]) &&
		    (size_t)snprintf(sub, sizeof(sub), "%s/%s", path, names.v[i]) < sizeof(sub))
			rc = walk_entry(w, sub, depth);
	pb_strv_fini(&names);
	return rc == -ENOMEM ? rc : 0; /* a folder that is not there or may not be read is left out */
}

static int walk_target(struct walk *w, const char *link, int depth)
{
	char real[PATH_MAX];

	if (pb_root_realpath(w->root, real, sizeof(real), "%s", link) <= 0 || strncmp(real, "/sys/", 5))
		return 0;
	return walk_dir(w, real, depth);
}

static int walk_linked(struct walk *w, const struct tree *t)
{
	struct pb_strv names = {0};
	char path[PATH_MAX];
	int rc = pb_root_list(w->root, &names, "%s", t->path);

	if (!rc)
		rc = add(w, t->path);
	for (size_t i = 0; !rc && !w->cut && i < names.n; i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", t->path, names.v[i]) >= sizeof(path))
			continue;
		rc = walk_entry(w, path, 0);
		rc = rc ? rc : walk_target(w, path, t->depth);
		/* model and firmware of SCSI disks stand beside, not above */
		strncat(path, "/device", sizeof(path) - strlen(path) - 1);
		rc = rc ? rc : walk_target(w, path, 0);
	}
	pb_strv_fini(&names);
	return rc == -ENOMEM ? rc : 0;
}

static int add_daemons(struct walk *w)
{
	struct pb_strv pids = {0};
	char comm[32], path[64];
	int rc = 0;

	pb_root_list(w->root, &pids, "/proc");
	for (size_t i = 0; !rc && i < pids.n; i++) {
		if (pids.v[i][0] < '0' || pids.v[i][0] > '9' ||
		    pb_root_read(w->root, comm, sizeof(comm), "/proc/%s/comm", pids.v[i]) <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/comm", pids.v[i]);
		for (size_t k = 0; !rc && k < sizeof(daemons) / sizeof(daemons[0]); k++)
			if (!strcmp(comm, daemons[k]))
				rc = add(w, path);
	}
	pb_strv_fini(&pids);
	return rc;
}

static int add_modules_dir(struct walk *w)
{
	char release[256], path[300];

	if (pb_root_read(w->root, release, sizeof(release), "/proc/sys/kernel/osrelease") <= 0 ||
	    strchr(release, '/'))
		return 0;
	snprintf(path, sizeof(path), "/lib/modules/%s", release);
	return pb_root_exists(w->root, "%s", path) ? add(w, path) : 0;
}

static void unique(struct pb_strv *s)
{
	size_t kept = 0;

	pb_strv_sort(s);
	for (size_t i = 0; i < s->n; i++) {
		if (kept && !strcmp(s->v[kept - 1], s->v[i]))
			free(s->v[i]);
		else
			s->v[kept++] = s->v[i];
	}
	s->n = kept;
}

int pb_savepaths_list(const struct pb_root *root, struct pb_strv *paths, bool *cut)
{
	struct walk w = {.root = root, .paths = paths};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(single) / sizeof(single[0]); i++)
		if (pb_root_exists(root, "%s", single[i]))
			rc = add(&w, single[i]);
	rc = rc ? rc : add_daemons(&w);
	rc = rc ? rc : add_modules_dir(&w);
	for (size_t i = 0; !rc && i < sizeof(trees) / sizeof(trees[0]); i++)
		if (pb_root_exists(root, "%s", trees[i].path))
			rc = walk_entry(&w, trees[i].path, trees[i].depth + 1);
	for (size_t i = 0; !rc && i < sizeof(linked) / sizeof(linked[0]); i++)
		rc = walk_linked(&w, &linked[i]);
	if (!rc)
		unique(paths);
	*cut = w.cut;
	return rc;
}
