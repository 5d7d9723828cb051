/*
 * Gathers what the interrupt rules look at. Decides one thing only: whether
 * interrupts are remapped or posted, from the counters' behaviour.
 */
#include "analyzers/irqctx.h"

#include <string.h>

#include "analyzers/run.h"

static enum pb_irq_mode mode_of(const struct pb_irqctx *c)
{
	if (isnan(c->ratio))
		return PB_IRQ_UNKNOWN;
	if (c->ratio >= PB_IRQ_RATIO_REMAPPED)
		return PB_IRQ_REMAPPED;
	/* Few host interrupts per completion can also be coalescing: only the guest's own count tells. */
	if (c->by_completions)
		return PB_IRQ_UNKNOWN;
	return c->ratio <= PB_IRQ_RATIO_POSTED ? PB_IRQ_POSTED : PB_IRQ_MIXED;
}

static double ratio_of(struct pb_irqctx *c)
{
	c->by_completions = !(c->guest.rate >= PB_IRQ_MOVING);
	if (isnan(c->host.rate))
		return NAN;
	if (!c->by_completions)
		return c->host.rate / c->guest.rate;
	return c->have_window && c->top.iops > 0 ? c->host.rate / c->top.iops : NAN;
}

int pb_irqctx_init(struct pb_irqctx *c, struct pb_run *run)
{
	bool vfio = strcmp(pb_run_path(run), "vfio") == 0;
	const struct pb_table *host = pb_run_table(run, "host/interrupts.csv"), *guest, *masks;
	const struct pb_point *top;
	struct pb_sweep s;
	int ret;

	*c = (struct pb_irqctx){.ratio = NAN, .host = {.rate = NAN}, .guest = {.rate = NAN}};
	pb_sweep_read(&s, run);
	top = pb_sweep_top(&s);
	guest = pb_run_table(run,
			     pb_run_guest_file(run, c->guest_file, sizeof(c->guest_file), "interrupts.csv"));
	masks = pb_run_table(run, "host/affinity.csv");
	c->have_host_file = host != NULL;
	c->have_guest_file = guest != NULL;
	c->have_window = top != NULL;
	if (!top)
		return 0;
	c->top = *top;
	ret = pb_vectors_read(&c->host, host, masks, vfio ? "vfio" : "device", top->t0_ns, top->t1_ns);
	if (ret == 0)
		ret = pb_vectors_read(&c->guest, guest, NULL, "device", top->t0_ns, top->t1_ns);
	if (ret < 0) {
		pb_irqctx_fini(c);
		return ret;
	}
	if (vfio) {
		c->ratio = ratio_of(c);
		c->mode = mode_of(c);
	}
	return 0;
}

void pb_irqctx_fini(struct pb_irqctx *c)
{
	pb_vectors_fini(&c->host);
	pb_vectors_fini(&c->guest);
}
