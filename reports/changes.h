/*
 * What passbench changed on the host, from the undo logs of a run and of what was applied to it: every change
 * is written there before it is made, and marked when it was put back or kept.
 */
#ifndef PB_REPORTS_CHANGES_H
#define PB_REPORTS_CHANGES_H

#include <stddef.h>

#include "engine/lib/buf.h"
#include "reports/messages.h"

enum pb_change_state {
	PB_CHANGE_STANDS, /* neither put back nor kept: a run that was killed, or a log without its end */
	PB_CHANGE_UNDONE,
	PB_CHANGE_KEPT /* on purpose, by tune */
};

struct pb_change {
	char *log;              /* "undo.log", "tune/1-R-I2/undo.log" */
	char *kind;             /* "bind", "write", "affinity", "pin" ... */
	char *what, *old, *now; /* what was changed, its value before, the value written */
	long long seq;
	enum pb_change_state state;
};

struct pb_changes {
	struct pb_change *v;
	size_t n;
	size_t logs;    /* logs that could be read */
	size_t damaged; /* lines that are no entry: the last one of a killed run was never carried out */
};

/* Appends what the log at path below dirfd holds; a log that is not there adds nothing. 0 or -ENOMEM. */
int pb_changes_read(struct pb_changes *c, int dirfd, const char *path);
void pb_changes_fini(struct pb_changes *c);
/*
 * How often the same change stands in the list from i on (tune writes a setting before every window); 0 when
 * an equal one stands before i, so that a table shows each once.
 */
size_t pb_change_times(const struct pb_changes *c, size_t i);
enum pb_message pb_change_word(enum pb_change_state state); /* CHANGE_STANDS, CHANGE_UNDONE, CHANGE_KEPT */
const char *pb_change_name(enum pb_change_state state);     /* "stands", "undone", "kept" */

#endif
