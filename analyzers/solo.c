/*
 * Reads the manifest's `solo` and holds it against this run's curve. What a difference means is said by the
 * families limit and neighbour.
 */
#include "analyzers/solo.h"

#include <math.h>

#include "analyzers/run.h"
#include "engine/lib/json.h"

void pb_solo_read(struct pb_solo *o, const struct pb_run *run, const struct pb_sweep *valid)
{
	const json_t *points = json_object_get(pb_run_section(run, "solo"), "points"), *j;
	size_t k;

	*o = (struct pb_solo){.p99_ns = NAN, .joint_p99_ns = NAN, .ratio = NAN, .ratio_lo = NAN};
	json_array_foreach(points, k, j)
	{
		int64_t depth = pb_json_i64(j, "depth", 0);
		double iops = pb_json_num(j, "iops", NAN), lo = pb_json_num(j, "iops_lo", NAN);

		for (unsigned i = 0; i < valid->n; i++) {
			const struct pb_point *p = &valid->p[i];

			if (p->depth != depth || depth <= o->depth || !(iops > 0) || !(p->iops > 0))
				continue;
			*o = (struct pb_solo){.known = true,
					      .depth = depth,
					      .iops = iops,
					      .joint_iops = p->iops,
					      .p99_ns = pb_json_num(j, "lat_p99_ns", NAN),
					      .joint_p99_ns = p->p99_ns,
					      .ratio = iops / p->iops,
					      .ratio_lo = lo / p->iops_hi};
		}
	}
}
