/*
 * What differs between two arms beside what was changed on purpose: environments, and the order of the runs.
 * Reads arms only and blames nobody.
 */
#ifndef PB_COMPARE_DIFFERENCES_H
#define PB_COMPARE_DIFFERENCES_H

#include "engine/compare/arm.h"

struct pb_difference {
	char *name, *base,
		*new_value; /* "6.1.0-13", or with counts where runs of an arm differ: "a (3 runs), b (2)" */
	bool subject;       /* pb_environment_is_subject */
};

struct pb_differences {
	struct pb_difference *v; /* n, in the order of the environment */
	size_t n;
	struct pb_strv
		mixed; /* the same values on both sides, but more than one: "governor: a (3 runs), b (2)" */
	struct pb_strv during; /* what changed while a run was measured: "DIR: governor: a -> b" */
};

/* A name that one arm does not know at all is no difference. 0 or -ENOMEM with a message. */
int pb_differences_find(struct pb_differences *d, const struct pb_arm *base, const struct pb_arm *new_arm,
			struct pb_err *err);
void pb_differences_fini(struct pb_differences *d);

struct pb_turns {
	bool known;     /* every run says when it began */
	bool separated; /* one arm was over before the other began */
	unsigned n;     /* how often the next run was one of the other arm */
	bool base_first;
};

/* From the times at which the runs began. */
struct pb_turns pb_differences_turns(const struct pb_arm *base, const struct pb_arm *new_arm);

#endif
