/*
 * Which paths a comparison visits: a table of virtio-blk modes, filtered by
 * what the profile does and by what must survive.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/run/paths.h"

/*
 * QEMU's cache modes with the ways of submitting that exist for them: aio=native needs O_DIRECT (qemu(1),
 * -drive), with the page cache only threads and io_uring are left.
 */
static const struct {
	const char *cache, *aio;
	bool for_writes; /* differs from a mode above only in what happens to writes */
	char safety; /* the most a profile may want to survive ('P' power loss, 'C' crash of the guest, 'N'
			nothing) */
} modes[] = {
	{"none", "io_uring", false, 'P'},
	{"none", "native", false, 'P'},
	{"none", "threads", false, 'P'},
	{"writeback", "threads", false, 'P'}, /* flushes reach the disk: safe for whoever flushes */
	{"directsync", "native", true, 'P'},
	{"writethrough", "threads", true, 'P'},
	{"unsafe", "threads", true, 'N'}, /* flushes are ignored */
};

bool pb_paths_wanted(const char *attach)
{
	return attach && strchr(attach, ',') && !strchr(attach, '=');
}

/* How much has to survive, as a number: N < C < P. */
static int rank(char safety)
{
	return safety == 'P' ? 2 : safety == 'C' ? 1 : 0;
}

static void add(struct pb_path_arm *a, const char *name, const char *guest, const char *attach)
{
	memset(a, 0, sizeof(*a));
	snprintf(a->name, sizeof(a->name), "%s", name);
	snprintf(a->guest, sizeof(a->guest), "%s", guest);
	snprintf(a->attach, sizeof(a->attach), "%s", attach);
}

static unsigned add_modes(struct pb_path_arm *arms, unsigned n, const char *guest,
			  const struct pb_profile *profile)
{
	char name[40], attach[96];

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]) && n < PB_PATHS_MAX; i++) {
		if (modes[i].for_writes && !profile->writes)
			continue;
		if (rank(profile->safety[0]) > rank(modes[i].safety))
			continue;
		snprintf(name, sizeof(name), "virtio-blk-%s-%s", modes[i].cache, modes[i].aio);
		snprintf(attach, sizeof(attach), "virtio-blk,cache=%s,aio=%s", modes[i].cache, modes[i].aio);
		add(&arms[n++], name, guest, attach);
	}
	return n;
}

int pb_paths_arms(struct pb_path_arm arms[PB_PATHS_MAX], const char *list, const char *guest,
		  const struct pb_profile *profile, struct pb_err *err)
{
	bool vfio = false, virtio = false;
	char copy[128], *save = NULL;
	unsigned n = 0;

	if (guest && strncmp(guest, "launch", 6) != 0)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--attach %s compares paths with guests of its own, and --guest %s is none: "
			       "say launch[:OPTIONS]",
			       list, guest);
	if ((size_t)snprintf(copy, sizeof(copy), "%s", list) >= sizeof(copy))
		return pb_fail(err, PB_USAGE, EINVAL, "--attach is too long");
	for (char *item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		if (!strcmp(item, "vfio"))
			vfio = true;
		else if (!strcmp(item, "virtio-blk"))
			virtio = true;
		else
			return pb_fail(err, PB_USAGE, EINVAL,
				       "--attach %s: '%s' is no path; a comparison knows vfio and virtio-blk",
				       list, item);
	}
	add(&arms[n++], "bare-metal", "local", "");
	if (vfio)
		add(&arms[n++], "vfio", guest ? guest : "launch", "vfio");
	if (virtio)
		n = add_modes(arms, n, guest ? guest : "launch", profile);
	return (int)n;
}
