/*
 * The few settings of a disk that the host may change in the guest, all of them live and without effect on
 * what the disk holds.
 */
#ifndef PB_AGENT_SETTINGS_H
#define PB_AGENT_SETTINGS_H

#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

#define PB_SETTING_MAX 32 /* bytes of a value with its NUL */

/*
 * The present value of `key` ("nr_requests", "scheduler", "rq_affinity", "coalescing") of the disk called
 * name. PB_USAGE for another key, PB_MISSING when this disk does not have it.
 */
int pb_settings_get(const struct pb_root *root, const char *name, const char *key, char *value, size_t size,
		    struct pb_err *err);
/* Writes it. PB_USAGE for a value that the setting cannot have. What the kernel made of it is
 * pb_settings_get's to say. */
int pb_settings_set(const struct pb_root *root, const char *name, const char *key, const char *value,
		    struct pb_err *err);

#endif
