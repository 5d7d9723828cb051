/*
 * Reads who shares the path from host/pcie.csv and how busy they were from the rows of kind "neighbour" in
 * host/interrupts.csv. Posted interrupts of another guest do not show there, so silence proves nothing.
 */
#include "analyzers/neighbours.h"

#include "analyzers/rates.h"
#include "analyzers/vectors.h"

void pb_neighbours_read(struct pb_neighbours *n, struct pb_run *run, int64_t t0_ns, int64_t t1_ns)
{
	const struct pb_table *t = pb_run_table(run, "host/pcie.csv");
	int disks = t ? pb_table_col(t, "shared_disks") : -1, with = t ? pb_table_col(t, "shared_with") : -1;
	struct pb_vectors vs;

	*n = (struct pb_neighbours){.with = "", .port = "", .rate = NAN};
	for (size_t row = 0; t && row < pb_table_rows(t); row++) {
		int64_t v = pb_table_i64(t, row, disks);

		n->known = n->known || v != PB_NA;
		if (v <= n->disks)
			continue;
		n->disks = v;
		n->with = pb_table_str(t, row, with);
		n->port = pb_table_str(t, row, pb_table_col(t, "bdf"));
	}
	if (n->disks == 0 || pb_vectors_read(&vs, pb_run_table(run, "host/interrupts.csv"), NULL, "neighbour",
					     t0_ns, t1_ns) < 0)
		return;
	n->rate = vs.rate;
	pb_vectors_fini(&vs);
}
