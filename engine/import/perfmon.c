/*
 * Windows performance counters as perfmon, relog and typeperf write them, with Hyper-V's where there are any:
 * which are which of ours. Windows counts interrupts and DPCs as privileged time too; waiting for I/O is idle
 * there.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/import/pdh.h"

#define LOGICAL "Hyper-V Hypervisor Logical Processor"
#define VIRTUAL "Hyper-V Hypervisor Virtual Processor"
#define CPUS_MAX 8192

#define CPU_COUNTERS(object)                                                                                 \
	{PB_TL_CPU, object, "% User Time", PB_TL_USER, 0.01, 0, false},                                      \
		{PB_TL_CPU, object, "% Privileged Time", PB_TL_SYSTEM, 0.01, 0, false},                      \
		{PB_TL_CPU, object, "% Interrupt Time", PB_TL_IRQ, 0.01, 0, false},                          \
		{PB_TL_CPU, object, "% DPC Time", PB_TL_SOFTIRQ, 0.01, 0, false},                            \
		{PB_TL_CPU, object, "% Idle Time", PB_TL_IDLE, 0.01, 0, false},                              \
	{                                                                                                    \
		PB_TL_CPU, object, "% Processor Time", PB_TL_IDLE, -0.01, 1, true                            \
	}

#define DISK_COUNTERS(object)                                                                                \
	{PB_TL_DISK, object, "Disk Reads/sec", PB_TL_READS, 1, 0, false},                                    \
		{PB_TL_DISK, object, "Disk Writes/sec", PB_TL_WRITES, 1, 0, false},                          \
		{PB_TL_DISK, object, "Disk Transfers/sec", PB_TL_IOS, 1, 0, false},                          \
		{PB_TL_DISK, object, "Disk Read Bytes/sec", PB_TL_READ_BYTES, 1, 0, false},                  \
		{PB_TL_DISK, object, "Disk Write Bytes/sec", PB_TL_WRITE_BYTES, 1, 0, false},                \
		{PB_TL_DISK, object, "Avg. Disk sec/Read", PB_TL_READ_S, 1, 0, false},                       \
		{PB_TL_DISK, object, "Avg. Disk sec/Write", PB_TL_WRITE_S, 1, 0, false},                     \
		{PB_TL_DISK, object, "Avg. Disk sec/Transfer", PB_TL_IO_S, 1, 0, false},                     \
		{PB_TL_DISK, object, "Avg. Disk Queue Length", PB_TL_QUEUE, 1, 0, false},                    \
		{PB_TL_DISK, object, "Current Disk Queue Length", PB_TL_IN_FLIGHT, 1, 0, false},             \
	{                                                                                                    \
		PB_TL_DISK, object, "% Idle Time", PB_TL_BUSY, -0.01, 1, false                               \
	}

/* Where Windows is Hyper-V's parent its own processors are virtual ones: the hypervisor's count first. */
static const struct pb_pdh_counter counters[] = {
	{PB_TL_CPU, LOGICAL, "% Guest Run Time", PB_TL_USER, 0.01, 0, false},
	{PB_TL_CPU, LOGICAL, "% Hypervisor Run Time", PB_TL_SYSTEM, 0.01, 0, false},
	{PB_TL_CPU, LOGICAL, "% Idle Time", PB_TL_IDLE, 0.01, 0, false},
	{PB_TL_CPU, LOGICAL, "% Total Run Time", PB_TL_IDLE, -0.01, 1, true},
	CPU_COUNTERS("Processor Information"),
	CPU_COUNTERS("Processor"),
	{PB_TL_THREAD, VIRTUAL, "% Total Run Time", PB_TL_RUN, 0.01, 0, false},
	{PB_TL_THREAD, VIRTUAL, "% Hypervisor Run Time", PB_TL_RUN_SYSTEM, 0.01, 0, false},
	{PB_TL_THREAD, VIRTUAL, "% Guest Run Time", PB_TL_RUN_GUEST, 0.01, 0, false},
	DISK_COUNTERS("PhysicalDisk"),
	DISK_COUNTERS("LogicalDisk"),
	{PB_TL_DISK, NULL, NULL, 0, 0, 0, false},
};

/* "3", "0,3" (group 0), "Hv LP 3". */
static int cpu(const char *instance)
{
	const char *digits = strncasecmp(instance, "Hv LP ", 6) == 0 ? instance + 6 : instance;
	char *end;
	long group = 0, n = strtol(digits, &end, 10);

	if (end > digits && *end == ',') {
		group = n;
		digits = end + 1;
		n = strtol(digits, &end, 10);
	}
	if (end == digits || *end || n < 0 || n >= CPUS_MAX || group < 0 || group >= CPUS_MAX / 64)
		return -1;
	/* a group has up to 64 processors */
	n += 64 * group;
	return n < CPUS_MAX ? (int)n : -1;
}

/* "vm1:Hv VP 0" */
static int vcpu(const char *instance, char *machine, size_t size)
{
	const char *at = strcasestr(instance, ":Hv VP ");
	size_t len = at ? (size_t)(at - instance) : 0;
	char *end;
	long n;

	if (len == 0 || len >= size)
		return -1;
	n = strtol(at + 7, &end, 10);
	if (end == at + 7 || *end || n < 0 || n >= CPUS_MAX)
		return -1;
	memcpy(machine, instance, len);
	machine[len] = '\0';
	return (int)n;
}

/* Privileged time holds interrupts and DPCs: host/cpu.csv has them apart. Disks have no such inputs. */
static void derive(struct pb_timeline *t, int entity)
{
	double system = pb_timeline_get(t, entity, PB_TL_SYSTEM);

	if (pb_timeline_kind_of(t, entity) != PB_TL_CPU)
		return;
	for (int i = PB_TL_IRQ; i <= PB_TL_SOFTIRQ; i++)
		if (pb_timeline_declared(t, entity, i))
			system -= pb_timeline_get(t, entity, i);
	pb_timeline_set(t, entity, PB_TL_SYSTEM, isnan(system) ? NAN : fmax(system, 0));
}

static bool detect(const char *head)
{
	static const char *const objects[] = {"PhysicalDisk",          "LogicalDisk", "Processor",
					      "Processor Information", LOGICAL,       VIRTUAL};

	for (size_t i = 0; pb_pdh_detect(head) && i < sizeof(objects) / sizeof(objects[0]); i++)
		if (pb_pdh_has(head, objects[i]))
			return true;
	return false;
}

static int read_perfmon(struct pb_importing *im, struct pb_input *in, struct pb_err *err)
{
	static const struct pb_pdh_format format = {
		.counters = counters, .cpu = cpu, .vcpu = vcpu, .derive = derive};

	return pb_pdh_read(im, in, &format, err);
}

const struct pb_importer pb_importer_perfmon = {
	.name = "perfmon",
	.help = "Windows and Hyper-V: CPUs, one machine's vCPUs and disks from performance counters as CSV",
	.record = "typeperf -cf counters.txt -si 2 -sc 60 -o perfmon.csv",
	.tool = "perfmon",
	.title = "Windows performance counters",
	.recording = true,
	.detect = detect,
	.read = read_perfmon,
};
