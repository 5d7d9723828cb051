/*
 * What the machine was while a run was measured: names that a person knows, with values, from the manifest
 * and host/pcie.csv. What is not known has no entry. Compares nothing.
 */
#ifndef PB_COMPARE_ENVIRONMENT_H
#define PB_COMPARE_ENVIRONMENT_H

#include <stdbool.h>

#include "engine/lib/buf.h"
#include "engine/lib/err.h"
#include "engine/lib/rundir.h"

struct pb_environment {
	struct pb_strv
		kv; /* name, value, name, value ...: "host kernel", "guest kernel", "QEMU", "disk firmware" */
};

int pb_environment_read(struct pb_environment *e, const char *dir,
			struct pb_err *err); /* verifies the hashes */
int pb_environment_of(struct pb_environment *e, const struct pb_rundir *d, struct pb_err *err);
void pb_environment_fini(struct pb_environment *e);

/* NULL when it is not known. Borrowed. */
const char *pb_environment_get(const struct pb_environment *e, const char *name);
/*
 * Does the name say what was measured (disk, attachment, cache mode, profile) and not on which machine and
 * with which versions? Differences in those are a choice of whoever compares.
 */
bool pb_environment_is_subject(const char *name);

#endif
