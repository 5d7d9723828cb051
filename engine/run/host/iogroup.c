/*
 * Walks the cgroup tree. Groups come and go: one that has gone between its being listed and read is left out.
 */
#include "engine/run/host/iogroup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 4096
#define DEPTH_MAX 12
#define NO_LIMIT "rbps=max wbps=max riops=max wiops=max"

/* With version 1 beside it, version 2 is mounted one level down. */
static const char *mount_of(const struct pb_root *root)
{
	static const char *const mount[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

	for (size_t i = 0; i < sizeof(mount) / sizeof(mount[0]); i++)
		if (pb_root_exists(root, "%s/cgroup.controllers", mount[i]))
			return mount[i];
	return NULL;
}

/* What stands behind "DEV " in a file of lines; NULL = no such line. */
static const char *line_of(const char *text, const char *dev)
{
	size_t len = strlen(dev);

	for (const char *at = text; at && *at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, dev, len) == 0 && at[len] == ' ')
			return at + len + 1;
	}
	return NULL;
}

static int64_t field(const char *line, const char *key)
{
	const char *at = line ? strstr(line, key) : NULL;
	int64_t v = 0;

	return at && at < line + strcspn(line, "\n") && sscanf(at + strlen(key), "%" SCNd64, &v) == 1 ? v : 0;
}

static int add(struct pb_iogroups *g, const struct pb_root *root, const char *path, const char *dev)
{
	struct pb_buf text = {0};
	const char *line;
	struct pb_iogroup *v;

	if (!pb_root_exists(root, "%s/io.max", path) || pb_root_slurp(root, &text, "%s/io.stat", path) < 0) {
		pb_buf_fini(&text);
		return 0;
	}
	line = line_of(text.data ? text.data : "", dev);
	v = line ? reallocarray(g->v, g->n + 1, sizeof(*v)) : NULL;
	if (v) {
		g->v = v;
		snprintf(v[g->n].path, sizeof(v[g->n].path), "%s", path);
		v[g->n++].bytes = field(line, "rbytes=") + field(line, "wbytes=");
	}
	pb_buf_fini(&text);
	return line && !v ? -ENOMEM : 0;
}

static int walk(struct pb_iogroups *g, const struct pb_root *root, const char *path, const char *dev,
		unsigned depth, unsigned *seen)
{
	struct pb_strv names = {0};
	int rc = depth ? add(g, root, path, dev) : 0;

	if (depth < DEPTH_MAX)
		pb_root_list(root, &names, "%s", path);
	for (size_t i = 0; i < names.n && rc == 0; i++) {
		char sub[PB_IOGROUP_PATH];
		int len = snprintf(sub, sizeof(sub), "%s/%s", path, names.v[i]);

		if (len < 0 || (size_t)len >= sizeof(sub) || !pb_root_exists(root, "%s/cgroup.procs", sub) ||
		    ++*seen > GROUPS_MAX)
			continue;
		rc = walk(g, root, sub, dev, depth + 1, seen);
	}
	pb_strv_fini(&names);
	return rc;
}

int pb_iogroups_read(const struct pb_root *root, const char *dev, struct pb_iogroups *g, struct pb_err *err)
{
	const char *mount = mount_of(root);
	unsigned seen = 0;
	char on[512] = "";
	int rc;

	*g = (struct pb_iogroups){0};
	if (!mount)
		return pb_fail(err, PB_MISSING, ENOENT,
			       "no cgroup v2 here: nobody's share of a disk can be limited");
	pb_root_read(root, on, sizeof(on), "%s/cgroup.subtree_control", mount);
	if (!strstr(on, "io"))
		return pb_fail(err, PB_MISSING, ENOENT,
			       "the io controller of %s is not on for the groups below it: echo +io > "
			       "%s/cgroup.subtree_control",
			       mount, mount);
	rc = walk(g, root, mount, dev, 0, &seen);
	if (rc < 0) {
		pb_iogroups_fini(g);
		return pb_fail(err, PB_MISSING, -rc, "out of memory");
	}
	return 0;
}

void pb_iogroups_fini(struct pb_iogroups *g)
{
	free(g->v);
	*g = (struct pb_iogroups){0};
}

static int64_t bytes_before(const struct pb_iogroups *before, const char *path)
{
	for (size_t i = 0; i < before->n; i++)
		if (strcmp(before->v[i].path, path) == 0)
			return before->v[i].bytes;
	return -1;
}

/* True when `own` is the group or lies below it. own is as /proc/PID/cgroup has it, path with its mount. */
static bool holds(const char *path, const char *own)
{
	const char *mounts[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
	size_t len;

	for (size_t i = 0; i < 2; i++)
		if (strncmp(path, mounts[i], strlen(mounts[i])) == 0) {
			path += strlen(mounts[i]);
			break;
		}
	len = strlen(path);
	return strncmp(own, path, len) == 0 && (own[len] == '/' || own[len] == '\0');
}

int pb_iogroups_busiest(const struct pb_iogroups *before, const struct pb_iogroups *after, const char *own,
			double seconds, double *bytes_s)
{
	int64_t most = 0;
	int found = -1;

	for (size_t i = 0; i < after->n; i++) {
		int64_t was = bytes_before(before, after->v[i].path), moved = after->v[i].bytes - was;

		if (was < 0 || holds(after->v[i].path, own) || moved < most || moved <= 0)
			continue;
		most = moved; /* children come later: of equals the innermost */
		found = (int)i;
	}
	*bytes_s = found < 0 ? 0 : (double)most / seconds;
	return found;
}

int pb_iogroup_limit(const struct pb_root *root, const char *path, const char *dev, char *buf, size_t size)
{
	struct pb_buf text = {0};
	int rc = pb_root_slurp(root, &text, "%s/io.max", path);
	const char *line = rc < 0 ? NULL : line_of(text.data ? text.data : "", dev);

	if (line)
		snprintf(buf, size, "%.*s", (int)strcspn(line, "\n"), line);
	else if (rc == 0)
		snprintf(buf, size, "%s", NO_LIMIT);
	pb_buf_fini(&text);
	return rc;
}
