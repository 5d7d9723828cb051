/*
 * tune.json: what was changed, what the counters did, what was measured and concluded. The decision is
 * tune_decide.c's.
 */
#ifndef PB_RUN_TUNE_TUNE_VERDICT_H
#define PB_RUN_TUNE_TUNE_VERDICT_H

#include "engine/lib/rundir.h"
#include "engine/run/tune/tune.h"

struct pb_tune_tried {
	const struct pb_finding *f;
	const struct pb_verdict *verdict;
	unsigned pairs, depth;
	const char *label[2];     /* of the arms, for people */
	json_t *changes, *effect; /* stolen; as in action.h */
};

/* One element each of those lists; the texts are copied. */
void pb_tune_add_change(json_t *changes, const char *key, const char *path, const char *old, const char *new,
			const char *read_back);
void pb_tune_add_effect(json_t *effect, const char *name, const char *what, const char *before,
			const char *after);
int pb_tune_write(struct pb_rundir *d, const struct pb_tune_tried *t, struct pb_err *err);
/* The verdict in one line, for log.txt and the user. */
void pb_tune_verdict_text(char *buf, size_t size, const char *rule, const struct pb_verdict *v);

#endif
