/*
 * Scenarios: the machines that the lab can be, as data (scenarios.def). What
 * limits a machine is known from its line here, so that a diagnosis can be scored.
 */
#ifndef PB_LAB_SCENARIO_H
#define PB_LAB_SCENARIO_H

#include <stdbool.h>

#include "engine/lib/buf.h"

#define PB_LAB_DISKS 4

/*
 * One emulated NVMe disk, at PCI address 0000:00:1N.0 for disk N unless it is behind something: then
 * its bus is numbered at boot and the serial names it. Disks that name the same throttle group share
 * its limits (those of the first one named); without a group a disk has its limits for itself.
 */
struct pb_lab_disk {
	const char *serial; /* NULL ends the list */
	unsigned size_mib;
	unsigned iops;     /* 0 = no limit but the emulation's speed */
	unsigned mbytes_s; /* 10^6 bytes/s; 0 = no limit */
	const char *group;
	unsigned latency_us; /* of every I/O, which then reads zeros and keeps nothing; 0 = a file, which
				keeps it */
	unsigned bad_sector; /* reading this one (of 512 bytes) fails; 0 = none */
	bool shared_switch;  /* a downstream port of the machine's one PCIe switch */
	bool far;            /* a root port that belongs to the last NUMA node */
};

/* Nothing above info may be found in a run of this scenario. */
#define PB_SCENARIO_HEALTHY "healthy"

struct pb_scenario {
	const char *name, *help;
	unsigned cpus, mem_mib;
	unsigned nodes; /* NUMA nodes that share CPUs and memory evenly; 0 or 1: firmware names none */
	const char *guest, *attach; /* what `lab run` without a command asks of poc; attach may be NULL */
	/* more of that, words separated by blanks; NULL = a depth search of 4 s a depth */
	const char *options;
	/* CPUs that the command and what it starts run on, unless they choose; NULL = all */
	const char *home;
	/* shell text that runs in the background as long as the machine lives; NULL = none */
	const char *beside;
	/* shell text that succeeds once that is at work; the command starts then. NULL = at once */
	const char *beside_ready;
	const char *irq_cpus; /* cpulist for /proc/irq/default_smp_affinity; NULL = the kernel's default */
	struct pb_lab_disk disks[PB_LAB_DISKS + 1];
	/*
	 * What a run with these options must find: ids of rules, separated by blanks, each with severity
	 * advice or more unless it ends in "(info)"; or PB_SCENARIO_HEALTHY; NULL = not scored. Any other
	 * finding of advice or more is wrong, except those of `also`: true of this machine, but not what was
	 * planted.
	 */
	const char *expect, *also;
	const char *limit; /* the class that the family `limit` must name as well; NULL = not asked */
	bool solo;  /* scored by two runs: one without what runs beside, which the other is compared with */
	bool quick; /* belongs to the subset that every test run scores */
};

/* Ends with an entry without name. */
extern const struct pb_scenario pb_scenarios[];

/* NULL when there is none of this name. */
const struct pb_scenario *pb_scenario_find(const char *name);

/* --disk, --guest, --attach and the scenario's options, as `run` and `poc` take them. 0 or -ENOMEM. */
int pb_scenario_options(const struct pb_scenario *s, struct pb_strv *argv);

#endif
