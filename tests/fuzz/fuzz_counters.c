/*
 * Fuzz target for counter groups and the formulas in them: a group is a file that anybody may write.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/counters.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct pb_counters *g)
{
	static const double values[][PB_COUNTERS_EVENTS_MAX + 1] = {
		{1, 2, 3, 4, 5, 6, 7, 8, 9}, {0}, {1e308, 1e308, -1e308, 1e-308}};

	if (!g->n_events || g->n_events > PB_COUNTERS_EVENTS_MAX || g->n_metrics > PB_COUNTERS_METRICS_MAX)
		abort();
	for (size_t m = 0; m < g->n_metrics; m++)
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
			if (isinf(pb_expr_eval(&g->metric[m].formula, values[i])))
				abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_counters *g = malloc(sizeof(*g));

	if (!g)
		return 0;
	if (!pb_counters_parse(g, "fuzz", (const char *)data, size, &err))
		check(g);
	else if (!err.msg[0])
		abort(); /* a refusal without a reason */
	free(g);
	return 0;
}
