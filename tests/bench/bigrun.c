/*
 * A run directory with many rows, for bench_analyze.sh: the unit tests' example machine (mkrun.h), sampled so
 * often that its tables hold about as many rows as asked for. Prints nothing and measures nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/mkrun_model.h"

static int64_t tick_ns;

/* Every table's loop steps by this. */
#undef MK_TICK
#define MK_TICK tick_ns
#include "tests/unit/mkrun.h"

/* Rows per instant, all tables of the example taken together. */
#define ROWS_PER_TICK 30

int main(int argc, char **argv)
{
	long rows = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	struct mk_run m;

	if (rows < 1000) {
		fprintf(stderr, "usage: %s DIR ROWS (1000 at least)\n", argv[0]);
		return 2;
	}
	mk_default(&m);
	m.device_share = 1;
	tick_ns = (mk_finish(&m) - MK_T0) / (rows / ROWS_PER_TICK);
	return mk_write(&m, argv[1]) == 0 ? 0 : 1;
}
