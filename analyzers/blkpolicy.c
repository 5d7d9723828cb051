/*
 * Settings of the block layer that owns the disk: the guest's under VFIO, the host's page cache and queue
 * under virtio-blk, the host's for `local`. passbench drives disks with O_DIRECT, so writeback matters only
 * where QEMU puts the host's page cache below.
 */
#include "analyzers/blkpolicy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/cachemode.h"
#include "analyzers/hostcache.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/workpoint.h"
#include "engine/lib/json.h"

#define FAMILY "cache"
#define MEMORY "host/memory.csv"
#define MANIFEST "manifest.json"

/* docs/rules.md R-C6, from C5 */
#define TAIL_RATIO 10.0
#define DIRTY_SECONDS 1.0
#define BACKGROUND_SECONDS 0.25
/* docs/rules.md R-C7: a CPU with less than this idle limits throughput */
#define CPU_BUSY 0.90
/* docs/rules.md R-C9, from C6 */
#define SOFTIRQ_SHARE 0.50
#define SOFTIRQ_OTHERS 0.10
/* docs/rules.md R-C8: half of wbt's default target for disks that do not rotate */
#define WBT_USEC 1000

/* ---- the attached mode, and the names of disks ---- */

static const struct pb_cachemode *mode_of(const struct pb_run *run)
{
	return pb_cachemode_find(pb_json_str(pb_run_section(run, "attach"), "cache", ""));
}

static bool is(const struct pb_run *run, const char *path)
{
	return strcmp(pb_run_path(run), path) == 0;
}

/* The host's name of the disk ("nvme1n1"), for paths below /sys/block; NULL when it is not plain. */
static const char *host_dev(const struct pb_run *run)
{
	const char *block = pb_json_str(pb_run_section(run, "disk"), "block", "");
	const char *name = strncmp(block, "/dev/", 5) == 0 ? block + 5 : block;
	size_t ok = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return ok > 0 && name[ok] == '\0' ? name : NULL;
}

static const char *guest_dev(const struct pb_run *run)
{
	return pb_run_guest_dev(run, is(run, "virtio-blk") ? "vda" : "nvme0n1");
}

/* "echo VALUE > queue/KEY" where the disk's queue is, and the same for tune. */
static void say_queue(struct pb_finding *f, const struct pb_run *run, const char *key, const char *value,
		      const char *old)
{
	bool local = is(run, "local");
	const char *dev = local ? host_dev(run) : guest_dev(run),
		   *where = local ? "" : PB_N("in the guest: ");
	char path[128];

	if (!dev)
		dev = "DISK";
	snprintf(path, sizeof(path), "/sys/block/%s/queue/%s", dev, key);
	pb_say_apply(f, "%secho %s > %s", where, value, path);
	pb_say_undo(f, "%secho %s > %s", where, old, path);
	if (!f)
		return;
	if (local)
		f->params = host_dev(run) ? json_pack("{s:s,s:s,s:s}", "kind", "setting", "path", path,
						      "value", value)
					  : NULL;
	else
		f->params = json_pack("{s:s,s:s,s:s}", "kind", "guest-setting", "key", key, "value", value);
}

/* ---- R-C6: writeback in bursts ---- */

static void say_limit(struct pb_finding *f, const struct pb_run *run, const char *key, double bytes)
{
	const char *old = pb_json_str(pb_run_section(run, "environment"), key, ""), *end = strrchr(key, '_');
	char ratio[64];

	snprintf(ratio, sizeof(ratio), "%.*s_ratio", (int)(end - key), key);
	pb_say_apply(f, "sysctl -w vm.%s=%.0f", key, bytes);
	if (strtod(old, NULL) > 0)
		pb_say_undo(f, "sysctl -w vm.%s=%s", key, old);
	else
		pb_say_undo(f, "sysctl -w vm.%s=%s   # writing the ratio switches the bytes off", ratio,
			    pb_json_str(pb_run_section(run, "environment"), ratio, "FORMER"));
}

static void say_dirty(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
		      const struct pb_hostcache *h, const struct pb_point *p, double p50, double p99)
{
	const char *old = pb_json_str(pb_run_section(run, "environment"), "dirty_background_bytes", "");
	double bw = h->disk_write;
	struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
				      "The host writes back in bursts: limit its dirty memory");
	char latency[300], value[32];

	pb_run_guest_file(run, latency, sizeof(latency), "latency.csv");
	pb_say_what(
		f,
		"Writes of the guest complete in the host's page cache until too much of it is dirty; then "
		"they wait for the disk. More than a second of the disk's bandwidth in dirty pages makes "
		"those waits long and a flush slow. The limits are for the whole host.");
	pb_say_fact(f,
		    &(struct pb_fact){MEMORY, "dirty_bytes", p->t0_ns, p->t1_ns, h->dirty_max / 1e6,
				      DIRTY_SECONDS * bw / 1e6, "MB", "docs/rules.md R-C6"},
		    "up to %.0f MB dirty, the disk writes %.1f MB/s: %.1f s of it", h->dirty_max / 1e6,
		    bw / 1e6, h->dirty_max / bw);
	pb_say_fact(f,
		    &(struct pb_fact){latency, "lat_ns", p->t0_ns, p->t1_ns, p99 / p50, TAIL_RATIO, "ratio",
				      "docs/rules.md R-C6"},
		    "writes: p50 %.0f us, p99 %.0f us at depth %lld", p50 / 1e3, p99 / 1e3,
		    (long long)p->depth);
	pb_say_nature(f, "medium", "all programs of the host write back sooner", "L");
	say_limit(f, run, "dirty_background_bytes", BACKGROUND_SECONDS * bw);
	say_limit(f, run, "dirty_bytes", DIRTY_SECONDS * bw);
	pb_say_verify(f, "dirty_bytes in " MEMORY " stays below %.0f MB; p99 of writes is lower", bw / 1e6);
	/* Undoing means writing the old bytes; 0, the ratio in force, is a value the kernel refuses. */
	if (f && strtod(old, NULL) > 0) {
		snprintf(value, sizeof(value), "%.0f", BACKGROUND_SECONDS * bw);
		f->params = json_pack("{s:s,s:s,s:s}", "kind", "setting", "path",
				      "/proc/sys/vm/dirty_background_bytes", "value", value);
	}
}

int pb_blkpolicy_dirty_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const struct pb_cachemode *mode = mode_of(run);
	struct pb_hostcache h;
	struct pb_point p;
	double p50, p99;

	if (!mode || mode->direct || !mode->writeback || !pb_workpoint_top(&p, run))
		return 0;
	pb_hostcache_read(&h, run, &p);
	if (!(h.guest_write > 0))
		return 0;
	p50 = pb_workpoint_quantile(&p, run, "write", .5);
	p99 = pb_workpoint_quantile(&p, run, "write", .99);
	if (isnan(h.dirty_max))
		pb_say_lack(out, FAMILY, rule, MEMORY ", column dirty_bytes");
	if (isnan(h.disk_write))
		pb_say_lack(out, FAMILY, rule, "host/block.csv, column write_bytes of the disk");
	if (isnan(p99))
		pb_say_lack(out, FAMILY, rule, "guest/NAME/latency.csv: latencies of writes");
	if (p99 > TAIL_RATIO * p50 && h.disk_write > 0 && h.dirty_max > DIRTY_SECONDS * h.disk_write)
		say_dirty(run, rule, out, &h, &p, p50, p99);
	return 0;
}

/* ---- R-C7: a scheduler that costs CPU ---- */

/* The busiest CPU of the side that runs the block layer; NAN = unknown. */
static double busiest(struct pb_run *run, const struct pb_point *p, char *file, size_t size, int *cpu)
{
	const struct pb_table *t;
	struct pb_strv cpus = {0};
	double most = NAN;

	if (is(run, "local"))
		snprintf(file, size, "host/cpu.csv");
	else
		pb_run_guest_file(run, file, size, "cpu.csv");
	t = pb_run_table(run, file);
	pb_distinct(t, "cpu", NULL, &cpus);
	for (size_t i = 0; i < cpus.n; i++) {
		const struct pb_match m[] = {{"cpu", cpus.v[i]}, {NULL, NULL}};
		double busy = 1 - (pb_rate(t, "idle_ns", m, p->t0_ns, p->t1_ns) +
				   pb_rate(t, "iowait_ns", m, p->t0_ns, p->t1_ns)) /
					  1e9;

		if (isnan(busy) || most >= busy)
			continue;
		most = busy;
		*cpu = (int)strtol(cpus.v[i], NULL, 10);
	}
	pb_strv_fini(&cpus);
	return most;
}

int pb_blkpolicy_scheduler_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const char *name =
		pb_json_str(json_object_get(pb_run_section(run, "guest"), "disk"), "scheduler", "");
	const char *dev = guest_dev(run);
	size_t plain = strspn(name, "abcdefghijklmnopqrstuvwxyz-");
	struct pb_finding *f;
	struct pb_point p;
	char file[300];
	double busy;
	int cpu = 0;

	/* A disk that rotates, or SATA, may want one: only NVMe and virtio are judged. */
	if (!plain || name[plain] || strcmp(name, "none") == 0 || !pb_workpoint_top(&p, run) ||
	    (strncmp(dev, "nvme", 4) != 0 && strncmp(dev, "vd", 2) != 0))
		return 0;
	busy = busiest(run, &p, file, sizeof(file), &cpu);
	if (isnan(busy)) {
		pb_say_lack(out, FAMILY, rule, "%s, columns idle_ns and iowait_ns", file);
		return 0;
	}
	if (!(busy > CPU_BUSY))
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE, "The I/O scheduler %s costs CPU that is short: use none",
		   name);
	pb_say_what(
		f,
		"A disk with many queues orders its work itself; a scheduler above it takes a lock and CPU "
		"time for every I/O. %s",
		is(run, "vfio") ? PB_N("It is the guest's: there is no other in this path.") : "");
	pb_say_fact(
		f,
		&(struct pb_fact){MANIFEST, "guest.disk.scheduler", 0, 0, NAN, NAN, "", "docs/rules.md C6"},
		"scheduler of %s: %s", dev, name);
	pb_say_fact(f,
		    &(struct pb_fact){file, "idle_ns", p.t0_ns, p.t1_ns, busy, CPU_BUSY, "share",
				      "docs/rules.md R-C7"},
		    "CPU %d is %.0f%% busy at %.0f IOPS", cpu, 100 * busy, p.iops);
	pb_say_nature(f, "medium", "reads may wait longer behind writes", "L");
	say_queue(f, run, "scheduler", "none", name);
	pb_say_verify(f, "the brackets in queue/scheduler stand around none; more IOPS at the same CPU");
	return 0;
}

/* ---- R-C8: writeback that delays reads ---- */

int pb_blkpolicy_wbt_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const struct pb_cachemode *mode = mode_of(run);
	const char *dev = host_dev(run);
	struct pb_finding *f;
	struct pb_hostcache h;
	struct pb_point p;
	double p50, p99;
	char latency[300], path[128], value[16];

	if (!mode || mode->direct || !pb_workpoint_top(&p, run))
		return 0;
	pb_hostcache_read(&h, run, &p);
	if (!(h.guest_write > 0) || !(h.guest_read > 0))
		return 0; /* not a mix */
	p50 = pb_workpoint_quantile(&p, run, "read", .5);
	p99 = pb_workpoint_quantile(&p, run, "read", .99);
	if (isnan(h.writeback_max))
		pb_say_lack(out, FAMILY, rule, MEMORY ", column writeback_bytes");
	if (isnan(p99))
		pb_say_lack(out, FAMILY, rule, "guest/NAME/latency.csv: latencies of reads");
	if (!(p99 > TAIL_RATIO * p50) || !(h.writeback_max > 0))
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
		   "Reads wait while the host writes back: throttle writeback");
	pb_say_what(f,
		    "The host writes the guest's dirty pages in bursts, and reads queue behind them in the "
		    "disk. The kernel throttles writeback to keep reads below a target (2 ms, 75 ms on disks "
		    "that rotate); a lower one protects reads and slows writes.");
	pb_run_guest_file(run, latency, sizeof(latency), "latency.csv");
	pb_say_fact(f,
		    &(struct pb_fact){latency, "lat_ns", p.t0_ns, p.t1_ns, p99 / p50, TAIL_RATIO, "ratio",
				      "docs/rules.md R-C8"},
		    "reads: p50 %.0f us, p99 %.0f us at depth %lld", p50 / 1e3, p99 / 1e3,
		    (long long)p.depth);
	pb_say_fact(f,
		    &(struct pb_fact){MEMORY, "writeback_bytes", p.t0_ns, p.t1_ns, h.writeback_max / 1e6, 0,
				      "MB", ""},
		    "up to %.1f MB were being written back", h.writeback_max / 1e6);
	pb_say_missing(
		f, "reads alone at the same depth (passbench run with a read-only profile): whether it is "
		   "the writes that delay them");
	pb_say_nature(f, "low", "writes get slower", "L");
	snprintf(path, sizeof(path), "/sys/block/%s/queue/wbt_lat_usec", dev ? dev : "DISK");
	snprintf(value, sizeof(value), "%d", WBT_USEC);
	pb_say_apply(f, "echo %s > %s", value, path);
	pb_say_undo(f, "echo -1 > %s   # the kernel's default", path);
	pb_say_verify(f, "p99 of reads is lower, and no other direction's rises");
	if (f && dev)
		f->params = json_pack("{s:s,s:s,s:s}", "kind", "setting", "path", path, "value", value);
	return 0;
}

/* ---- R-C9: completions of several submitters on one CPU ---- */

struct softirq {
	double most, second; /* shares of a CPU */
	double work;         /* most user and system time of another CPU */
	int cpu;
};

static double larger(double a, double b)
{
	return isnan(a) || b > a ? b : a;
}

static void softirq_read(struct softirq *s, const struct pb_table *t, const struct pb_point *p)
{
	struct pb_strv cpus = {0};

	*s = (struct softirq){NAN, NAN, 0, -1};
	pb_distinct(t, "cpu", NULL, &cpus);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < cpus.n; i++) {
			const struct pb_match m[] = {{"cpu", cpus.v[i]}, {NULL, NULL}};
			int cpu = (int)strtol(cpus.v[i], NULL, 10);
			double soft = pb_rate(t, "softirq_ns", m, p->t0_ns, p->t1_ns) / 1e9, work;

			if (pass == 0 && !isnan(soft) && !(s->most >= soft)) {
				s->most = soft;
				s->cpu = cpu;
			}
			if (pass == 0 || cpu == s->cpu || isnan(soft))
				continue;
			work = (pb_rate(t, "user_ns", m, p->t0_ns, p->t1_ns) +
				pb_rate(t, "system_ns", m, p->t0_ns, p->t1_ns)) /
			       1e9;
			s->second = larger(s->second, soft);
			s->work = larger(s->work, work);
		}
	pb_strv_fini(&cpus);
}

int pb_blkpolicy_affinity_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct softirq s;
	struct pb_point p;
	char file[300];

	if (!pb_workpoint_top(&p, run))
		return 0;
	if (is(run, "local"))
		snprintf(file, sizeof(file), "host/cpu.csv");
	else
		pb_run_guest_file(run, file, sizeof(file), "cpu.csv");
	softirq_read(&s, pb_run_table(run, file), &p);
	if (isnan(s.most)) {
		pb_say_lack(out, FAMILY, rule, "%s, column softirq_ns", file);
		return 0;
	}
	/* Submitters elsewhere: another CPU works on something, and hardly on softirqs. */
	if (!(s.most > SOFTIRQ_SHARE) || !(s.second < SOFTIRQ_OTHERS) || !(s.work > SOFTIRQ_OTHERS))
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
		   "CPU %d completes I/Os that other CPUs submitted: complete them there", s.cpu);
	pb_say_what(
		f, "Completions run in softirqs of the CPU that took the interrupt or of one that shares its "
		   "cache. With rq_affinity 2 each is sent back to the CPU that submitted it, which spreads "
		   "the work.");
	pb_say_fact(f,
		    &(struct pb_fact){file, "softirq_ns", p.t0_ns, p.t1_ns, s.most, SOFTIRQ_SHARE, "share",
				      "docs/rules.md R-C9"},
		    "CPU %d spends %.0f%% of its time in softirqs, no other more than %.0f%%", s.cpu,
		    100 * s.most, 100 * s.second);
	pb_say_nature(f, "medium", "an interprocessor interrupt for each completion", "L");
	say_queue(f, run, "rq_affinity", "2", "1");
	pb_say_verify(f, "softirq time is spread over the submitting CPUs; more IOPS");
	return 0;
}
