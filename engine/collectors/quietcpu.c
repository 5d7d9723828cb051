/*
 * Chooses the sampler's CPU. Reads affinities below the root and moves nobody: pinning is the sampler's own
 * doing.
 */
#include "engine/collectors/quietcpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/collectors/hostinfo.h"
#include "engine/collectors/irqvec.h"
#include "engine/collectors/qemutask.h"
#include "engine/lib/texts.h"

#define SIZE sizeof(struct pb_cpuset)
#define CPUS_MAX (8 * (int)SIZE)

static void add_cpu(void *arg, unsigned cpu)
{
	struct pb_cpuset *s = arg;

	if (cpu < CPUS_MAX)
		CPU_SET_S(cpu, SIZE, s->set);
}

static void add_list(struct pb_cpuset *s, const char *list)
{
	pb_cpulist_each(list, add_cpu, s);
}

static void add_task(int dir, pid_t tid, struct pb_cpuset *s)
{
	static const char key[] = "\nCpus_allowed_list:\t";
	char text[8192], *p;

	if (pb_qemu_task_read(dir, text, sizeof(text), tid, "status") <= 0)
		return;
	p = strstr(text, key);
	if (!p)
		return;
	p += sizeof(key) - 1;
	p[strcspn(p, "\n")] = '\0';
	add_list(s, p);
}

static void add_guest(const struct pb_target *t, struct pb_cpuset *s)
{
	struct pb_qemu_task *v;
	size_t n;
	int dir = t->qemu_pid ? pb_qemu_task_dir(t->root, t->qemu_pid) : -1;

	if (dir < 0)
		return;
	if (!pb_qemu_tasks(dir, t->qemu_pid, &v, &n)) {
		for (size_t i = 0; i < n; i++)
			if (v[i].vcpu >= 0 || !strcmp(v[i].role, "iothread"))
				add_task(dir, v[i].tid, s);
		free(v);
	}
	close(dir);
}

static void add_vectors(const struct pb_target *t, struct pb_cpuset *s)
{
	struct pb_irq_vector *v;
	size_t n;

	if (!t->bdf || pb_irq_vectors(t->root, t->bdf, &v, &n))
		return;
	for (size_t i = 0; i < n; i++)
		add_list(s, v[i].effective_affinity_list[0] ? v[i].effective_affinity_list
							    : v[i].smp_affinity_list);
	free(v);
}

/* Does another thread of this core do measured work? */
static bool shares_core(const struct pb_root *root, int cpu, const struct pb_cpuset *measured)
{
	struct pb_cpuset siblings = {0}, both;
	char list[256];

	if (pb_root_read(root, list, sizeof(list),
			 "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu) <= 0)
		return false;
	add_list(&siblings, list);
	CPU_AND_S(SIZE, both.set, siblings.set, measured->set);
	return CPU_COUNT_S(SIZE, both.set) > 0;
}

static int choose(const struct pb_root *root, const struct pb_cpuset *free_cpus,
		  const struct pb_cpuset *measured, bool *shared)
{
	int best = -1, best_rank = -1;

	for (int cpu = 0; cpu < CPUS_MAX; cpu++) {
		int rank;

		if (!CPU_ISSET_S((size_t)cpu, SIZE, free_cpus->set))
			continue;
		rank = 2 * !shares_core(root, cpu, measured) + (cpu != 0);
		if (rank > best_rank) {
			best = cpu;
			best_rank = rank;
		}
		if (rank == 3)
			break;
	}
	*shared = best_rank < 2;
	return best;
}

void pb_quietcpu_pick(const struct pb_target *t, const struct pb_cpuset *own, struct pb_quietcpu *q)
{
	struct pb_cpuset measured = {0};
	bool shared;

	memset(q, 0, sizeof(*q));
	q->cpu = -1;
	add_guest(t, &measured);
	add_vectors(t, &measured);
	if (!CPU_COUNT_S(SIZE, measured.set)) {
		snprintf(q->why, sizeof(q->why), "no vCPU and no vector to keep away from");
		return;
	}
	CPU_AND_S(SIZE, q->free.set, own->set, measured.set);
	CPU_XOR_S(SIZE, q->free.set, q->free.set, own->set);
	q->cpu = choose(t->root, &q->free, &measured, &shared);
	if (q->cpu < 0)
		snprintf(q->why, sizeof(q->why),
			 "every CPU is open to the guest's vCPUs or the disk's vectors");
	else
		snprintf(q->why, sizeof(q->why),
			 "no vCPU may run there and no vector of the disk goes there%s",
			 shared ? PB_N("; another thread of its core is measured") : "");
}
