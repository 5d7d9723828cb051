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

/*
 * The guest's table has the vectors of every nvme and virtio device in it. The disk's own: those of its
 * NVMe controller ("nvme0n1" has nvme0q1), or a virtio disk's request queues ("virtio1-req.0").
 */
static bool is_disks(const char *vector, const char *disk)
{
	size_t ctrl = strncmp(disk, "nvme", 4) == 0 ? 4 + strspn(disk + 4, "0123456789") : 0;

	if (ctrl)
		return strncmp(vector, disk, ctrl) == 0 && vector[ctrl] == 'q';
	return strncmp(disk, "vd", 2) == 0 && strstr(vector, "-req") != NULL;
}

static void keep_disks(struct pb_vectors *vs, const char *disk)
{
	size_t n = 0;

	vs->rate = NAN;
	for (size_t i = 0; i < vs->n; i++) {
		if (!is_disks(vs->v[i].name, disk))
			continue;
		if (!isnan(vs->v[i].rate))
			vs->rate = isnan(vs->rate) ? vs->v[i].rate : vs->rate + vs->v[i].rate;
		vs->v[n++] = vs->v[i];
	}
	vs->n = n;
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
	keep_disks(&c->guest, pb_run_guest_dev(run, ""));
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
