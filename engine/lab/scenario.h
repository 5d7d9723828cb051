/*
 * Scenarios: the machines that the lab can be, as data (scenarios.def). What
 * limits a machine is known from its line here, so that a diagnosis can be scored.
 */
#ifndef PB_LAB_SCENARIO_H
#define PB_LAB_SCENARIO_H

#define PB_LAB_DISKS 4

/*
 * One emulated NVMe disk, at PCI address 0000:00:1N.0 for disk N. Disks that name the
 * same throttle group share its limits (those of the first one named); without a
 * group a disk has its limits for itself.
 */
struct pb_lab_disk {
	const char *serial; /* NULL ends the list */
	unsigned size_mib;
	unsigned iops;     /* 0 = no limit but the emulation's speed */
	unsigned mbytes_s; /* 10^6 bytes/s; 0 = no limit */
	const char *group;
	unsigned bad_sector; /* reading this one (of 512 bytes) fails; 0 = none */
};

struct pb_scenario {
	const char *name, *help;
	unsigned cpus, mem_mib;
	const char *guest, *attach; /* what `lab run` without a command asks of poc; attach may be NULL */
	const char *irq_cpus; /* cpulist for /proc/irq/default_smp_affinity; NULL = the kernel's default */
	struct pb_lab_disk disks[PB_LAB_DISKS + 1];
};

/* Ends with an entry without name. */
extern const struct pb_scenario pb_scenarios[];

/* NULL when there is none of this name. */
const struct pb_scenario *pb_scenario_find(const char *name);

#endif
