/*
 * The numbers of one compared metric in a person's units.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/cli/compare_forms.h"
#include "reports/format.h"

#define DASH "\xe2\x80\x93"

static void median(char *out, size_t size, double v, const char *unit)
{
	snprintf(out, size, "%s", strcmp(unit, "us") ? pb_format_unit(v, unit).s : pb_format_ns(1e3 * v).s);
}

void pb_compare_cells(struct pb_compare_cells *t, const struct pb_compared *m)
{
	median(t->base, sizeof(t->base), m->base_median, m->unit);
	median(t->new_value, sizeof(t->new_value), m->new_median, m->unit);
	if (isnan(m->ratio.est))
		snprintf(t->change, sizeof(t->change), DASH);
	else if (isnan(m->ratio.lo) || isnan(m->ratio.hi))
		snprintf(t->change, sizeof(t->change), "%+.1f%%", 100 * (m->ratio.est - 1));
	else
		snprintf(t->change, sizeof(t->change), "%+.1f%% (%+.1f to %+.1f)", 100 * (m->ratio.est - 1),
			 100 * (m->ratio.lo - 1), 100 * (m->ratio.hi - 1));
	if (isnan(m->q))
		snprintf(t->q, sizeof(t->q), DASH);
	else
		snprintf(t->q, sizeof(t->q), m->q < 0.0001 ? "<0.0001" : "%.2g", m->q);
	if (isnan(m->detectable))
		snprintf(t->seen, sizeof(t->seen), DASH);
	else
		snprintf(t->seen, sizeof(t->seen), "%.1f%%%s", 100 * m->detectable,
			 m->company > 1 ? "*" : "");
}
