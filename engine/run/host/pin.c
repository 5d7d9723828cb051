/*
 * CPU affinity of single threads as kernel lists; hwloc reads and prints the lists.
 */
#include "engine/run/host/pin.h"

#include <errno.h>
#include <hwloc.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

int pb_pin_get(pid_t tid, char *list, size_t size)
{
	hwloc_bitmap_t cpus;
	cpu_set_t set;
	int n;

	if (sched_getaffinity(tid, sizeof(set), &set) < 0)
		return -errno;
	cpus = hwloc_bitmap_alloc();
	if (!cpus)
		return -ENOMEM;
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set))
			hwloc_bitmap_set(cpus, cpu);
	n = hwloc_bitmap_list_snprintf(list, size, cpus);
	hwloc_bitmap_free(cpus);
	return n < 0 || (size_t)n >= size ? -ENOSPC : 0;
}

int pb_pin_set(pid_t tid, const char *list)
{
	hwloc_bitmap_t cpus = hwloc_bitmap_alloc();
	cpu_set_t set;
	unsigned cpu;
	int rc = cpus ? 0 : -ENOMEM;

	if (rc == 0 && (hwloc_bitmap_list_sscanf(cpus, list) < 0 || hwloc_bitmap_weight(cpus) <= 0))
		rc = -EINVAL;
	if (rc == 0) {
		CPU_ZERO(&set);
		hwloc_bitmap_foreach_begin(cpu, cpus) if (cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
		hwloc_bitmap_foreach_end();
		if (sched_setaffinity(tid, sizeof(set), &set) < 0)
			rc = -errno;
	}
	hwloc_bitmap_free(cpus);
	return rc;
}

bool pb_pin_holds(const char *list, int cpu)
{
	hwloc_bitmap_t cpus = hwloc_bitmap_alloc();
	bool holds = cpus && cpu >= 0 && hwloc_bitmap_list_sscanf(cpus, list) == 0 &&
		     hwloc_bitmap_isset(cpus, (unsigned)cpu);

	hwloc_bitmap_free(cpus);
	return holds;
}

unsigned long long pb_pin_started(pid_t tid)
{
	char path[64], text[1024];
	unsigned long long ticks = 0;
	const char *at = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	f = fopen(path, "re");
	if (f && fgets(text, sizeof(text), f))
		at = strrchr(text, ')');
	/* proc(5): starttime is field 22, the name in brackets field 2 */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		sscanf(at, "%llu", &ticks);
	if (f)
		fclose(f);
	return ticks;
}
