/*
 * Was a queue depth held? One definition for the run, which marks steps, and
 * the analyzers, which explain them.
 */
#ifndef PB_LIB_HELD_H
#define PB_LIB_HELD_H

#include <math.h>
#include <stdbool.h>

/* What is held may differ from the target by this share (docs/rules.md valid-depth, from A1: 5%) ... */
#define PB_HELD_SHARE 0.05
/*
 * ... or by this many I/Os: between a completion and its successor a job has one I/O less in flight,
 * for as long as it takes to submit. At depth 1 on a fast disk that alone is more than 5%.
 */
#define PB_HELD_SLACK 0.1

/* False for NAN. */
static inline bool pb_depth_held(double target, double mean)
{
	double share = PB_HELD_SHARE * target;

	return fabs(mean - target) <= (share > PB_HELD_SLACK ? share : PB_HELD_SLACK);
}

#endif
