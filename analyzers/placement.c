/*
 * Who runs where, from host/threads.csv, host/cpu.csv, topology.xml and the
 * manifest. Gives facts and a ranking of CPUs; what to do about them is the rules' business.
 */
#include "analyzers/placement.h"

#include <errno.h>
#include <fcntl.h>
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "engine/lib/json.h"

/* docs/rules.md R-V2, from E3: a vCPU that waits for a CPU for more than 1% of the time */
#define WAIT_MAX 0.01
/*
 * [ours] in the lab vCPUs that were alone on their CPU waited for 0.1 to 7% of the time, depending on what
 * else the real machine did, two on one CPU for 32% each
 */
#define WAIT_MAX_LAB 0.15
/* [ours] a CPU that a vCPU thread touches in fewer than one sample of twenty is not where it runs */
#define VCPU_TOUCH 0.05
/* [ours] differences in load below one percent do not rank CPUs; the lower number wins then */
#define LOAD_STEP 0.01
#define TOPOLOGY_MAX (8 << 20)

bool pb_cpulist_has(const char *list, int cpu)
{
	while (list && *list) {
		char *end;
		long lo = strtol(list, &end, 10), hi = lo;

		if (end == list)
			return false;
		if (*end == '-')
			hi = strtol(end + 1, &end, 10);
		if (cpu >= lo && cpu <= hi)
			return true;
		list = *end == ',' ? end + 1 : NULL;
	}
	return false;
}

/* Share of each CPU's time, from its row series. */
static void read_load(struct pb_placement *p, const struct pb_table *t, int64_t t0, int64_t t1)
{
	struct pb_strv cpus = {0};

	pb_distinct(t, "cpu", NULL, &cpus);
	for (size_t i = 0; i < cpus.n; i++) {
		const struct pb_match m[] = {{"cpu", cpus.v[i]}, {NULL, NULL}};
		long n = strtol(cpus.v[i], NULL, 10);
		struct pb_cpu_use *c;

		if (n < 0 || n >= PB_CPUS_MAX)
			continue;
		c = &p->cpu[n];
		c->online = true;
		c->busy = 1 - (pb_rate(t, "idle_ns", m, t0, t1) + pb_rate(t, "iowait_ns", m, t0, t1)) / 1e9;
		c->irq = (pb_rate(t, "irq_ns", m, t0, t1) + pb_rate(t, "softirq_ns", m, t0, t1)) / 1e9;
		p->have_cpu |= !isnan(c->busy);
	}
	pb_strv_fini(&cpus);
}

/* For one vCPU's role: in which share of its samples it was last on which CPU. */
static void read_vcpu(struct pb_placement *p, const struct pb_table *t, const char *role, int64_t t0,
		      int64_t t1)
{
	const struct pb_match match[] = {{"role", role}, {NULL, NULL}};
	unsigned *seen = calloc(PB_CPUS_MAX, sizeof(*seen)), total = 0;
	int last = pb_table_col(t, "last_cpu");
	struct pb_rows rows;
	size_t row;

	pb_rows_init(&rows, t, match, t0, t1);
	while (seen && pb_rows_next(&rows, &row)) {
		int64_t cpu = pb_table_i64(t, row, last);

		if (cpu < 0 || cpu >= PB_CPUS_MAX)
			continue;
		seen[cpu]++;
		total++;
	}
	for (int c = 0; total && c < PB_CPUS_MAX; c++) {
		double share = (double)seen[c] / total;

		if (share > p->cpu[c].vcpu_share)
			p->cpu[c].vcpu_share = share;
	}
	p->have_threads |= total > 0;
	free(seen);
}

static void read_vcpus(struct pb_placement *p, const struct pb_table *t, int64_t t0, int64_t t1)
{
	struct pb_strv roles = {0};

	pb_distinct(t, "role", NULL, &roles);
	for (size_t i = 0; i < roles.n; i++)
		if (strncmp(roles.v[i], "vcpu", 4) == 0)
			read_vcpu(p, t, roles.v[i], t0, t1);
	pb_strv_fini(&roles);
}

/* topology.xml as text; NULL when it is absent or unlike what hwloc exports. */
static char *topology_text(const struct pb_run *run)
{
	int fd = openat(pb_run_dirfd(run), "topology.xml", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *text = fd >= 0 ? malloc(TOPOLOGY_MAX) : NULL;
	size_t len = 0;
	ssize_t n = 0;

	while (text && len < TOPOLOGY_MAX - 1 && (n = read(fd, text + len, TOPOLOGY_MAX - 1 - len)) > 0)
		len += (size_t)n;
	if (fd >= 0)
		close(fd);
	if (text && (n < 0 || len == 0)) {
		free(text);
		return NULL;
	}
	if (text)
		text[len] = '\0';
	return text;
}

static void mark_core(struct pb_placement *p, hwloc_obj_t core)
{
	bool busy = false;
	unsigned c;

	hwloc_bitmap_foreach_begin(c, core->cpuset) busy |=
		c < PB_CPUS_MAX && p->cpu[c].vcpu_share > VCPU_TOUCH;
	hwloc_bitmap_foreach_end();
	hwloc_bitmap_foreach_begin(c, core->cpuset) if (c < PB_CPUS_MAX) p->cpu[c].sibling_busy = busy;
	hwloc_bitmap_foreach_end();
}

static void read_topology(struct pb_placement *p, const struct pb_run *run)
{
	char *text = topology_text(run);
	hwloc_topology_t topo;
	hwloc_obj_t core = NULL;

	if (!text || hwloc_topology_init(&topo) < 0) {
		free(text);
		return;
	}
	if (hwloc_topology_set_xmlbuffer(topo, text, (int)strlen(text) + 1) == 0 &&
	    hwloc_topology_load(topo) == 0) {
		p->have_topology = true;
		while ((core = hwloc_get_next_obj_by_type(topo, HWLOC_OBJ_CORE, core)))
			mark_core(p, core);
	}
	hwloc_topology_destroy(topo);
	free(text);
}

static void read_node(struct pb_placement *p, const struct pb_run *run)
{
	const json_t *disk = pb_run_section(run, "disk");
	const char *local = pb_json_str(disk, "local_cpus", "");

	/* Node -1 means the firmware did not say: unknown, never node 0. */
	p->have_node = pb_json_i64(disk, "numa_node", -1) >= 0 && *local;
	for (int c = 0; c < PB_CPUS_MAX; c++)
		p->cpu[c].local = !p->have_node || pb_cpulist_has(local, c);
}

int pb_placement_read(struct pb_placement *p, struct pb_run *run, int64_t t0_ns, int64_t t1_ns)
{
	const struct pb_table *cpu = pb_run_table(run, "host/cpu.csv"),
			      *threads = pb_run_table(run, "host/threads.csv");

	*p = (struct pb_placement){.cpu = calloc(PB_CPUS_MAX, sizeof(struct pb_cpu_use))};
	if (!p->cpu)
		return -ENOMEM;
	for (int c = 0; c < PB_CPUS_MAX; c++)
		p->cpu[c].busy = p->cpu[c].irq = NAN;
	read_node(p, run);
	if (cpu)
		read_load(p, cpu, t0_ns, t1_ns);
	if (threads)
		read_vcpus(p, threads, t0_ns, t1_ns);
	read_topology(p, run);
	return 0;
}

void pb_placement_fini(struct pb_placement *p)
{
	free(p->cpu);
	p->cpu = NULL;
}

static bool fit(const struct pb_cpu_use *c)
{
	return c->online && c->local && !c->sibling_busy && c->vcpu_share <= VCPU_TOUCH && !isnan(c->busy);
}

unsigned pb_placement_housekeeping(const struct pb_placement *p, int *out, unsigned max)
{
	unsigned n = 0;

	for (int c = 0; c < PB_CPUS_MAX; c++) {
		unsigned at = n;

		if (!fit(&p->cpu[c]))
			continue;
		while (at > 0 && p->cpu[c].busy < p->cpu[out[at - 1]].busy - LOAD_STEP)
			at--;
		if (at >= max)
			continue;
		if (n < max)
			n++;
		memmove(&out[at + 1], &out[at], (n - at - 1) * sizeof(*out));
		out[at] = c;
	}
	return n;
}

double pb_placement_wait_max(const struct pb_run *run)
{
	return json_is_true(json_object_get(pb_run_section(run, "host"), "lab")) ? WAIT_MAX_LAB : WAIT_MAX;
}
