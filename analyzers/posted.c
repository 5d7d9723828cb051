/*
 * Posted interrupts that are switched off although IOMMU and CPU have them. Speaks only where interrupts cost
 * exits: a guest that is bound by something else gains nothing. Which mode is in use is irqctx.c's finding.
 */
#include "analyzers/posted.h"

#include <string.h>

#include "analyzers/affinity.h"
#include "analyzers/irqctx.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "engine/lib/json.h"

#define FAMILY PB_IRQ_FAMILY
#define IOMMU "host/iommu.csv"
#define KVM "host/kvm.csv"

/* docs/rules.md R-I4, R-I5, from E5: more exits for host interrupts per I/O than this is interrupt-bound */
#define EXITS_PER_IO 0.5

struct vendor {
	const char *iommu, *option, *module; /* manifest host.iommu; what to set; whose parameter */
	const char *also;                    /* what else it takes */
};

static const struct vendor intel = {
	"intel", "options kvm_intel enable_apicv=1", "kvm_intel",
	PB_N("VT-d posted interrupts and x2APIC on in the BIOS, no intremap=nopost on the "
	     "kernel's command line")};
static const struct vendor amd = {
	"amd", "options kvm_amd avic=1", "kvm_amd",
	PB_N("no amd_iommu_guest_ir=legacy on the kernel's command line; AVIC is inhibited "
	     "by nested virtualization")};

/* The last row of that item; NAN when it has none or no value. */
static double item(const struct pb_table *t, const char *name, const char **text)
{
	int items = t ? pb_table_col(t, "item") : -1;

	*text = "";
	for (size_t row = items < 0 ? 0 : pb_table_rows(t); row-- > 0;)
		if (strcmp(pb_table_str(t, row, items), name) == 0) {
			*text = pb_table_str(t, row, pb_table_col(t, "text"));
			return pb_table_num(t, row, pb_table_col(t, "value"));
		}
	return NAN;
}

static void say(const struct pb_rule *rule, struct pb_findings *out, const struct pb_irqctx *c,
		const struct vendor *v, double exits, const char *why)
{
	struct pb_finding *f =
		pb_say(out, rule, FAMILY, PB_SEV_ADVICE, "Interrupts could be posted to the vCPUs, but %s",
		       *why ? why : PB_N("that is switched off"));

	pb_say_what(
		f, "Each interrupt is taken by a host CPU and injected, which stops the vCPU. This IOMMU can "
		   "write it into the vCPU's descriptor instead. Worth it where interrupts are the limit; "
		   "gains quoted for network cards of 2012 do not carry over.");
	pb_say_fact(f,
		    &(struct pb_fact){KVM, "irq_exits", c->top.t0_ns, c->top.t1_ns, exits, EXITS_PER_IO,
				      "1/IO", "docs/rules.md R-I4"},
		    "%.2f exits for host interrupts per I/O at %.0f IOPS", exits, c->top.iops);
	pb_say_fact(f, &(struct pb_fact){IOMMU, "item", 0, 0, 1, 1, "", "docs/rules.md B3"},
		    "posted_capable is 1");
	pb_say_fact(f, &(struct pb_fact){IOMMU, "item", 0, 0, 0, 1, "", "docs/rules.md B3"},
		    "posted_enabled is 0: %s", *why ? why : PB_N("no reason given"));
	pb_say_fact(f,
		    &(struct pb_fact){"host/interrupts.csv", "name", c->top.t0_ns, c->top.t1_ns, c->ratio,
				      PB_IRQ_RATIO_REMAPPED, "ratio", "docs/rules.md B3"},
		    "%.2f host interrupts per guest interrupt: remapped", c->ratio);
	pb_say_nature(f, "medium", "all guests stop: the module is loaded anew, or the host boots", "H");
	pb_say_apply(f,
		     "echo '%s' > /etc/modprobe.d/passbench-posted.conf, then load %s anew with no guest "
		     "running (modprobe -r, modprobe) or reboot",
		     v->option, v->module);
	pb_say_apply(f, "also needed: %s", v->also);
	pb_say_undo(f, "rm /etc/modprobe.d/passbench-posted.conf, then load %s anew or reboot", v->module);
	pb_say_verify(f, "the next run says R-I3: posted; the vfio lines of /proc/interrupts stay quiet");
}

static int judge(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out,
		 const struct vendor *v)
{
	const char *iommu = pb_json_str(pb_run_section(run, "host"), "iommu", ""), *text, *why;
	const struct pb_table *t = pb_run_table(run, IOMMU);
	double capable, enabled, exits;
	struct pb_irqctx c;
	int ret;

	if (strcmp(iommu, v->iommu) != 0)
		return 0;
	ret = pb_irqctx_init(&c, run);
	if (ret < 0)
		return ret;
	capable = item(t, "posted_capable", &text);
	enabled = item(t, "posted_enabled", &why);
	if (c.mode == PB_IRQ_REMAPPED) {
		exits = pb_kvm_rate(pb_run_table(run, KVM), "irq_exits", c.top.t0_ns, c.top.t1_ns) /
			c.top.iops;
		if (isnan(capable))
			pb_say_lack(out, FAMILY, rule, IOMMU ", item posted_capable");
		if (isnan(exits) && capable != 0)
			pb_say_lack(out, FAMILY, rule, KVM ", column irq_exits");
		if (capable == 1 && enabled == 0 && exits > EXITS_PER_IO)
			say(rule, out, &c, v, exits, why);
	}
	pb_irqctx_fini(&c);
	return 0;
}

int pb_posted_intel_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	return judge(run, rule, out, &intel);
}

int pb_posted_amd_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	return judge(run, rule, out, &amd);
}
