/*
 * Where the guest's CPUs and pages are, next to where its disk is. Node -1 means that the firmware did not
 * say; then nothing is judged, and never is it taken for node 0.
 */
#include "analyzers/vmplace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/placement.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/workpoint.h"
#include "engine/lib/json.h"

#define FAMILY PB_VM_FAMILY
#define THREADS "host/threads.csv"
#define PAGES "host/guestmem.csv"

/* docs/rules.md R-V1, from B5 */
#define REMOTE_SHARE 0.05
/* docs/rules.md R-V3, from E1 */
#define HUGE_RAM_BYTES (4.0 * (1 << 30))
/* [ours] less than this share of guest memory in huge pages counts as none */
#define HUGE_SHARE 0.05
#define VCPUS_MAX 256

/* QEMU's memory as last recorded. */
struct pages {
	double total, local, huge, thp; /* bytes; thp is part of the others */
	bool known;
};

static void pages_read(struct pages *g, struct pb_run *run, int64_t node)
{
	const struct pb_table *t = pb_run_table(run, PAGES);
	int time = t ? pb_table_col(t, "t_ns") : -1, kinds = t ? pb_table_col(t, "kind") : -1;
	int nodes = t ? pb_table_col(t, "node") : -1, bytes = t ? pb_table_col(t, "bytes") : -1;
	int64_t last = PB_NA;

	*g = (struct pages){0};
	for (size_t row = 0; t && row < pb_table_rows(t); row++) {
		int64_t at = pb_table_i64(t, row, time);

		if (at > last)
			last = at;
	}
	for (size_t row = 0; t && row < pb_table_rows(t); row++) {
		const char *kind = pb_table_str(t, row, kinds);
		double b = pb_table_num(t, row, bytes);

		if (pb_table_i64(t, row, time) != last || isnan(b))
			continue;
		if (strcmp(kind, "thp") == 0)
			g->thp += b;
		if (strcmp(kind, "anon") != 0 && strcmp(kind, "file") != 0 && strcmp(kind, "huge") != 0)
			continue;
		g->total += b;
		g->local += pb_table_i64(t, row, nodes) == node ? b : 0;
		g->huge += strcmp(kind, "huge") == 0 ? b : 0;
	}
	g->known = g->total > 0;
}

/* Where a role's thread mostly was in the window; -1 = unknown. */
static int cpu_of(const struct pb_table *t, const char *role, const struct pb_point *p)
{
	int time = pb_table_col(t, "t_ns"), roles = pb_table_col(t, "role"),
	    last = pb_table_col(t, "last_cpu");
	unsigned seen[PB_CPUS_MAX] = {0};
	int best = -1;

	for (size_t row = 0; row < pb_table_rows(t); row++) {
		int64_t at = pb_table_i64(t, row, time), cpu = pb_table_i64(t, row, last);

		if (at < p->t0_ns || at > p->t1_ns || cpu < 0 || cpu >= PB_CPUS_MAX ||
		    strcmp(pb_table_str(t, row, roles), role) != 0)
			continue;
		seen[cpu]++;
		if (best < 0 || seen[cpu] > seen[best])
			best = (int)cpu;
	}
	return best;
}

/* The vCPUs that run on another node than the disk. */
struct far {
	char role[VCPUS_MAX][16];
	int cpu[VCPUS_MAX];
	unsigned n, vcpus;
};

static void far_read(struct far *far, struct pb_run *run, const struct pb_placement *pl,
		     const struct pb_point *p)
{
	const struct pb_table *t = pb_run_table(run, THREADS);
	struct pb_strv roles = {0};

	*far = (struct far){0};
	pb_distinct(t, "role", NULL, &roles);
	for (size_t i = 0; i < roles.n && far->n < VCPUS_MAX; i++) {
		int cpu = strncmp(roles.v[i], "vcpu", 4) == 0 ? cpu_of(t, roles.v[i], p) : -1;

		if (cpu < 0)
			continue;
		far->vcpus++;
		if (pl->cpu[cpu].local)
			continue;
		snprintf(far->role[far->n], sizeof(far->role[0]), "%s", roles.v[i]);
		far->cpu[far->n++] = cpu;
	}
	pb_strv_fini(&roles);
}

/* Whether an interrupt rule has recommended the CPU for the disk's vectors. */
static bool for_vectors(const struct pb_findings *out, int cpu)
{
	const json_t *v;
	char text[16];
	size_t k;

	snprintf(text, sizeof(text), "%d", cpu);
	for (size_t i = 0; i < out->n; i++)
		json_array_foreach(json_object_get(out->v[i]->params, "vectors"), k,
				   v) if (strcmp(pb_json_str(v, "new", ""), text) == 0) return true;
	return false;
}

/* Pins for tune and people, when every far vCPU finds a CPU; best none where the vectors are to go. */
static void say_pins(const struct pb_findings *out, struct pb_finding *f, const struct far *far,
		     const struct pb_placement *pl)
{
	int cpus[2 * VCPUS_MAX];
	unsigned n = pb_placement_housekeeping(pl, cpus, 2 * VCPUS_MAX), kept = 0;
	json_t *list;

	/* The others first, in their order. */
	for (unsigned i = 0; i < n; i++) {
		int cpu = cpus[i];

		if (for_vectors(out, cpu))
			continue;
		memmove(&cpus[kept + 1], &cpus[kept], (i - kept) * sizeof(*cpus));
		cpus[kept++] = cpu;
	}
	if (far->n == 0 || n < far->n)
		return;
	list = json_array();
	for (unsigned i = 0; i < far->n; i++) {
		char cpu[16];

		snprintf(cpu, sizeof(cpu), "%d", cpus[i]);
		json_array_append_new(list,
				      json_pack("{s:i,s:s}", "vcpu", atoi(far->role[i] + 4), "new", cpu));
		pb_say_apply(f,
			     "virsh vcpupin DOMAIN %s %s --live   # or taskset -pc %s of the thread \"CPU "
			     "%s/KVM\"",
			     far->role[i] + 4, cpu, cpu, far->role[i] + 4);
	}
	if (f)
		f->params = json_pack("{s:s,s:O}", "kind", "vcpu-pin", "vcpus", list);
	json_decref(list);
}

static void say_far(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
		    const struct far *far, const struct pages *g, const struct pb_placement *pl,
		    const struct pb_point *p)
{
	const json_t *disk = pb_run_section(run, "disk");
	const char *cpus = pb_json_str(disk, "local_cpus", "");
	int64_t node = pb_json_i64(disk, "numa_node", -1);
	double remote = g->known ? 1 - g->local / g->total : NAN;
	struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
				      "The guest is not on the disk's NUMA node %lld", (long long)node);

	pb_say_what(f,
		    "Every doorbell, every byte of data and every interrupt crosses from one socket to the "
		    "other. How much that costs differs from machine to machine, so it is measured, not "
		    "assumed.");
	for (unsigned i = 0; i < far->n; i++)
		pb_say_fact(f,
			    &(struct pb_fact){THREADS, "last_cpu", p->t0_ns, p->t1_ns, far->cpu[i], NAN, "",
					      "docs/rules.md R-V1"},
			    "%s runs on CPU %d, which is not among the disk's local CPUs %s", far->role[i],
			    far->cpu[i], cpus);
	if (!isnan(remote))
		pb_say_fact(f,
			    &(struct pb_fact){PAGES, "node", 0, 0, remote, REMOTE_SHARE, "share",
					      "docs/rules.md R-V1"},
			    "%.0f%% of the guest's memory is on another node", 100 * remote);
	else
		pb_say_missing(f, PAGES ", columns node and bytes: where the guest's memory is");
	pb_say_nature(f, "medium", "strict placement fails when the node has too little memory",
		      remote > REMOTE_SHARE ? "V" : "L");
	say_pins(out, f, far, pl);
	pb_say_apply(f,
		     "for a guest that passbench starts: numactl --membind=%lld passbench run --guest "
		     "launch:cpuset=%s",
		     (long long)node, cpus);
	pb_say_apply(f,
		     "libvirt, then restart the domain: <numatune><memory mode='strict' "
		     "nodeset='%lld'/></numatune> and <vcpupin> to CPUs of %s",
		     (long long)node, cpus);
	pb_say_undo(
		f, "the former XML (virsh dumpxml --inactive DOMAIN before the change); virsh vcpupin to the "
		   "former CPUs");
	pb_say_verify(f, PAGES " of the next run: all memory on node %lld; vCPUs on %s", (long long)node,
		      cpus);
}

int pb_vmplace_node_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	int64_t node = pb_json_i64(pb_run_section(run, "disk"), "numa_node", -1);
	struct pb_placement pl;
	struct pb_point p;
	struct pages g;
	struct far far;
	int ret;

	if (pb_json_i64(pb_run_section(run, "host"), "numa_nodes", 1) < 2 || !pb_workpoint_top(&p, run))
		return 0;
	if (node < 0) {
		pb_say_lack(out, FAMILY, rule, "the disk's NUMA node (the firmware does not say)");
		return 0;
	}
	ret = pb_placement_read(&pl, run, p.t0_ns, p.t1_ns);
	if (ret < 0)
		return ret;
	far_read(&far, run, &pl, &p);
	pages_read(&g, run, node);
	if (far.vcpus == 0)
		pb_say_lack(out, FAMILY, rule, THREADS ", columns role and last_cpu");
	if (!g.known)
		pb_say_lack(out, FAMILY, rule, PAGES ", columns node and bytes");
	if (far.n > 0 || (g.known && 1 - g.local / g.total > REMOTE_SHARE))
		say_far(run, rule, out, &far, &g, &pl, &p);
	pb_placement_fini(&pl);
	return 0;
}

/* The larger page size this host knows, for the commands. */
static bool has_gigabyte_pages(struct pb_run *run)
{
	const struct pb_table *t = pb_run_table(run, "host/memory.csv");

	return t && pb_table_col(t, "huge_1048576kb_total") >= 0;
}

static void say_huge(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
		     const struct pages *g, double ram)
{
	bool big = has_gigabyte_pages(run);
	long long node = pb_json_i64(pb_run_section(run, "disk"), "numa_node", -1),
		  size_kb = big ? 1048576 : 2048;
	long long n = (long long)(ram / 1024 / (double)size_kb + 0.999);
	struct pb_finding *f =
		pb_say(out, rule, FAMILY, PB_SEV_ADVICE, "The guest's memory is in small pages");

	pb_say_what(
		f, "Address translation of the CPU and of the IOMMU works page by page; a guest of this size "
		   "in 4 KiB pages misses often in both. What huge pages gain for a disk is nowhere "
		   "published: measure before and after.");
	pb_say_fact(f,
		    &(struct pb_fact){PAGES, "kind", 0, 0, (g->huge + g->thp) / g->total, HUGE_SHARE, "share",
				      "docs/rules.md R-V3"},
		    "%.0f%% of %.1f GiB in huge pages", 100 * (g->huge + g->thp) / g->total, ram / (1 << 30));
	pb_say_nature(f, "low",
		      "reserved pages are lost to everybody else; too few of them and the guest does "
		      "not start",
		      "V");
	if (node >= 0)
		pb_say_apply(f,
			     "echo %lld > /sys/devices/system/node/node%lld/hugepages/hugepages-%lldkB/"
			     "nr_hugepages",
			     n, node, size_kb);
	else
		pb_say_apply(f, "echo %lld > /sys/kernel/mm/hugepages/hugepages-%lldkB/nr_hugepages", n,
			     size_kb);
	pb_say_apply(f,
		     "libvirt, then restart the domain: <memoryBacking><hugepages><page size='%d' "
		     "unit='%s'/></hugepages></memoryBacking>",
		     big ? 1 : 2, big ? "G" : "M");
	pb_say_apply(f,
		     "QEMU: -object memory-backend-memfd,id=m0,size=%.0fM,hugetlb=on,hugetlbsize=%s -machine "
		     "memory-backend=m0",
		     ram / (1 << 20), big ? "1G" : "2M");
	pb_say_undo(f, "the former number into nr_hugepages; the former XML or command line");
	pb_say_verify(f, PAGES " of the next run: kind huge holds the guest's memory");
}

int pb_vmplace_huge_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	double ram = pb_json_num(pb_run_section(run, "guest"), "mem_mib", NAN) * (1 << 20);
	struct pages g;

	pages_read(&g, run, PB_NA);
	if (isnan(ram) && g.known)
		ram = g.total;
	if (ram < HUGE_RAM_BYTES)
		return 0;
	if (!g.known) {
		pb_say_lack(out, FAMILY, rule, PAGES ", columns kind and bytes");
		return 0;
	}
	if ((g.huge + g.thp) / g.total < HUGE_SHARE)
		say_huge(run, rule, out, &g, ram);
	return 0;
}
