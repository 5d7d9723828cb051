/*
 * Inside the family limit: what the classes look at, and what each of them answers.
 */
#ifndef PB_ANALYZERS_LIMIT_H
#define PB_ANALYZERS_LIMIT_H

#include "analyzers/load.h"
#include "analyzers/neighbours.h"
#include "analyzers/say.h"
#include "analyzers/solo.h"
#include "analyzers/sweep.h"

enum pb_limit_answer {
	PB_LIMIT_NO,
	PB_LIMIT_YES,
	PB_LIMIT_UNKNOWN, /* a counter is missing: verdict.missing says which */
	PB_LIMIT_ABSENT   /* there is no such resource on this path */
};

struct pb_limit {
	struct pb_run *run;
	struct pb_sweep s;         /* valid points */
	const struct pb_point *at; /* where rates are taken: the deepest depth on the plateau; NULL = none */
	struct pb_load load;
	struct pb_solo solo;
	struct pb_neighbours near;
	double exits_per_io; /* the most frequent of the kinds that cost, NAN = not known */
	const char *exits;   /* its column */
	bool lab, virtio, local, polling;
};

struct pb_limit_verdict {
	enum pb_limit_answer answer;
	struct pb_fact fact;
	char text[400], title[200], missing[300];
	const char *confidence; /* "high" unless said otherwise */
};

struct pb_limit_class {
	const char *name; /* "submitter-cpu": stable, in params.class */
	const char *then; /* what it means for tuning */
	int (*test)(struct pb_limit *l, struct pb_limit_verdict *v); /* 0 or -ENOMEM */
};

/* In the order in which they are asked; ends with .name = NULL. The first that answers yes is the limit. */
extern const struct pb_limit_class pb_limit_classes[];

#endif
