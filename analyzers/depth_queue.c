/*
 * Queues that hold too few I/Os, are too few, or whose completions take too long to be noticed. Which depth
 * to run at is depth.c's business.
 */
#include "analyzers/depth_queue.h"

#include <string.h>

#include "analyzers/pathset.h"
#include "analyzers/qlimit.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "engine/lib/json.h"

#define FAMILY PB_DEPTH_FAMILY
#define STEPS "steps.csv"
#define QUEUES PB_N("manifest.json, guest.disk.nr_requests and queues")

/* QEMU refuses larger virtqueues: VIRTQUEUE_MAX_SIZE (include/hw/virtio/virtio.h) */
#define VQ_MAX 1024
/* docs/rules.md R-Q6: one queue with more than half of the load */
#define BUSIEST 0.5
/* docs/rules.md R-Q7 */
#define SHALLOW 2
#define WAKE_SHARE 0.15
/* [ours] a vCPU that is idle for less than this share has no time to poll */
#define SPARE 0.5

static void say_lacking(const struct pb_rule *rule, struct pb_findings *out, const char *title,
			const char *what)
{
	struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "%s", title);

	pb_say_missing(f, "%s", what);
}

static void say_hit(struct pb_finding *f, const struct pb_qlimit *q)
{
	pb_say_what(f,
		    "Throughput grew until the queues were full and stands still from there on: I/Os beyond "
		    "%lld wait in the submitter for a free place, not in the disk.",
		    (long long)q->limit);
	pb_say_fact(f,
		    &(struct pb_fact){STEPS, "mean_depth", q->at->t0_ns, q->at->t1_ns, q->at->mean_depth,
				      PB_QLIMIT_SHARE * (double)q->limit, "I/Os", "docs/rules.md A4"},
		    "%.1f I/Os in flight at depth %lld; %lld queue(s) in use take %lld each",
		    q->at->mean_depth, (long long)q->at->depth, (long long)q->used,
		    (long long)q->nr_requests);
	if (!q->used_known) {
		pb_say_missing(f, "the guest's interrupts.csv: how many of the queues are in use");
		pb_say_nature(f, "low", NULL, NULL);
	}
}

/* True when there is a limit to look at; otherwise says why not. */
static bool have_limit(struct pb_qlimit *q, struct pb_run *run, const struct pb_rule *rule,
		       struct pb_findings *out, struct pb_sweep *s)
{
	pb_sweep_read(s, run);
	pb_sweep_valid(s);
	if (s->n == 0)
		return false; /* validity has spoken */
	pb_qlimit_read(q, run, s);
	if (q->limit > 0)
		return true;
	say_lacking(rule, out, PB_N("What the disk's queues take is not known"), QUEUES);
	return false;
}

/* Where the disk's queue is, and a depth beyond the limit, where alone the change can show. */
static json_t *requests_params(const struct pb_run *run, const struct pb_qlimit *q, const struct pb_sweep *s)
{
	const char *block = pb_json_str(pb_run_section(run, "disk"), "block", "");
	int64_t deepest = s->p[s->n - 1].depth;
	char path[128], value[24];
	json_t *j;

	snprintf(value, sizeof(value), "%lld", (long long)(2 * q->nr_requests));
	block += strncmp(block, "/dev/", 5) == 0 ? 5 : 0;
	snprintf(path, sizeof(path), "/sys/block/%.80s/queue/nr_requests", block);
	if (strcmp(pb_run_path(run), "local") == 0)
		j = json_pack("{s:s,s:s,s:s}", "kind", "setting", "path", path, "value", value);
	else
		j = json_pack("{s:s,s:s,s:s}", "kind", "guest-setting", "key", "nr_requests", "value", value);
	json_object_set_new(j, "at_depth", json_integer(deepest > q->at->depth ? deepest : 2 * q->limit));
	return j;
}

int pb_rule_nr_requests(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const char *dev = pb_run_guest_dev(run, "nvme0n1");
	struct pb_finding *f;
	struct pb_qlimit q;
	struct pb_sweep s;

	if (!have_limit(&q, run, rule, out, &s) || !q.hit)
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE, "The disk's queues in the guest are full at %lld I/Os",
		   (long long)q.limit);
	pb_say_nature(f, q.used_known ? "high" : NULL,
		      "none: a value above what the driver has places for is refused or cut", "L");
	say_hit(f, &q);
	pb_say_apply(f, "in the guest: echo %lld > /sys/block/%s/queue/nr_requests",
		     (long long)(2 * q.nr_requests), dev);
	pb_say_apply(f,
		     "when that is refused, the driver has no more places: nvme.io_queue_depth=1024 on the "
		     "guest's kernel command line, for an NVMe disk");
	pb_say_undo(f, "in the guest: echo %lld > /sys/block/%s/queue/nr_requests", (long long)q.nr_requests,
		    dev);
	pb_say_verify(
		f,
		"cat /sys/block/%s/queue/nr_requests, then the same depths again: more in flight, more IOPS",
		dev);
	if (f)
		f->params = requests_params(run, &q, &s);
	return 0;
}

int pb_rule_queue_size(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	int64_t larger;
	struct pb_finding *f;
	struct pb_qlimit q;
	struct pb_sweep s;

	if (!have_limit(&q, run, rule, out, &s))
		return 0;
	larger = 2 * q.nr_requests;
	if (!q.hit || larger > VQ_MAX)
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE, "The virtqueues are full at %lld I/Os",
		   (long long)q.limit);
	pb_say_nature(f, q.used_known ? "high" : NULL,
		      "random I/O can get slower with larger queues: measure both", "V");
	say_hit(f, &q);
	pb_say_apply(f, "libvirt, in the disk's XML, then restart the domain: <driver queue_size='%lld'/>",
		     (long long)larger);
	pb_say_apply(f, "QEMU: -device virtio-blk-pci,queue-size=%lld", (long long)larger);
	pb_say_undo(f, "libvirt: the former XML; QEMU: queue-size=%lld", (long long)q.nr_requests);
	pb_say_verify(f, "in the guest: cat /sys/block/%s/queue/nr_requests", pb_run_guest_dev(run, "vda"));
	return 0;
}

int pb_rule_queue_count(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	int64_t vcpus = pb_json_i64(pb_run_section(run, "guest"), "vcpus", PB_NA);
	struct pb_finding *f;
	struct pb_qlimit q;
	struct pb_sweep s;

	if (!have_limit(&q, run, rule, out, &s))
		return 0;
	if (q.queues == PB_NA || vcpus == PB_NA || isnan(q.busiest)) {
		say_lacking(
			rule, out, PB_N("How the virtqueues share the load is not known"),
			PB_N("manifest.json, guest.vcpus and guest.disk.queues; the guest's interrupts.csv"));
		return 0;
	}
	if (q.queues >= vcpus || q.busiest <= BUSIEST)
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
		   "%lld virtqueues for %lld vCPUs, and one takes %.0f%% of the load", (long long)q.queues,
		   (long long)vcpus, 100 * q.busiest);
	pb_say_nature(f, "medium", "none but the guest's restart", "V");
	pb_say_what(f,
		    "vCPUs that share a queue share its lock and its interrupt: completions of all go to one "
		    "CPU. QEMU's own default is a queue for each vCPU.");
	pb_say_fact(f,
		    &(struct pb_fact){"manifest.json", "guest.disk.queues", 0, 0, (double)q.queues,
				      (double)vcpus, "queues", "docs/rules.md A4, R-Q6"},
		    "the busiest of %lld queues raises %.0f%% of the disk's interrupts", (long long)q.queues,
		    100 * q.busiest);
	pb_say_apply(f, "libvirt, in the disk's XML, then restart the domain: <driver queues='%lld'/>",
		     (long long)vcpus);
	pb_say_apply(f, "QEMU: -device virtio-blk-pci,num-queues=%lld", (long long)vcpus);
	pb_say_undo(f, "libvirt: the former XML; QEMU: num-queues=%lld", (long long)q.queues);
	pb_say_verify(f, "in the guest: ls /sys/block/%s/mq | wc -l", pb_run_guest_dev(run, "vda"));
	return 0;
}

/* p50 of the host's own driver and of VFIO at the shallowest compared depth; false without such visits. */
static bool bare_metal(struct pb_run *run, double *bare, double *vfio, unsigned *depth)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_pathset set;
	int ret = pb_pathset_read(&set, run, PB_PATHSET_PATHS, &err);

	*bare = *vfio = NAN;
	if (ret < 0) {
		pb_run_damaged(run, ret, &err);
		return false;
	}
	for (unsigned i = 0; i < set.n && set.n_depths > 0; i++) {
		double p50 = pb_pathset_median(&set, i, 0, PB_PATH_P50);

		*depth = set.depth[0];
		if (i == 0)
			*bare = p50;
		else if (set.arm[i].attach && strcmp(set.arm[i].attach, "vfio") == 0)
			*vfio = p50;
	}
	pb_pathset_fini(&set);
	return *bare > 0 && *vfio > 0;
}

/* Share of its time that the least busy vCPU of the guest is idle; NAN = unknown. */
static double spare_vcpu(struct pb_run *run, const struct pb_point *p)
{
	char file[300];
	const struct pb_table *t = pb_run_table(run, pb_run_guest_file(run, file, sizeof(file), "cpu.csv"));
	struct pb_strv cpus = {0};
	double most = NAN;

	pb_distinct(t, "cpu", NULL, &cpus);
	for (size_t i = 0; i < cpus.n; i++) {
		const struct pb_match m[] = {{"cpu", cpus.v[i]}, {NULL, NULL}};

		most = fmax(most, (pb_rate(t, "idle_ns", m, p->t0_ns, p->t1_ns) +
				   pb_rate(t, "iowait_ns", m, p->t0_ns, p->t1_ns)) /
					  1e9);
	}
	pb_strv_fini(&cpus);
	return most;
}

static void say_polling(struct pb_finding *f, double bare, double vfio, double idle, unsigned depth)
{
	pb_say_nature(f, "medium", "a polling vCPU is always busy; the guest's other work has one less", "G");
	pb_say_what(
		f, "At so few I/Os in flight every completion wakes a sleeping vCPU. Polling sees it without "
		   "interrupt and wake-up, and costs a vCPU.");
	pb_say_fact(f,
		    &(struct pb_fact){"paths/paths.json", "lat_p50", 0, 0, 1 - bare / vfio, WAKE_SHARE,
				      "share", "docs/rules.md R-Q7"},
		    "p50 at depth %u: %.1f us in the guest, %.1f us with the host's own driver", depth,
		    vfio / 1e3, bare / 1e3);
	pb_say_fact(f,
		    &(struct pb_fact){"guest cpu.csv", "idle_ns", 0, 0, idle, SPARE, "share",
				      "docs/rules.md R-Q7"},
		    "a vCPU is idle %.0f%% of the time", 100 * idle);
	pb_say_apply(
		f,
		"passbench run --guest launch:poll_queues=2 --backend uring,iopoll (same disk and profile)");
	pb_say_apply(
		f, "in the guest: options nvme poll_queues=2 in /etc/modprobe.d, reload nvme or reboot; the "
		   "application has to ask for polled completions (O_DIRECT, io_uring IOPOLL)");
	pb_say_undo(f, "remove the option, reload nvme or reboot");
	pb_say_verify(
		f, "the disk's vectors stand still in the guest's /proc/interrupts while it reads; IOPS up");
}

/* The workload is shallow when nothing deeper was measured. */
int pb_rule_polling(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const char *backend = pb_json_str(pb_run_section(run, "guest"), "backend", "");
	const struct pb_point *last;
	double bare, vfio, idle;
	unsigned depth = 0;
	struct pb_sweep s;

	pb_sweep_read(&s, run);
	pb_sweep_valid(&s);
	last = s.n ? &s.p[s.n - 1] : NULL;
	if (!last || last->depth > SHALLOW || strstr(backend, "poll"))
		return 0;
	if (!bare_metal(run, &bare, &vfio, &depth) || depth > SHALLOW) {
		say_lacking(rule, out, PB_N("What waking up costs at this depth is not known"),
			    PB_N("the same disk with the host's own driver: passbench poc --attach "
				 "vfio,virtio-blk"));
		return 0;
	}
	idle = spare_vcpu(run, last);
	if (isnan(idle)) {
		say_lacking(rule, out, PB_N("Whether a vCPU has time to poll is not known"),
			    PB_N("the guest's cpu.csv"));
		return 0;
	}
	if (1 - bare / vfio > WAKE_SHARE && idle >= SPARE)
		say_polling(pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
				   "Polled completions could save up to %.0f%% of the latency",
				   100 * (1 - bare / vfio)),
			    bare, vfio, idle, depth);
	return 0;
}
