/*
 * Reading /proc/interrupts twice and comparing.
 */
#include "engine/run/tune/irq_effect.h"

#include <errno.h>
#include <string.h>

#include "engine/collectors/irqcount.h"

int pb_irq_counts_read(const struct pb_root *root, const char *name, struct pb_irq_counts *c,
		       struct pb_err *err)
{
	struct pb_buf text = {0};
	struct pb_irqtext it;
	struct pb_irq_line line;
	int rc = pb_root_slurp(root, &text, "/proc/interrupts");

	memset(c, 0, sizeof(*c));
	if (rc == 0)
		rc = pb_irqtext_begin(&it, text.data, text.len);
	if (rc < 0) {
		pb_buf_fini(&text);
		return pb_fail(err, PB_MISSING, -rc, "cannot read /proc/interrupts: %s", strerror(-rc));
	}
	while (!c->found && pb_irqtext_next(&it, &line)) {
		if (strcmp(line.name, name) != 0)
			continue;
		c->found = true;
		for (size_t i = 0; i < line.n; i++) {
			unsigned cpu = it.cpu[i];

			if (cpu >= PB_EFFECT_CPUS)
				continue;
			c->cpu[cpu] = line.count[i];
			c->n = cpu + 1 > c->n ? cpu + 1 : c->n;
		}
	}
	pb_irqtext_fini(&it);
	pb_buf_fini(&text);
	return 0;
}

void pb_irq_counts_add_delta(uint64_t *sum, const struct pb_irq_counts *before,
			     const struct pb_irq_counts *after)
{
	if (!before->found || !after->found)
		return;
	for (unsigned i = 0; i < after->n; i++)
		sum[i] += pb_irqcount_delta(before->cpu[i], after->cpu[i]);
}

int pb_irq_counts_top(const uint64_t *sum, double *share)
{
	uint64_t total = 0;
	int top = -1;

	for (int i = 0; i < PB_EFFECT_CPUS; i++) {
		total += sum[i];
		if (sum[i] && (top < 0 || sum[i] > sum[top]))
			top = i;
	}
	*share = total ? (double)sum[top] / (double)total : 0;
	return top;
}
