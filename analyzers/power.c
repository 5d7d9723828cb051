/*
 * What happens when a CPU has nothing to do for the length of an I/O: KVM polls, the vCPU halts and is woken,
 * the CPU sleeps and wakes up. All of it counts at low depth only. Settings are system-wide, which every
 * finding says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/cpuwork.h"
#include "analyzers/irqctx.h"
#include "analyzers/placement.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/workpoint.h"
#include "engine/lib/json.h"

#define FAMILY "power"
#define KVM "host/kvm.csv"
#define POWER "host/power.csv"
#define HALT_POLL "/sys/module/kvm/parameters/halt_poll_ns"
#define QEMU_PATHS "vfio,virtio-blk"

/* docs/rules.md R-P1, from B8 */
#define POLL_SUCCESS 0.5
#define POLL_MAX_NS 500000.0
#define POLL_MARGIN 1.2
#define KERNEL_POLL_NS 200000.0 /* x86 default, what "off" is compared with */
/* docs/rules.md R-P2, from B8 */
#define POLL_WASTE 0.10
#define POLL_LESS_NS 50000
/* docs/rules.md R-P3 */
#define HALTS_PER_IO 0.5
/* docs/rules.md R-P4, from B9 */
#define WAKE_SHARE 0.05
/* [ours] a CPU "is in the path" when a vCPU thread was there in half of the samples */
#define VCPU_THERE 0.5

/* KVM's polling in a window. */
struct polling {
	struct pb_point p;
	double limit_ns;                           /* halt_poll_ns; NAN = unknown */
	double attempted, success, fail_ns, halts; /* a second; NAN = unknown */
	double wait;                               /* largest share a vCPU waited; NAN = unknown */
	double wait_max;                           /* of that, where each has a CPU to itself */
	int64_t vcpus;
};

static double limit_of(const struct pb_run *run)
{
	const char *text = pb_json_str(pb_run_section(run, "environment"), "kvm.halt_poll_ns", "");

	if (*text >= '0' && *text <= '9')
		return strtod(text, NULL);
	return pb_json_num(pb_run_section(run, "host"), "halt_poll_ns", NAN);
}

static void polling_read(struct polling *k, struct pb_run *run, const struct pb_point *p)
{
	const struct pb_table *t = pb_run_table(run, KVM);

	*k = (struct polling){
		.p = *p,
		.limit_ns = limit_of(run),
		.attempted = pb_kvm_rate(t, "halt_attempted_poll", p->t0_ns, p->t1_ns),
		.success = pb_kvm_rate(t, "halt_successful_poll", p->t0_ns, p->t1_ns),
		.fail_ns = pb_kvm_rate(t, "halt_poll_fail_ns", p->t0_ns, p->t1_ns),
		.halts = pb_kvm_rate(t, "halt_exits", p->t0_ns, p->t1_ns),
		.wait = pb_cpuwork_wait(run, p->t0_ns, p->t1_ns),
		.wait_max = pb_placement_wait_max(run),
		.vcpus = pb_json_i64(pb_run_section(run, "guest"), "vcpus", 0),
	};
}

/* The first counter that is lacking, as a rule's line; NULL when all are there. */
static const char *lacking(const struct polling *k, double p90_ns)
{
	if (isnan(k->limit_ns))
		return PB_N("manifest.json, host.halt_poll_ns");
	if (isnan(k->attempted) || isnan(k->success))
		return PB_N(KVM ", columns halt_attempted_poll and halt_successful_poll");
	if (isnan(k->wait))
		return PB_N("host/threads.csv, column wait_ns of the vCPU threads");
	if (isnan(p90_ns))
		return PB_N("guest/NAME/latency.csv: the latencies of the depth in use");
	return NULL;
}

static void say_setting(struct pb_finding *f, double from_ns, long to_ns)
{
	char value[32];

	snprintf(value, sizeof(value), "%ld", to_ns);
	pb_say_apply(f, "echo %ld > " HALT_POLL "   # all guests of the host", to_ns);
	pb_say_undo(f, "echo %.0f > " HALT_POLL, from_ns);
	if (f)
		f->params = json_pack("{s:s,s:s,s:s}", "kind", "setting", "path", HALT_POLL, "value", value);
}

static void say_longer(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
		       const struct polling *k, double p90_ns)
{
	char latency[300];
	double share = k->attempted > 0 ? k->success / k->attempted : 0;
	long to = (long)(POLL_MARGIN * p90_ns / 1000 + 0.5) * 1000;
	struct pb_finding *f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
				      "KVM stops polling before the disk answers: poll %ld us", to / 1000);

	pb_run_guest_file(run, latency, sizeof(latency), "latency.csv");
	pb_say_what(f,
		    "A vCPU that waits for an I/O halts. KVM polls for %.0f us before it gives the CPU away; "
		    "the answer comes a little later, so that each I/O pays for the sleep, the interrupt and "
		    "the wake-up, and the polling was in vain as well. This setting is for all guests of the "
		    "host.",
		    k->limit_ns / 1000);
	pb_say_fact(f,
		    &(struct pb_fact){KVM, "halt_successful_poll", k->p.t0_ns, k->p.t1_ns, share,
				      POLL_SUCCESS, "share", "docs/rules.md R-P1"},
		    "%.0f%% of %.0f polls a second ended with work", 100 * share, k->attempted);
	pb_say_fact(f,
		    &(struct pb_fact){latency, "lat_ns", k->p.t0_ns, k->p.t1_ns, p90_ns / 1000,
				      k->limit_ns / 1000, "us", "docs/rules.md R-P1"},
		    "at depth %lld, 90%% of the I/Os take up to %.0f us; KVM polls for %.0f us",
		    (long long)k->p.depth, p90_ns / 1000, k->limit_ns / 1000);
	pb_say_fact(f,
		    &(struct pb_fact){"host/threads.csv", "wait_ns", k->p.t0_ns, k->p.t1_ns, k->wait,
				      k->wait_max, "share", "docs/rules.md R-V2"},
		    "no vCPU waited for a CPU more than %.2f%% of the time", 100 * k->wait);
	pb_say_nature(f, "medium", "an idle guest keeps its CPUs busier, which costs power and turbo", "L");
	say_setting(f, k->limit_ns, to);
	pb_say_verify(f, "halt_successful_poll over halt_attempted_poll above 0.8, p50 lower at depth %lld",
		      (long long)k->p.depth);
}

/* R-P1: polls that give up too early, at low depth. */
static int rule_longer(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_point p;
	struct polling k;
	const char *lack;
	double p90;

	if (!pb_workpoint_used(&p, run, out) || p.depth > PB_SHALLOW)
		return 0;
	polling_read(&k, run, &p);
	p90 = pb_workpoint_quantile(&p, run, NULL, 0.9);
	lack = lacking(&k, p90);
	if (lack) {
		pb_say_lack(out, FAMILY, rule, "%s", lack);
		return 0;
	}
	if (k.wait > k.wait_max || (k.attempted > 0 && k.success / k.attempted >= POLL_SUCCESS))
		return 0;
	/* Halts must matter, the answer must be near, and within what polling can reach. */
	if (!(k.halts > HALTS_PER_IO * p.iops) && !(k.attempted > HALTS_PER_IO * p.iops))
		return 0;
	if (p.p50_ns >= 2 * fmax(k.limit_ns, KERNEL_POLL_NS) || POLL_MARGIN * p90 > POLL_MAX_NS ||
	    POLL_MARGIN * p90 <= k.limit_ns)
		return 0;
	say_longer(run, rule, out, &k, p90);
	return 0;
}

/* R-P2: polling in vain on CPUs that others want. */
static int rule_shorter(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct pb_point p;
	struct polling k;
	double share;
	bool wanted;

	if (!pb_workpoint_top(&p, run))
		return 0;
	polling_read(&k, run, &p);
	if (isnan(k.fail_ns) || k.vcpus <= 0) {
		pb_say_lack(out, FAMILY, rule, "%s",
			    isnan(k.fail_ns) ? PB_N(KVM ", column halt_poll_fail_ns")
					     : PB_N("manifest.json, guest.vcpus"));
		return 0;
	}
	share = k.fail_ns / 1e9 / (double)k.vcpus;
	if (!(share > POLL_WASTE) || pb_said_loud(out, "R-P1"))
		return 0;
	if (isnan(k.wait) || isnan(k.limit_ns)) {
		pb_say_lack(out, FAMILY, rule, "%s",
			    isnan(k.wait) ? PB_N("host/threads.csv, column wait_ns of the vCPU threads")
					  : PB_N("manifest.json, host.halt_poll_ns"));
		return 0;
	}
	wanted = k.wait > k.wait_max;
	f = pb_say(out, rule, FAMILY, wanted ? PB_SEV_ADVICE : PB_SEV_INFO,
		   wanted ? PB_N("KVM polls in vain on CPUs that other threads wait for")
			  : PB_N("KVM polls in vain, on CPUs that nobody else wants"));
	pb_say_what(f,
		    "Time spent polling for work that does not come is taken from whoever shares the CPU. %s",
		    wanted ? PB_N("Here vCPUs wait for a CPU meanwhile.")
			   : PB_N("Here nobody waits, so it costs power only."));
	pb_say_fact(f,
		    &(struct pb_fact){KVM, "halt_poll_fail_ns", p.t0_ns, p.t1_ns, share, POLL_WASTE, "share",
				      "docs/rules.md R-P2"},
		    "%.1f%% of the vCPUs' time went into polls that failed", 100 * share);
	pb_say_fact(f,
		    &(struct pb_fact){"host/threads.csv", "wait_ns", p.t0_ns, p.t1_ns, k.wait, k.wait_max,
				      "share", "docs/rules.md R-V2"},
		    "a vCPU waited for a CPU %.2f%% of the time", 100 * k.wait);
	if (wanted) {
		pb_say_nature(f, "medium", "I/Os at low depth pay for a wake-up each", "L");
		say_setting(f, k.limit_ns, k.limit_ns > POLL_LESS_NS ? POLL_LESS_NS : 0);
		pb_say_verify(f, "halt_poll_fail_ns below 10%% of vCPU time; vCPUs wait less");
	}
	return 0;
}

/* R-P3: the guest itself may poll, where its CPUs are its own. */
static int rule_guest_poll(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct pb_point p;
	double halts;

	if (!pb_said_loud(out, "R-P1") || !pb_workpoint_used(&p, run, out))
		return 0;
	halts = pb_kvm_rate(pb_run_table(run, KVM), "halt_exits", p.t0_ns, p.t1_ns) / p.iops;
	if (isnan(halts)) {
		pb_say_lack(out, FAMILY, rule, KVM ", column halt_exits");
		return 0;
	}
	if (!(halts > HALTS_PER_IO))
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE, "Let the guest poll before it halts (haltpoll)");
	pb_say_what(f,
		    "With the haltpoll governor the guest's idle loop polls by itself, which saves the exit "
		    "that KVM's polling still costs. Only for vCPUs that have a CPU each: it polls even when "
		    "others wait. Try R-P1 first; one at a time.");
	pb_say_fact(f,
		    &(struct pb_fact){KVM, "halt_exits", p.t0_ns, p.t1_ns, halts, HALTS_PER_IO, "1/IO",
				      "docs/rules.md R-P3"},
		    "%.2f halts per I/O at depth %lld", halts, (long long)p.depth);
	pb_say_nature(f, "low", "the guest's CPUs look busy to the host", "V");
	pb_say_apply(f, "in the guest: modprobe cpuidle_haltpoll force=1; echo haltpoll > "
			"/sys/devices/system/cpu/cpuidle/current_governor");
	pb_say_apply(f, "QEMU: -cpu host,kvm-hint-dedicated=on; libvirt: <features><kvm><hint-dedicated "
			"state='on'/></kvm></features>, then restart the domain");
	pb_say_undo(f,
		    "in the guest: echo menu > /sys/devices/system/cpu/cpuidle/current_governor; modprobe -r "
		    "cpuidle_haltpoll; without the hint");
	pb_say_verify(f, "halt_exits per I/O below 0.1");
	return 0;
}

/* ---- R-P4: how long CPUs of the path take to wake up ---- */

static bool in_path(const struct pb_placement *pl, const struct pb_irqctx *c, long cpu)
{
	if (cpu < 0 || cpu >= PB_CPUS_MAX)
		return false;
	if (pl->cpu[cpu].vcpu_share >= VCPU_THERE)
		return true;
	for (size_t i = 0; i < c->host.n; i++)
		if (c->host.v[i].cpu == cpu && c->host.v[i].rate >= PB_IRQ_MOVING)
			return true;
	return false;
}

/* Exit latency of idle state n in us, as the kernel states it; NAN = not recorded. */
static double exit_latency_us(const struct pb_run *run, long state)
{
	char key[64];
	const char *text;

	snprintf(key, sizeof(key), "cpuidle.state%ld_latency_us", state);
	text = pb_json_str(pb_run_section(run, "environment"), key, "");
	return *text >= '0' && *text <= '9' ? strtod(text, NULL) : NAN;
}

/* us a second spent waking up from that state on that CPU; *lack: its latency is not known. */
static double waking(struct pb_run *run, const struct pb_table *t, size_t col, const char *cpu,
		     const struct pb_point *p, bool *lack)
{
	const struct pb_match m[] = {{"cpu", cpu}, {NULL, NULL}};
	const char *name = pb_table_name(t, col), *end = strrchr(name, '_');
	double rate, us;

	if (strncmp(name, "idle", 4) != 0 || !end || strcmp(end, "_count") != 0)
		return 0;
	us = exit_latency_us(run, strtol(name + 4, NULL, 10));
	if (isnan(us)) {
		*lack = true;
		return 0;
	}
	rate = pb_rate(t, name, m, p->t0_ns, p->t1_ns);
	return isnan(rate) ? 0 : rate * us;
}

static void say_sleep(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
		      const struct pb_point *low, double wake_us)
{
	const char *profile = pb_json_str(pb_run_section(run, "environment"), "tuned_profile", "");
	double share = wake_us * 1e3 / low->lat_mean_ns;
	struct pb_finding *f;
	struct pb_point used;
	bool shallow = pb_workpoint_used(&used, run, out) && used.depth <= PB_SHALLOW;

	f = pb_say(out, rule, FAMILY, shallow ? PB_SEV_ADVICE : PB_SEV_INFO,
		   shallow ? PB_N("CPUs of the path sleep too deeply between I/Os")
			   : PB_N("At low depth CPUs of the path would sleep too deeply"));
	pb_say_what(f,
		    "A CPU that goes idle while the disk works takes time to wake up, and the I/O waits for "
		    "it. %sThe setting keeps all CPUs of the host from sleeping deeply; give the bare-metal "
		    "baseline the same.",
		    shallow ? "" : PB_N("The workload's depth is high enough to keep them awake. "));
	pb_say_fact(f,
		    &(struct pb_fact){POWER, "cpu", low->t0_ns, low->t1_ns, share, WAKE_SHARE, "share",
				      "docs/rules.md R-P4"},
		    "%.1f us of waking up per I/O at depth %lld: %.0f%% of its %.0f us", wake_us,
		    (long long)low->depth, 100 * share, low->lat_mean_ns / 1e3);
	if (!shallow)
		return;
	pb_say_nature(f, "medium", "more power, less room for turbo", "L");
	pb_say_apply(f,
		     "exec 9> /dev/cpu_dma_latency; printf '\\003\\000\\000\\000' >&9   # 3 us, as long as "
		     "this shell lives");
	pb_say_apply(f, "for good: tuned-adm profile latency-performance");
	pb_say_undo(f, "exec 9>&-   # the shell that holds it; or tuned-adm profile %s",
		    *profile ? profile : "FORMER");
	pb_say_verify(f,
		      "counts of the deep states in host/power.csv stand still; p50 at depth %lld is lower",
		      (long long)low->depth);
}

static void judge_sleep(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
			const struct pb_irqctx *c, const struct pb_placement *pl, const struct pb_point *low)
{
	const struct pb_table *t = pb_run_table(run, POWER);
	struct pb_strv cpus = {0};
	bool lack = false, states = false;
	double us = 0;

	pb_distinct(t, "cpu", NULL, &cpus);
	for (size_t col = 0; t && col < pb_table_cols(t); col++) {
		if (strncmp(pb_table_name(t, col), "idle", 4) != 0)
			continue;
		states = true;
		for (size_t i = 0; i < cpus.n; i++)
			if (in_path(pl, c, strtol(cpus.v[i], NULL, 10)))
				us += waking(run, t, col, cpus.v[i], low, &lack);
	}
	pb_strv_fini(&cpus);
	if (!states)
		pb_say_lack(out, FAMILY, rule, POWER ", columns of idle states");
	else if (lack)
		pb_say_lack(out, FAMILY, rule, "manifest.json, environment cpuidle.stateN_latency_us");
	else if (us / low->iops * 1e3 > WAKE_SHARE * low->lat_mean_ns)
		say_sleep(run, rule, out, low, us / low->iops);
}

static int rule_sleep(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_placement pl;
	struct pb_point low;
	struct pb_irqctx c;
	int ret;

	if (!pb_workpoint_low(&low, run) || !(low.iops > 0))
		return 0;
	ret = pb_irqctx_init(&c, run);
	if (ret < 0)
		return ret;
	ret = pb_placement_read(&pl, run, low.t0_ns, low.t1_ns);
	if (ret == 0) {
		judge_sleep(run, rule, out, &c, &pl, &low);
		pb_placement_fini(&pl);
	}
	pb_irqctx_fini(&c);
	return ret;
}

static int rule_ok(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f;
	struct polling k;
	struct pb_point p;
	bool sleeps;

	if (pb_said(out, FAMILY) || !pb_workpoint_top(&p, run))
		return 0;
	polling_read(&k, run, &p);
	sleeps = pb_run_table(run, POWER) != NULL;
	if (isnan(k.fail_ns) && !sleeps)
		return 0; /* nothing was looked at: power-lacks says so */
	f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "Polling and sleeping: no change needed");
	pb_say_what(f,
		    "As far as the counters were available, no I/O waits for a halted vCPU or a sleeping CPU "
		    "at the depth in use, and polling takes nothing from others.");
	if (!isnan(k.fail_ns))
		pb_say_fact(f,
			    &(struct pb_fact){KVM, "halt_poll_fail_ns", p.t0_ns, p.t1_ns,
					      k.fail_ns / 1e9 / (double)(k.vcpus > 0 ? k.vcpus : 1),
					      POLL_WASTE, "share", "docs/rules.md R-P2"},
			    "%.1f%% of the vCPUs' time went into polls that failed",
			    100 * k.fail_ns / 1e9 / (double)(k.vcpus > 0 ? k.vcpus : 1));
	else
		pb_say_fact(f, &(struct pb_fact){POWER, "cpu", p.t0_ns, p.t1_ns, NAN, NAN, "", ""},
			    "idle states of the CPUs were looked at");
	return 0;
}

static const struct pb_rule rules[] = {
	{"R-P1", "KVM's halt polling gives up before the disk answers", QEMU_PATHS, "docs/rules.md B8",
	 rule_longer},
	{"R-P2", "KVM polls in vain on CPUs that others want", QEMU_PATHS, "docs/rules.md B8", rule_shorter},
	{"R-P3", "halts at low depth that the guest could poll away", QEMU_PATHS, "docs/rules.md B8",
	 rule_guest_poll},
	{"R-P4", "waking up takes more than 5% of the latency at low depth", "vfio,virtio-blk,local",
	 "docs/rules.md B9", rule_sleep},
	{"power-lacks", "rules of this family that lack a counter", "vfio,virtio-blk,local", "docs/rules.md",
	 pb_say_lacks},
	{"power-ok", "nothing to change", "vfio,virtio-blk,local", "docs/rules.md", rule_ok},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_power = {
	.name = FAMILY,
	.help = "waiting CPUs: halt polling, guest polling, idle states",
	.rules = rules,
};
