/*
 * The limit of the guest's queues for the disk: nr_requests of every queue that is in use. Which queues are
 * is seen in the guest's vectors; what to change is said by the depth family.
 */
#include "analyzers/qlimit.h"

#include <math.h>

#include "analyzers/irqctx.h"
#include "analyzers/run.h"
#include "engine/lib/json.h"

/* [ours] a queue that takes less than a tenth of the busiest one's completions is not in use */
#define IN_USE 0.1
/* docs/rules.md A2 (c) */
#define FLAT_RATIO 1.05

static void read_used(struct pb_qlimit *q, struct pb_run *run)
{
	double most = 0, sum = 0;
	struct pb_irqctx c;

	if (pb_irqctx_init(&c, run) < 0)
		return;
	for (size_t i = 0; i < c.guest.n; i++) {
		double rate = c.guest.v[i].rate;

		if (!(rate >= PB_IRQ_MOVING))
			continue;
		sum += rate;
		most = fmax(most, rate);
	}
	for (size_t i = 0; i < c.guest.n && most > 0; i++)
		q->used += c.guest.v[i].rate >= IN_USE * most;
	q->used_known = most > 0;
	q->busiest = most > 0 ? most / sum : NAN;
	pb_irqctx_fini(&c);
}

void pb_qlimit_read(struct pb_qlimit *q, struct pb_run *run, const struct pb_sweep *s)
{
	const json_t *disk = json_object_get(pb_run_section(run, "guest"), "disk");
	const struct pb_point *before = NULL, *last = s->n ? &s->p[s->n - 1] : NULL;

	*q = (struct pb_qlimit){.nr_requests = pb_json_i64(disk, "nr_requests", PB_NA),
				.queues = pb_json_i64(disk, "queues", PB_NA),
				.busiest = NAN};
	read_used(q, run);
	if (!q->used_known)
		q->used = q->queues > 0 ? q->queues : 0;
	if (q->nr_requests > 0 && q->used > 0)
		q->limit = q->nr_requests * q->used;
	for (unsigned i = 0; i < s->n; i++)
		q->in_flight = fmax(q->in_flight, s->p[i].mean_depth);
	for (unsigned i = 0; i < s->n && q->limit > 0 && !q->at; i++)
		if (s->p[i].mean_depth >= PB_QLIMIT_SHARE * (double)q->limit)
			q->at = &s->p[i];
	for (unsigned i = 0; q->at && i < s->n; i++)
		if (2 * s->p[i].depth <= q->at->depth)
			before = &s->p[i];
	q->hit = before && q->at->iops > FLAT_RATIO * before->iops && q->at->iops_lo > before->iops &&
		 (last == q->at || !(last->iops_lo > FLAT_RATIO * q->at->iops));
}
