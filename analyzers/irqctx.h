/*
 * What every interrupt rule needs: the window, the host's and the guest's
 * vectors in it, and how the hardware delivers them to the guest.
 */
#ifndef PB_ANALYZERS_IRQCTX_H
#define PB_ANALYZERS_IRQCTX_H

#include "analyzers/analyzer.h"
#include "analyzers/sweep.h"
#include "analyzers/vectors.h"

enum pb_irq_mode {
	PB_IRQ_UNKNOWN,
	PB_IRQ_REMAPPED, /* every interrupt is taken by the host and injected */
	PB_IRQ_POSTED,   /* written into the vCPU's descriptor: the host's lines stay quiet */
	PB_IRQ_MIXED
};

struct pb_irqctx {
	struct pb_point top;     /* the window: the valid step with the largest throughput */
	struct pb_vectors host;  /* vfio vectors on the vfio path, else the disk's own */
	struct pb_vectors guest; /* the disk's vectors where its driver lives */
	char guest_file[300];    /* the file `guest` came from */
	bool have_window, have_host_file, have_guest_file;
	double ratio; /* host vfio interrupts per guest interrupt (or per completion, see by_completions); NAN
		       */
	bool by_completions; /* the guest's interrupts are unknown: the ratio is against completions */
	enum pb_irq_mode mode;
};

/* 0 or -ENOMEM; call _fini after success. */
int pb_irqctx_init(struct pb_irqctx *c, struct pb_run *run);
void pb_irqctx_fini(struct pb_irqctx *c);

/* docs/rules.md, interrupt mode: the ratio is about 1 when remapped and about 0 when posted; cut-offs are
 * ours. */
#define PB_IRQ_RATIO_REMAPPED 0.5
#define PB_IRQ_RATIO_POSTED 0.1
/* [ours] slower vectors are not in the data path (admin queue) */
#define PB_IRQ_MOVING 10.0

#endif
