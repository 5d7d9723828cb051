/*
 * Versions and settings of host and guest, and whether what the run changed was put back.
 */
#include <string.h>

#include "engine/lib/csv.h"
#include "reports/facts.h"
#include "reports/format.h"
#include "reports/judge.h"

/* Bits of /proc/sys/kernel/tainted (Documentation/admin-guide/tainted-kernels.rst): machine check, bad page,
 * oops, soft lockup. */
#define TAINT_BROKEN ((1 << 4) | (1 << 5) | (1 << 7) | (1 << 14))
/* Latencies of 4k reads of a fast disk are below 100 us: a state that takes as long to leave doubles them. */
#define IDLE_DEEP_US 100

enum pb_level pb_judge_qemu(struct pb_judging *j)
{
	if (!strcmp(j->v->path, "local"))
		return PB_LEVEL_NONE;
	return j->v->qemu[0] ? pb_judge_say(j, LOW, RISK_FOUND, j->v->qemu)
			     : pb_judge_say(j, UNKNOWN, RISK_QEMU_UNKNOWN);
}

enum pb_level pb_judge_kernels(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;

	if (!v->kernel[0] || !v->guest_kernel[0])
		return pb_judge_say(j, UNKNOWN, RISK_KERNELS_UNKNOWN);
	if (!strcmp(v->path, "local"))
		return pb_judge_say(j, LOW, RISK_KERNEL, v->kernel);
	/* the micro guest answers for itself, not for the guest that will run there */
	return !strcmp(v->guest_kind, "launch")
		       ? pb_judge_say(j, LOW, RISK_KERNELS_LAUNCH, v->kernel, v->guest_kernel)
		       : pb_judge_say(j, LOW, RISK_KERNELS, v->kernel, v->guest_kernel);
}

enum pb_level pb_judge_taint(struct pb_judging *j)
{
	struct pb_text bits = pb_format_int(j->v->taint);

	if (j->v->taint == PB_NA)
		return pb_judge_say(j, UNKNOWN, RISK_TAINT_UNKNOWN);
	if (j->v->taint & TAINT_BROKEN)
		return pb_judge_say(j, HIGH, RISK_TAINT_BROKEN, bits.s);
	return j->v->taint ? pb_judge_say(j, MEDIUM, RISK_TAINTED, bits.s)
			   : pb_judge_say(j, LOW, RISK_TAINT_NONE);
}

enum pb_level pb_judge_vulnerabilities(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;

	if (v->vulnerabilities == PB_NA)
		return pb_judge_say(j, UNKNOWN, RISK_VULNERABLE_UNKNOWN);
	return v->vulnerable.n
		       ? pb_judge_say(j, MEDIUM, RISK_VULNERABLE, pb_format_int((int64_t)v->vulnerable.n).s,
				      v->vulnerable.text)
		       : pb_judge_say(j, LOW, RISK_VULNERABLE_NONE, pb_format_int(v->vulnerabilities).s);
}

enum pb_level pb_judge_platform(struct pb_judging *j)
{
	if (!j->v->microcode[0] || !j->v->bios[0])
		return pb_judge_say(j, UNKNOWN, RISK_PLATFORM_UNKNOWN,
				    j->v->microcode[0] ? j->v->microcode : NULL,
				    j->v->bios[0] ? j->v->bios : NULL);
	return pb_judge_say(j, LOW, RISK_PLATFORM, j->v->microcode, j->v->bios);
}

enum pb_level pb_judge_governor(struct pb_judging *j)
{
	const char *governor = j->v->governor;

	if (!governor[0])
		return pb_judge_say(j, UNKNOWN, RISK_GOVERNOR_UNKNOWN);
	return strcmp(governor, "performance") ? pb_judge_say(j, MEDIUM, RISK_GOVERNOR, governor)
					       : pb_judge_say(j, LOW, RISK_FOUND, governor);
}

enum pb_level pb_judge_idle(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;
	struct pb_text exit = pb_format_ns((double)v->idle_exit_us * 1e3);

	if (!strcmp(v->cpuidle, "none"))
		return pb_judge_say(j, LOW, RISK_IDLE_NONE);
	if (v->idle_exit_us == PB_NA)
		return pb_judge_say(j, UNKNOWN, RISK_IDLE_UNKNOWN);
	return v->idle_exit_us >= IDLE_DEEP_US ? pb_judge_say(j, MEDIUM, RISK_IDLE_DEEP, exit.s)
					       : pb_judge_say(j, LOW, RISK_IDLE, exit.s);
}

enum pb_level pb_judge_settings(struct pb_judging *j)
{
	if (!j->v->settings_known)
		return pb_judge_say(j, UNKNOWN, RISK_SETTINGS_UNKNOWN);
	return j->v->settings_changed.n ? pb_judge_say(j, MEDIUM, RISK_SETTINGS, j->v->settings_changed.text)
					: pb_judge_say(j, LOW, RISK_SETTINGS_SAME);
}

enum pb_level pb_judge_changes(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;

	if (v->changes == PB_NA)
		return pb_judge_say(j, UNKNOWN, RISK_CHANGES_UNKNOWN);
	if (v->changes_standing > 0)
		return pb_judge_say(j, MEDIUM, RISK_CHANGES_STAND, pb_format_int(v->changes_standing).s,
				    pb_format_int(v->changes).s);
	return v->changes ? pb_judge_say(j, LOW, RISK_CHANGES_BACK, pb_format_int(v->changes).s)
			  : pb_judge_say(j, LOW, RISK_CHANGES_NONE);
}

/* pb_rundir_open has compared every hash before a report is made. */
enum pb_level pb_judge_evidence(struct pb_judging *j)
{
	return j->v->files > 0 ? pb_judge_say(j, LOW, RISK_EVIDENCE, pb_format_int(j->v->files).s)
			       : pb_judge_say(j, UNKNOWN, RISK_EVIDENCE_NONE);
}
