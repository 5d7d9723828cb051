/*
 * One kind of change that tune makes by itself while the guest runs: one file
 * and one line in actions.def each. An action resolves what a finding names to what exists
 * now, sets it through the undo log, and counts whether it took effect. Measuring in turns is
 * tune.c's, the decision tune_decide.c's, the way back undo.c's.
 */
#ifndef PB_RUN_TUNE_ACTION_H
#define PB_RUN_TUNE_ACTION_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/lib/findings.h"
#include "engine/run/session.h"
#include "engine/run/host/undo.h"

/* What an action may look at. Borrowed while the action is open. */
struct pb_action_target {
	const struct pb_root *root;
	struct pb_undo *undo;
	const char *bdf;                   /* the disk's, "" = none */
	pid_t qemu_pid;                    /* 0 = none */
	const struct pb_guest_link *guest; /* its agent, and the disk there */
	const struct pb_finding *f;
};

struct pb_action {
	const char *kind; /* `kind` in the params of the findings it applies */
	const char *help; /* one line for `passbench list actions` */
	/* It takes a new guest for each arm: tune_restart.c visits them, and there is nothing below but fits.
	 */
	bool restart;
	/* It takes from somebody else: done only when the finding's rule was asked for by name. */
	bool takes;
	/* Is the finding complete enough to be applied? Looks at the finding only. */
	bool (*fits)(const struct pb_finding *f);
	/* Finds what the finding names. Changes nothing. PB_MISSING when it does not exist (any more),
	 * PB_UNSAFE for what must not be touched. */
	int (*open)(void **state, const struct pb_action_target *t, struct pb_err *err);
	/* Makes the change, journalled and read back. The way back is the undo log's. */
	int (*set)(void *state, struct pb_err *err);
	/* Reads the effect counters right before and right after a window of arm 0 (as found) or 1 (changed).
	 * count() keeps the difference; a window that is measured again begins again. */
	int (*begin)(void *state, struct pb_err *err);
	int (*count)(void *state, unsigned arm, struct pb_err *err);
	/* After all windows: did the counters follow the change? */
	bool (*effective)(const void *state);
	/* NULL, or who else writes what was changed: then the change is taken back and not fought for. May be
	 * NULL itself. */
	const char *(*fought)(const void *state);
	/* New references: what was changed [{key, path, old, new, read_back}], and what the counters did
	 * [{name, what, before, after}] with texts for people. */
	json_t *(*changes)(const void *state);
	json_t *(*effect)(const void *state);
	void (*close)(void *state); /* state may be NULL */
};

#define PB_ACTION(id) extern const struct pb_action pb_action_##id;
#include "engine/run/tune/actions.def"
#undef PB_ACTION

extern const struct pb_action *const pb_actions[]; /* NULL-terminated, in the table's order */

/* The action that applies this finding, or NULL. */
const struct pb_action *pb_action_for(const struct pb_finding *f);

#endif
