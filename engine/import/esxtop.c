/*
 * esxtop's batch mode (VMware ESXi): which of its counters are which of ours. Latencies are those the guest
 * saw (GAVG): kernel, queue and device together. ESXi does not tell waiting for I/O from idling.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/import/pdh.h"

#define MIB 1048576.0

/* The same counters stand under three names of objects. */
#define DISK_COUNTERS(object)                                                                                \
	{PB_TL_DISK, object, "Reads/sec", PB_TL_READS, 1, 0, false},                                         \
		{PB_TL_DISK, object, "Writes/sec", PB_TL_WRITES, 1, 0, false},                               \
		{PB_TL_DISK, object, "MBytes Read/sec", PB_TL_READ_BYTES, MIB, 0, false},                    \
		{PB_TL_DISK, object, "MBytes Written/sec", PB_TL_WRITE_BYTES, MIB, 0, false},                \
		{PB_TL_DISK, object, "Average Guest MilliSec/Read", PB_TL_READ_S, 1e-3, 0, false},           \
		{PB_TL_DISK, object, "Average Guest MilliSec/Write", PB_TL_WRITE_S, 1e-3, 0, false},         \
		{PB_TL_DISK, object, "Average Guest MilliSec/Command", PB_TL_IO_S, 1e-3, 0, false},          \
		{PB_TL_DISK, object, "Active Commands", PB_TL_IN_FLIGHT, 1, 0, false},                       \
	{                                                                                                    \
		PB_TL_DISK, object, "Failed Commands/sec", PB_TL_FAILED, 1, 0, false                         \
	}

static const struct pb_pdh_counter counters[] = {
	{PB_TL_CPU, "Physical Cpu", "% Util Time", PB_TL_IDLE, -0.01, 1, false},
	{PB_TL_THREAD, "Vcpu", "% Run", PB_TL_RUN, 0.01, 0, false},
	{PB_TL_THREAD, "Vcpu", "% Ready", PB_TL_WAIT, 0.01, 0, false},
	{PB_TL_THREAD, "Vcpu", "% System", PB_TL_RUN_SYSTEM, 0.01, 0, false},
	DISK_COUNTERS("Physical Disk SCSI Device"),
	DISK_COUNTERS("Physical Disk"),
	{PB_TL_DISK, "Virtual Disk", "Reads/sec", PB_TL_READS, 1, 0, false},
	{PB_TL_DISK, "Virtual Disk", "Writes/sec", PB_TL_WRITES, 1, 0, false},
	{PB_TL_DISK, "Virtual Disk", "MBytes Read/sec", PB_TL_READ_BYTES, MIB, 0, false},
	{PB_TL_DISK, "Virtual Disk", "MBytes Written/sec", PB_TL_WRITE_BYTES, MIB, 0, false},
	{PB_TL_DISK, "Virtual Disk", "Average MilliSec/Read", PB_TL_READ_S, 1e-3, 0, false},
	{PB_TL_DISK, "Virtual Disk", "Average MilliSec/Write", PB_TL_WRITE_S, 1e-3, 0, false},
	DISK_COUNTERS("Physical Disk Adapter"),
	{PB_TL_DISK, NULL, NULL, 0, 0, 0, false},
};

static int cpu(const char *instance)
{
	char *end;
	long n = strtol(instance, &end, 10);

	return end > instance && !*end && n >= 0 && n < 8192 ? (int)n : -1;
}

/* "4242:vm1:4250:vmx-vcpu-0:vm1", before ESXi 5 "4242:vm1:4250:vmm0:vm1": the second part is the machine. */
static int vcpu(const char *instance, char *machine, size_t size)
{
	const char *name = strchr(instance, ':'), *at = strstr(instance, ":vmx-vcpu-"), *end;
	size_t prefix = strlen(":vmx-vcpu-"), len;

	if (!at) {
		at = strstr(instance, ":vmm");
		prefix = strlen(":vmm");
	}
	if (!name || !at || at <= name || at[prefix] < '0' || at[prefix] > '9')
		return -1;
	/* the world's number stands between the machine and the vCPU */
	for (end = at; end > name + 1 && end[-1] >= '0' && end[-1] <= '9'; end--)
		;
	if (end > name + 1 && end[-1] == ':')
		end--;
	len = (size_t)(end - name - 1);
	if (len == 0 || len >= size)
		return -1;
	memcpy(machine, name + 1, len);
	machine[len] = '\0';
	return (int)strtol(at + prefix, NULL, 10) & 0x1fff;
}

static bool detect(const char *head)
{
	static const char *const objects[] = {
		"Physical Cpu", "Physical Cpu Load",         "Vcpu",          "Group Cpu",
		"Virtual Disk", "Physical Disk SCSI Device", "Physical Disk", "Physical Disk Adapter"};

	for (size_t i = 0; pb_pdh_detect(head) && i < sizeof(objects) / sizeof(objects[0]); i++)
		if (pb_pdh_has(head, objects[i]))
			return true;
	return false;
}

static int read_esxtop(struct pb_importing *im, struct pb_input *in, struct pb_err *err)
{
	static const struct pb_pdh_format format = {.counters = counters, .cpu = cpu, .vcpu = vcpu};

	pb_importing_fact(im, "host", "hypervisor", json_string("VMware ESXi"));
	return pb_pdh_read(im, in, &format, err);
}

const struct pb_importer pb_importer_esxtop = {
	.name = "esxtop",
	.help = "VMware ESXi: CPUs, one machine's vCPUs and disks from esxtop's batch mode",
	.record = "esxtop -b -a -d 2 -n 60 > esxtop.csv",
	.tool = "esxtop",
	.title = "esxtop",
	.recording = true,
	.detect = detect,
	.read = read_esxtop,
};
