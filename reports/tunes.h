/*
 * Applied changes of a run: tune/N-RULE/tune.json and its steps.csv. These folders belong to
 * another stage and may be half-written, so a broken one is described, not an error.
 */
#ifndef PB_REPORTS_TUNES_H
#define PB_REPORTS_TUNES_H

#include <jansson.h>

#include "reports/steps.h"

struct pb_tune {
	char dir[160];         /* "tune/1-R-I2" */
	json_t *doc;           /* tune.json; NULL when it could not be read */
	char broken[256];      /* why something could not be read, or "" */
	struct pb_steps steps; /* phases a and b; may be empty */
};

struct pb_tunes {
	struct pb_tune *v;
	size_t n;
};

/* Reads all folders below tune/ of dirfd, in natural order. 0 or -ENOMEM. */
int pb_tunes_read(struct pb_tunes *t, int dirfd, struct pb_err *err);
void pb_tunes_fini(struct pb_tunes *t);

#endif
