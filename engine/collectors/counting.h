/*
 * Counter groups on this machine: each event of a group turned into what perf_event_open takes, and tried
 * in a disposable child before anything is opened in earnest.
 */
#ifndef PB_COLLECTORS_COUNTING_H
#define PB_COLLECTORS_COUNTING_H

#include "engine/collectors/perfcount.h"
#include "engine/lib/counters.h"
#include "engine/lib/sysfs.h"

struct pb_counting {
	struct pb_counters g;
	struct pb_perf_event event[PB_COUNTERS_EVENTS_MAX]; /* in the group's order */
	bool partly;                                        /* some events but the first cannot be counted */
};

/*
 * Loads the group and tries it. 0 when this machine can count it; `why` then names what is left out, if
 * anything. Else -errno with why ("no PMU: ..."): -EINVAL when the text is wrong or no event of the running
 * CPU, -ENOENT also when there is no such group, -ENOMSG when only default groups are wanted and it is none
 * (then nothing was tried).
 */
int pb_counting_prepare(struct pb_counting *c, const struct pb_root *root, const char *name,
			bool only_default, char *why, size_t size);

#endif
