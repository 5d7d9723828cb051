/*
 * The table of guest sources.
 */
#include "engine/lib/guest_sources.h"

const struct pb_guest_source pb_guest_sources[PB_GUEST_SOURCES] = {
	[PB_GUEST_ENGINE] = {"engine", "engine.csv", "counters of the engine, per fio job",
			     "its shared page"},
	[PB_GUEST_INTERRUPTS] = {"interrupts", "interrupts.csv", "NVMe and virtio vectors per vCPU",
				 "/proc/interrupts"},
	[PB_GUEST_CPU] = {"cpu", "cpu.csv", "CPU time per vCPU, stolen time too", "/proc/stat"},
	[PB_GUEST_BLOCK] = {"block", "block.csv", "I/Os of the disk as the guest's block layer counts them",
			    "/sys/block/DISK/stat"},
	[PB_GUEST_QUANTILES] = {"quantiles", "quantiles.csv", "latency percentiles over time",
				"the engine's shared page"},
	[PB_GUEST_SMART] =
		{"smart", "smart.csv",
		 "the disk's own counters before and after: commands, temperature, throttling, media "
		 "errors",
		 "NVMe log page 02h"},
};
