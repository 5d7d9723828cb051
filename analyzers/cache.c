/*
 * Cache policy: what it means on the path that was measured, and whether the
 * attached mode fits what the workload needs. On the VFIO path there is no
 * cache of the host's and none of QEMU's knobs exists; its rules never name one.
 */
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/blkpolicy.h"
#include "analyzers/cachemode.h"
#include "analyzers/hostcache.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/workpoint.h"
#include "engine/lib/json.h"

#define FAMILY "cache"
#define MANIFEST "manifest.json"
#define VIRTIO "virtio-blk"

/* The attached disk of a virtio run with its workload; mode NULL when the manifest does not say. */
struct attached {
	const struct pb_cachemode *mode;
	const char *aio, *host_view, *guest_view, *dev;
	struct pb_workload w;
};

static void attached_read(struct attached *a, const struct pb_run *run)
{
	const json_t *attach = pb_run_section(run, "attach"),
		     *disk = json_object_get(pb_run_section(run, "guest"), "disk");

	*a = (struct attached){
		.mode = pb_cachemode_find(pb_json_str(attach, "cache", "")),
		.aio = pb_json_str(attach, "aio", ""),
		.host_view = pb_json_str(attach, "write_cache", ""),
		.guest_view = pb_json_str(disk, "write_cache", ""),
		.dev = pb_run_guest_dev(run, "vda"),
	};
	pb_workload_read(&a->w, run);
}

static bool ready(const struct attached *a)
{
	return a->mode && a->w.known;
}

static bool flushes(const struct pb_workload *w)
{
	return w->writes && strcmp(w->durability, "none") != 0;
}

static const char *direct_aio(const struct attached *a)
{
	return *a->aio && strcmp(a->aio, "threads") != 0 ? a->aio : "io_uring";
}

/* The evidence every rule about a mode rests on. */
static void say_mode(struct pb_finding *f, const struct attached *a)
{
	pb_say_fact(f, &(struct pb_fact){MANIFEST, "attach.cache", 0, 0, NAN, NAN, "", "docs/rules.md C1"},
		    "attached with mode %s: %s", a->mode->name, a->mode->means);
	pb_say_fact(f, &(struct pb_fact){MANIFEST, "profile", 0, 0, NAN, NAN, "", ""},
		    "the workload: %s, %s I/O, durability %s, safety %c", pb_workload_class(&a->w),
		    a->w.direct ? PB_N("direct") : PB_N("buffered"), a->w.durability, a->w.safety);
}

/* R-C3: flushes ignored for data that must survive. */
static int rule_unsafe(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct attached a;

	attached_read(&a, run);
	if (!ready(&a)) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "The cache mode cannot be judged");
		if (!a.mode)
			pb_say_missing(f, MANIFEST ", attach.cache: the mode the disk was attached with");
		if (!a.w.known)
			pb_say_missing(f, MANIFEST ", profile: rw, direct, writes, durability and safety");
		return 0;
	}
	if (!a.mode->no_flush || a.w.safety == 'N')
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_CRITICAL,
		   "The guest's flushes are ignored, but its data must survive");
	pb_say_what(f, "With cache=unsafe a flush returns at once and nothing is forced to the disk: a power "
		       "loss or a crash of the host "
		       "loses acknowledged writes and can destroy the file system. Its numbers are not those "
		       "of a safe setup either.");
	say_mode(f, &a);
	pb_say_nature(f, "high", "slower, because flushes are done; going back needs the owner's consent",
		      "V");
	pb_cachemode_say_switch(f, run, "none", direct_aio(&a));
	return 0;
}

/* R-C1: a host page cache under a workload that avoids caches. */
static int rule_double(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_hostcache h;
	struct pb_finding *f;
	struct pb_point p;
	struct attached a;
	const char *to;
	bool seen = false;

	attached_read(&a, run);
	/* Flushes ignored: either R-C3 has spoken, or the data is disposable and that was chosen. */
	if (!ready(&a) || a.mode->direct || !a.w.direct || a.mode->no_flush)
		return 0;
	/* A flush for every write costs more than the second cache: R-C2 says that, and removes both. */
	if (!a.mode->writeback && flushes(&a.w))
		return 0;
	/* Keep flush-per-write where it is what makes a guest that never flushes safe. */
	to = !a.mode->writeback && a.w.writes && !flushes(&a.w) && a.w.safety == 'P' ? "directsync" : "none";
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
		   "The host's page cache lies under direct I/O: attach with cache=%s", to);
	pb_say_what(f, "The workload uses O_DIRECT, so it does not want a cache; yet each of its I/Os is "
		       "copied through the host's. That costs "
		       "memory and CPU, makes p99 depend on the host's writeback, and lets reads be answered "
		       "from memory: the numbers "
		       "are then not the disk's.");
	say_mode(f, &a);
	if (pb_workpoint_top(&p, run)) {
		pb_hostcache_read(&h, run, &p);
		seen = pb_hostcache_say(f, &h, &p);
		if (isnan(h.disk_read) && isnan(h.dirty_max))
			pb_say_missing(f,
				       "host/block.csv and host/memory.csv: how much the host's memory took "
				       "part");
	}
	pb_say_nature(f, seen ? "high" : "medium",
		      "reads that the host's memory answered will take the disk's time", "V");
	pb_cachemode_say_switch(f, run, to, direct_aio(&a));
	return 0;
}

/* R-C2: every write flushed, and the workload flushes by itself. */
static int rule_sync_mode(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct attached a;

	attached_read(&a, run);
	if (!ready(&a) || a.mode->writeback || !flushes(&a.w))
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
		   "Every write is flushed although the workload flushes by itself: attach with cache=none");
	pb_say_what(f,
		    "With cache=%s each write waits for a flush of the device. A workload that flushes where "
		    "it must is as safe with cache=none "
		    "and pays for its own flushes only.%s",
		    a.mode->name,
		    a.mode->direct ? "" : PB_N(" It also spares the copy in the host's page cache."));
	say_mode(f, &a);
	pb_say_nature(f, "medium",
		      "a guest that relies on the host to flush for it would lose data on power loss: every "
		      "writer in it must flush",
		      "V");
	pb_cachemode_say_switch(f, run, "none", direct_aio(&a));
	return 0;
}

/* R-C4: the guest does not know that there is a volatile cache below it. */
static int rule_view(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct attached a;

	attached_read(&a, run);
	if (!*a.host_view || !*a.guest_view) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "Whether guest and host agree on the write cache is not known");
		pb_say_missing(f, MANIFEST ", %s",
			       *a.host_view ? "guest.disk.write_cache" : "attach.write_cache");
		return 0;
	}
	if (strcmp(a.host_view, "write back") != 0 || strcmp(a.guest_view, "write through") != 0)
		return 0;
	f = pb_say(out, rule, FAMILY, a.w.safety == 'N' ? PB_SEV_ADVICE : PB_SEV_CRITICAL,
		   "The guest does not flush: it takes the disk for write-through");
	pb_say_what(f, "The disk has a volatile cache on the host's side, but the guest's kernel sees "
		       "\"write through\" and drops every flush. "
		       "fsync returns without anything being forced to the disk.");
	pb_say_fact(f,
		    &(struct pb_fact){MANIFEST, "attach.write_cache", 0, 0, NAN, NAN, "", "docs/rules.md C4"},
		    "the host offers \"%s\"", a.host_view);
	pb_say_fact(
		f,
		&(struct pb_fact){MANIFEST, "guest.disk.write_cache", 0, 0, NAN, NAN, "", "docs/rules.md C4"},
		"the guest's kernel sees \"%s\"", a.guest_view);
	pb_say_nature(f, "high", "fsync takes its real time; going back needs the owner's consent", "L");
	pb_say_apply(f, "in the guest: echo \"write back\" > /sys/block/%s/queue/write_cache", a.dev);
	pb_say_undo(f, "in the guest: echo \"write through\" > /sys/block/%s/queue/write_cache", a.dev);
	pb_say_verify(f, "in the guest: the flush counts of /sys/block/%s/stat grow with fsync", a.dev);
	return 0;
}

/* Threads where the kernel's asynchronous interfaces work without blocking. */
static int rule_aio(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct attached a;

	attached_read(&a, run);
	if (!a.mode || !a.mode->direct || strcmp(a.aio, "threads") != 0 || pb_said(out, FAMILY))
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE, "Try aio=io_uring instead of a thread pool");
	pb_say_what(f, "On a raw block device without host page cache, native and io_uring submit without a "
		       "hand-over to a worker thread for each I/O. "
		       "That is a rule of thumb: measure both on this disk before keeping one.");
	pb_say_fact(f, &(struct pb_fact){MANIFEST, "attach.aio", 0, 0, NAN, NAN, "", "docs/rules.md C2"},
		    "attached with aio=threads, cache=%s", a.mode->name);
	pb_say_nature(
		f, "low",
		"io_uring may be barred by seccomp or kernel.io_uring_disabled: QEMU then does not start",
		"V");
	pb_cachemode_say_switch(f, run, a.mode->name, "io_uring");
	return 0;
}

/* The decision table's row for this workload, next to what is attached. */
static int rule_policy(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct attached a;
	const char *to;
	bool fits;

	attached_read(&a, run);
	if (!ready(&a))
		return 0; /* R-C3 has said what is missing */
	to = pb_cachemode_choose(&a.w);
	fits = strcmp(to, a.mode->name) == 0 || (a.mode->no_flush && a.w.safety == 'N');
	f = pb_say(out, rule, FAMILY, fits || pb_said(out, FAMILY) ? PB_SEV_INFO : PB_SEV_ADVICE,
		   fits ? PB_N("The attached mode %s is the one for %s, safety %c")
			: PB_N("Attached with %s; for %s with safety %c, %s is usual"),
		   a.mode->name, pb_workload_class(&a.w), a.w.safety, to);
	pb_say_what(f,
		    "The decision table picks a mode from what the workload does and what must survive: P a "
		    "power loss of the host, C a crash of the guest, "
		    "N nothing.%s",
		    a.w.safety == 'N' && a.w.writes
			    ? PB_N(" For disposable data cache=unsafe is faster still; it "
				   "is never recommended without consent.")
			    : "");
	say_mode(f, &a);
	pb_say_fact(f, &(struct pb_fact){MANIFEST, "profile.safety", 0, 0, NAN, NAN, "", "docs/rules.md C10"},
		    "the table's mode: %s (%s)", to, pb_cachemode_find(to)->means);
	if (!fits && f && f->severity == PB_SEV_ADVICE) {
		pb_say_nature(f, "low", "a table, not a measurement: compare both before keeping one", "V");
		pb_cachemode_say_switch(f, run, to, pb_cachemode_find(to)->direct ? direct_aio(&a) : a.aio);
	}
	return 0;
}

/* Writes that nobody flushes, on a disk whose cache forgets. */
static void say_never_flushed(const struct pb_rule *rule, struct pb_findings *out, const char *dev)
{
	struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
				      "Writes must survive a power loss, but nothing flushes them");

	pb_say_what(f, "The disk has a volatile write cache (the guest sees \"write back\") and the workload "
		       "never flushes. Acknowledged writes are lost when the "
		       "disk loses power. Either the application flushes where it must, or the disk's cache "
		       "is turned off and every write pays for it.");
	pb_say_fact(
		f,
		&(struct pb_fact){MANIFEST, "guest.disk.write_cache", 0, 0, NAN, NAN, "", "docs/rules.md C4"},
		"the guest sees \"write back\"");
	pb_say_fact(f, &(struct pb_fact){MANIFEST, "profile.durability", 0, 0, NAN, NAN, "", ""},
		    "profile: writes, durability none, safety P");
	pb_say_nature(f, "medium", "writes get slower; the feature may not survive a reset of the disk", "L");
	pb_say_apply(f, "preferred: let the application flush (fdatasync, O_DSYNC) and measure with a "
			"profile that does");
	pb_say_apply(f,
		     "in the guest: nvme get-feature /dev/%s -f 6 (keep the value), then nvme set-feature "
		     "/dev/%s -f 6 -V 0",
		     dev, dev);
	pb_say_undo(f, "in the guest: nvme set-feature /dev/%s -f 6 -V 1 (or the value that was kept)", dev);
	pb_say_verify(f,
		      "in the guest: nvme get-feature -f 6 reads 0; /sys/block/%s/queue/write_cache says "
		      "\"write through\" "
		      "after a rescan",
		      dev);
}

/* What cache policy means when the guest owns the disk. */
static int rule_vfio(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct attached a;
	bool back;

	attached_read(&a, run);
	back = strcmp(a.guest_view, "write back") == 0;
	if (back && a.w.known && a.w.writes && !flushes(&a.w) && a.w.safety == 'P')
		say_never_flushed(rule, out, a.dev);
	f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
		   "Cache policy lies in the guest: the host has no cache in this path");
	pb_say_what(
		f,
		"The guest's driver talks to the disk directly, so there is no host page cache and no "
		"cache mode of QEMU. What remains: the guest's page "
		"cache or O_DIRECT, the file system's barriers (never nobarrier), and the disk's own "
		"write cache. %s",
		back ? PB_N("That one is volatile here: a flush costs a round trip to the disk and is what "
			    "makes data durable.")
		: *a.guest_view
			? PB_N("The guest sees no volatile one, so a flush is nearly free and nothing "
			       "can be gained there.")
			: "");
	pb_say_fact(f, &(struct pb_fact){MANIFEST, "disk.path", 0, 0, NAN, NAN, "", "docs/rules.md C9"},
		    "the disk is passed through (path %s)", pb_run_path(run));
	if (*a.guest_view)
		pb_say_fact(f,
			    &(struct pb_fact){MANIFEST, "guest.disk.write_cache", 0, 0, NAN, NAN, "",
					      "docs/rules.md C4"},
			    "the guest's kernel sees \"%s\"", a.guest_view);
	else
		pb_say_missing(f, MANIFEST
			       ", guest.disk.write_cache: whether the disk has a volatile write cache");
	if (a.w.known)
		pb_say_fact(f, &(struct pb_fact){MANIFEST, "profile", 0, 0, NAN, NAN, "", ""},
			    "the workload: %s, %s I/O, durability %s, safety %c", pb_workload_class(&a.w),
			    a.w.direct ? PB_N("direct") : PB_N("buffered"), a.w.durability, a.w.safety);
	else
		pb_say_missing(f, MANIFEST ", profile: what the workload needs");
	return 0;
}

static int rule_ok(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct attached a;

	attached_read(&a, run);
	if (pb_said(out, FAMILY) || !pb_run_section(run, "disk"))
		return 0;
	if (strcmp(pb_run_path(run), VIRTIO) == 0 && !ready(&a))
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "Cache policy: no change needed");
	pb_say_what(f, "Nothing in the path's caches conflicts with what the workload needs.");
	pb_say_fact(f, &(struct pb_fact){MANIFEST, "disk.path", 0, 0, NAN, NAN, "", ""}, "path %s",
		    pb_run_path(run));
	return 0;
}

static const struct pb_rule rules[] = {
	{"cache-vfio", "what cache policy means when the guest owns the disk", "vfio", "docs/rules.md C4, C9",
	 rule_vfio},
	{"R-C3", "flushes ignored for data that must survive", VIRTIO, "docs/rules.md C1", rule_unsafe},
	{"R-C1", "host page cache under direct I/O", VIRTIO, "docs/rules.md C1", rule_double},
	{"R-C2", "every write flushed although the workload flushes", VIRTIO, "docs/rules.md C1",
	 rule_sync_mode},
	{"R-C4", "guest and host disagree on the write cache", VIRTIO, "docs/rules.md C4", rule_view},
	{"cache-aio", "thread pool where asynchronous I/O works", VIRTIO, "docs/rules.md C2", rule_aio},
	{"cache-policy", "the decision table's mode for workload and safety", VIRTIO, "docs/rules.md C10",
	 rule_policy},
	{"R-C6", "dirty memory of the host beyond a second of the disk's bandwidth", VIRTIO,
	 "docs/rules.md C5", pb_blkpolicy_dirty_rule},
	{"R-C7", "an I/O scheduler where CPU is short", "vfio,virtio-blk,local", "docs/rules.md C6",
	 pb_blkpolicy_scheduler_rule},
	{"R-C8", "reads that wait while the host writes back", VIRTIO, "docs/rules.md C6",
	 pb_blkpolicy_wbt_rule},
	{"R-C9", "one CPU completes what others submit", "vfio,virtio-blk,local", "docs/rules.md C6",
	 pb_blkpolicy_affinity_rule},
	{"cache-lacks", "rules of this family that lack a counter", "vfio,virtio-blk,local", "docs/rules.md",
	 pb_say_lacks},
	{"cache-ok", "nothing to change", "vfio,virtio-blk,local", "docs/rules.md", rule_ok},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_cache = {
	.name = FAMILY,
	.help = "cache policy: what it means on this path, and whether the attached mode fits",
	.rules = rules,
};
