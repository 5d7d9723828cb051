/*
 * The comparison of paths as rows of text, for the page and for Markdown: read
 * from the params of the finding path-choice (docs/findings.md).
 */
#ifndef PB_REPORTS_PATHROWS_H
#define PB_REPORTS_PATHROWS_H

#include <stdbool.h>

#include "engine/lib/findings.h"
#include "reports/format.h"

#define PB_PATHROW_CELLS 4 /* IOPS, p50, p99, host CPU per I/O */

struct pb_pathrow {
	const char *name;   /* borrowed */
	const char *failed; /* why there are no numbers, NULL = there are; borrowed */
	int64_t depth, visits;
	struct pb_text median[PB_PATHROW_CELLS];
	struct pb_text ratio[PB_PATHROW_CELLS]; /* "x0.95 [0.93..0.97]"; "" for the first arm */
};

/* The arms of the comparison, NULL when the findings hold none. Borrowed. */
const json_t *pb_pathrows_arms(const struct pb_findings *fs);
/*
 * The row of the first arm with that kind of attachment (what stands before the comma) at the largest depth,
 * for a reader who wants one. False when there is no such arm, or nothing to compare it with. row borrows
 * from arms.
 */
bool pb_pathrows_of(const json_t *arms, const char *attach, struct pb_pathrow *row);
/* Calls each(arg, row) for every arm and depth, depth by depth, so that rows that belong together stand
 * together. */
void pb_pathrows_each(const json_t *arms, void (*each)(void *arg, const struct pb_pathrow *row), void *arg);

#endif
