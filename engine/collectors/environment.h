/*
 * The settings and versions of the host that can change a result, as one flat object of texts: the manifest's
 * `environment`, made to be compared key by key between two runs (docs/run-directory.md).
 */
#ifndef PB_COLLECTORS_ENVIRONMENT_H
#define PB_COLLECTORS_ENVIRONMENT_H

#include <jansson.h>

#include "engine/lib/sysfs.h"

/*
 * A new object of key and text; null where the host has no such setting or does not let it be read, "" where
 * it is set to nothing. Keys of modules and vulnerabilities ("kvm.halt_poll_ns", "vulnerability.mds") are
 * there only when the kernel lists them. 0 or -ENOMEM.
 */
int pb_environment(const struct pb_root *root, json_t **out);

/*
 * A new object {key: [before, after]} of the keys whose text differs. A key that one side does not know (a
 * module loaded meanwhile) is no change. NULL on no memory.
 */
json_t *pb_environment_changes(const json_t *before, const json_t *after);

#endif
