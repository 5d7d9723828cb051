/*
 * A change of a cgroup's io.max for one disk. Its file has a line for each limited disk and none for others,
 * so what is journalled is that line, or what says "no limit".
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/run/host/iogroup.h"
#include "engine/run/host/undo_ops.h"

int pb_change_iomax_read(const struct pb_root *root, struct pb_change *c, struct pb_err *err)
{
	int rc = pb_iogroup_limit(root, c->key, c->name, c->old, sizeof(c->old));

	return rc < 0 ? pb_fail(err, PB_MISSING, -rc, "cannot read %s/io.max: %s", c->key, strerror(-rc)) : 0;
}

/* A group that has gone took its limit along. */
int pb_change_iomax_set(const struct pb_root *root, const struct pb_change *c, const char *value,
			struct pb_err *err)
{
	char line[700], now[512];
	int rc;

	snprintf(line, sizeof(line), "%s %s", c->name, value);
	rc = pb_root_write(root, line, "%s/io.max", c->key);
	if (rc == -ENOENT || rc == -ENODEV)
		return -ENOENT;
	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "cannot write '%s' to %s/io.max: %s", line, c->key,
			       strerror(-rc));
	rc = pb_iogroup_limit(root, c->key, c->name, now, sizeof(now));
	if (rc < 0 || strcmp(now, value) != 0)
		return pb_fail(err, PB_MISSING, EIO,
			       "%s/io.max says '%s' of %s after '%s' was written: the kernel did not take it",
			       c->key, rc < 0 ? "" : now, c->name, value);
	return 0;
}
