/*
 * Somebody else writes what tune has just changed: who that may be, in words. A fight is told and not joined.
 */
#ifndef PB_RUN_TUNE_FIGHT_H
#define PB_RUN_TUNE_FIGHT_H

#include <stddef.h>

#include "engine/lib/sysfs.h"

struct pb_fight {
	const char *what;         /* "smp_affinity_list of vfio-msix[0](..)" */
	const char *ours, *found; /* what was written, what stood there at the window's end */
};

/* The reason for taking the change back, with the daemons that run here and are known to do such things. */
void pb_fight_text(char *buf, size_t size, const struct pb_root *root, const struct pb_fight *f);

/* What an action was told: the first member of its state. */
struct pb_fought {
	char text[300]; /* "" = nobody */
};
/* pb_action's `fought` for every state that begins with struct pb_fought. Borrowed from state. */
const char *pb_fought_told(const void *state);

#endif
