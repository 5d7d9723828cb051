/*
 * `passbench check`: what this host can measure, what is unsafe, what is
 * misconfigured. Reads only.
 */
#ifndef PB_RUN_CHECK_H
#define PB_RUN_CHECK_H

#include <jansson.h>

#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"
#include "engine/run/guest/guest.h"

/*
 * *items: array of {area, name, state: "ok"|"info"|"warning"|"unsafe"|"missing", text, action}. disk may be
 * NULL (then the host only, and the disks there are). Returns the exit status the items deserve (0, 3 or 5),
 * or -errno.
 */
int pb_check(const struct pb_root *root, const char *disk, const struct pb_guest_spec *spec, json_t **items,
	     struct pb_err *err);

#endif
