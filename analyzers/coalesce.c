/*
 * Interrupt coalescing of an NVMe disk. The commands run where its driver lives: in the guest under VFIO, on
 * the host for `local`. The timer counts in 100 us, more than many disks need for an I/O, so it fits deep
 * bulk work only and is never advised on the way to low latency.
 */
#include "analyzers/coalesce.h"

#include <string.h>

#include "analyzers/affinity.h"
#include "analyzers/irqctx.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/workpoint.h"
#include "engine/lib/json.h"

#define FAMILY PB_IRQ_FAMILY

/* docs/rules.md R-I8, from B7: all four must hold on a vector */
#define COMPLETIONS_MIN 100000.0
#define IRQS_PER_IO 0.8
#define CPU_SHARE 0.25
#define FILL_SHARE 0.1 /* the batch fills within this share of the mean latency */
#define BATCH 8        /* 0x07 is a 0-based count */

static const json_t *nvme(const struct pb_run *run)
{
	return json_object_get(json_object_get(pb_run_section(run, "guest"), "disk"), "nvme");
}

/* 1: coalescing is on, 0: off, -1: the disk does not say. */
static int state(const struct pb_run *run, int64_t *threshold, int64_t *us)
{
	*threshold = pb_json_i64(nvme(run), "coalescing_threshold", PB_NA);
	*us = pb_json_i64(nvme(run), "coalescing_us", PB_NA);
	if (*threshold == PB_NA || *us == PB_NA)
		return -1;
	return *threshold > 1 && *us > 0;
}

static bool is_nvme(const struct pb_run *run)
{
	return strncmp(pb_run_guest_dev(run, ""), "nvme", 4) == 0;
}

/* QEMU's emulated disk takes the feature and does nothing with it. */
static bool emulated(const struct pb_run *run)
{
	return strncmp(pb_json_str(pb_run_section(run, "disk"), "model", ""), "QEMU ", 5) == 0;
}

static const char *where(const struct pb_run *run)
{
	return strcmp(pb_run_path(run), "local") == 0 ? "" : PB_N("in the guest: ");
}

/* "nvme0" of "nvme0n1" */
static void controller(const struct pb_run *run, char *buf, size_t size)
{
	const char *dev = pb_run_guest_dev(run, "nvme0n1");

	snprintf(buf, size, "%.*s", (int)(4 + strspn(dev + 4, "0123456789")), dev);
}

static void say_commands(struct pb_finding *f, const struct pb_run *run, unsigned value, unsigned old)
{
	char ctrl[64], number[16];

	controller(run, ctrl, sizeof(ctrl));
	pb_say_apply(f,
		     "%snvme get-feature /dev/%s -f 8 (keep the value), then nvme set-feature /dev/%s -f 8 "
		     "-V 0x%04x",
		     where(run), ctrl, ctrl, value);
	pb_say_undo(f, "%snvme set-feature /dev/%s -f 8 -V 0x%04x", where(run), ctrl, old);
	pb_say_verify(f, "%snvme get-feature /dev/%s -f 8 reads 0x%04x", where(run), ctrl, value);
	if (f && strcmp(pb_run_path(run), "vfio") == 0) {
		snprintf(number, sizeof(number), "%u", value);
		f->params = json_pack("{s:s,s:s,s:s}", "kind", "guest-setting", "key", "coalescing", "value",
				      number);
	}
}

static double irq_share(struct pb_run *run, const struct pb_irqctx *c, int cpu, char *name, size_t size)
{
	char text[16];
	const struct pb_match m[] = {{"cpu", text}, {NULL, NULL}};
	const struct pb_table *t = pb_run_table(run, pb_run_guest_file(run, name, size, "cpu.csv"));

	snprintf(text, sizeof(text), "%d", cpu);
	return (pb_rate(t, "irq_ns", m, c->top.t0_ns, c->top.t1_ns) +
		pb_rate(t, "softirq_ns", m, c->top.t0_ns, c->top.t1_ns)) /
	       1e9;
}

/* A vector that could do with fewer interrupts. Completions are split over the vectors as their interrupts
 * are. */
static void judge_vector(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
			 const struct pb_irqctx *c, const struct pb_vector *v)
{
	double per_io = c->guest.rate / c->top.iops, cmp = v->rate / per_io, share;
	struct pb_finding *f;
	char cpus[300];

	if (!(cmp > COMPLETIONS_MIN) || !(per_io > IRQS_PER_IO) ||
	    !(BATCH / cmp * 1e9 <= FILL_SHARE * c->top.lat_mean_ns) || pb_said_loud(out, rule->id))
		return;
	share = irq_share(run, c, v->cpu, cpus, sizeof(cpus));
	if (isnan(share)) {
		pb_say_lack(out, FAMILY, rule, "%s, columns irq_ns and softirq_ns of CPU %d", cpus, v->cpu);
		return;
	}
	if (!(share > CPU_SHARE))
		return;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
		   "Try interrupt coalescing: %s interrupts for each completion", v->name);
	pb_say_what(
		f,
		"At this depth %d completions come together in %.0f us, so waiting for them costs little "
		"and saves most interrupts. A disk that has less to do waits 100 us for its batch: switch "
		"it off again for anything that runs at a low depth. Many disks ignore the feature.",
		BATCH, BATCH / cmp * 1e6);
	pb_say_fact(f,
		    &(struct pb_fact){c->guest_file, "name", c->top.t0_ns, c->top.t1_ns, per_io, IRQS_PER_IO,
				      "1/IO", "docs/rules.md R-I8"},
		    "%s: %.0f interrupts/s, about %.0f completions/s: %.2f interrupts each", v->name, v->rate,
		    cmp, per_io);
	pb_say_fact(f,
		    &(struct pb_fact){cpus, "irq_ns", c->top.t0_ns, c->top.t1_ns, share, CPU_SHARE, "share",
				      "docs/rules.md R-I8"},
		    "CPU %d spends %.0f%% of its time on interrupts", v->cpu, 100 * share);
	pb_say_fact(f,
		    &(struct pb_fact){"steps.csv", "lat_mean_ns", c->top.t0_ns, c->top.t1_ns,
				      c->top.lat_mean_ns / 1e3, NAN, "us", ""},
		    "mean latency %.0f us at depth %lld", c->top.lat_mean_ns / 1e3, (long long)c->top.depth);
	pb_say_nature(f, "low", "latency at low depth rises by up to 100 us; a reset forgets it", "L");
	say_commands(f, run, 0x0100 | (BATCH - 1), 0);
	pb_say_verify(f, "interrupts per completion below 0.3, p99 no worse by more than 10%%");
}

int pb_coalesce_on_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	int64_t threshold, us;
	struct pb_irqctx c;
	int ret;

	if (!is_nvme(run) || emulated(run) || state(run, &threshold, &us) == 1)
		return 0;
	ret = pb_irqctx_init(&c, run);
	if (ret < 0)
		return ret;
	if (c.have_window && isnan(c.guest.rate) && c.top.iops > COMPLETIONS_MIN)
		pb_say_lack(out, FAMILY, rule, "%s: counts of the disk's vectors", c.guest_file);
	for (size_t i = 0; c.have_window && i < c.guest.n; i++)
		if (c.guest.v[i].rate >= PB_IRQ_MOVING)
			judge_vector(run, rule, out, &c, &c.guest.v[i]);
	pb_irqctx_fini(&c);
	return 0;
}

int pb_coalesce_off_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	int64_t threshold, us;
	struct pb_finding *f;
	struct pb_point p;
	bool shallow;

	if (!is_nvme(run) || !pb_workpoint_used(&p, run, out))
		return 0;
	shallow = p.depth <= PB_SHALLOW;
	switch (state(run, &threshold, &us)) {
	case 0:
		return 0;
	case -1:
		if (shallow)
			pb_say_lack(out, FAMILY, rule,
				    "manifest.json, guest.disk.nvme: feature 08h of the disk");
		return 0;
	default:
		break;
	}
	f = pb_say(out, rule, FAMILY, shallow ? PB_SEV_ADVICE : PB_SEV_INFO,
		   shallow ? PB_N("Interrupt coalescing delays every completion: switch it off")
			   : PB_N("Interrupt coalescing is on: right for depth %lld, not for a low one"),
		   (long long)p.depth);
	pb_say_what(
		f,
		"The disk holds an interrupt back until %lld completions are there or %lld us have passed. "
		"With fewer I/Os in flight than that, each waits for the timer.",
		(long long)threshold, (long long)us);
	pb_say_fact(f,
		    &(struct pb_fact){"manifest.json", "guest.disk.nvme.coalescing_us", 0, 0, (double)us, 0,
				      "us", "docs/rules.md R-I9"},
		    "feature 08h: %lld completions or %lld us", (long long)threshold, (long long)us);
	pb_say_fact(f,
		    &(struct pb_fact){"steps.csv", "depth", p.t0_ns, p.t1_ns, (double)p.depth, PB_SHALLOW, "",
				      "docs/rules.md R-I9"},
		    "the workload's depth is %lld", (long long)p.depth);
	if (shallow) {
		pb_say_nature(f, "high",
			      "more interrupts at high depth; a reset of the disk restores its default", "L");
		say_commands(f, run, 0, (unsigned)(((us / 100) & 0xff) << 8 | ((threshold - 1) & 0xff)));
	}
	return 0;
}
