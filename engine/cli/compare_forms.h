/*
 * A comparison as people and programs read it: for the terminal, for a pull request, for a CI system, for
 * scripts. Names and values from the runs are escaped for each. Writes no file and chooses no exit status.
 */
#ifndef PB_CLI_COMPARE_FORMS_H
#define PB_CLI_COMPARE_FORMS_H

#include <jansson.h>

#include "engine/compare/compare.h"

/* Each appends to b. 0 or -ENOMEM. */
int pb_compare_text(struct pb_buf *b, const struct pb_comparison *c);
int pb_compare_markdown(struct pb_buf *b, const struct pb_comparison *c);
/* One case per metric, after one for the comparison as a whole. timestamp: RFC 3339, or NULL. */
int pb_compare_junit(struct pb_buf *b, const struct pb_comparison *c, const char *timestamp);
/* docs/compare.md has its schema. New reference; NULL on no memory. */
json_t *pb_compare_json(const struct pb_comparison *c, const struct pb_arm *base,
			const struct pb_arm *new_arm);

/* A metric's numbers as texts, shared by the forms. */
struct pb_compare_cells {
	char base[96], new_value[96], change[96], q[24], seen[40];
};
void pb_compare_cells(struct pb_compare_cells *t, const struct pb_compared *m);

#endif
