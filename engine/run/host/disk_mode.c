/*
 * Cache mode from QMP's query-block, way of submitting from /proc of QEMU. Only reads.
 */
#include "engine/run/host/disk_mode.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/buf.h"
#include "engine/lib/json.h"
#include "engine/run/host/cache_mode.h"

static bool on(const json_t *cache, const char *key)
{
	return json_is_true(json_object_get(cache, key));
}

int pb_disk_mode_cache(struct pb_disk_mode *m, const json_t *blocks, const char *node, struct pb_err *err)
{
	const json_t *block, *cache = NULL;
	const struct pb_cache_mode *mode;
	size_t i;

	json_array_foreach(blocks, i, block)
	{
		const json_t *in = json_object_get(block, "inserted");

		if (!strcmp(pb_json_str(in, "node-name", ""), node))
			cache = json_object_get(in, "cache");
	}
	if (!json_is_object(cache))
		return pb_fail(err, PB_MISSING, ENODEV, "QEMU's query-block does not say how %s is cached",
			       node);
	mode = pb_cache_mode_of(on(cache, "writeback"), on(cache, "direct"), on(cache, "no-flush"));
	snprintf(m->cache, sizeof(m->cache), "%s", mode ? mode->name : "?");
	return 0;
}

static bool has_ring(const struct pb_root *root, pid_t qemu, const struct pb_strv *fds)
{
	char target[128];

	for (size_t i = 0; i < fds->n; i++)
		if (pb_root_link(root, target, sizeof(target), "/proc/%d/fd/%s", (int)qemu, fds->v[i]) >= 0 &&
		    !strcmp(target, "anon_inode:[io_uring]"))
			return true;
	return false;
}

int pb_disk_mode_aio(struct pb_disk_mode *m, const struct pb_root *root, pid_t qemu, struct pb_err *err)
{
	struct pb_buf maps = {0};
	struct pb_strv fds = {0};
	const char *aio = "threads";
	int rc = pb_root_slurp(root, &maps, "/proc/%d/maps", (int)qemu);

	if (rc == 0)
		rc = pb_root_list(root, &fds, "/proc/%d/fd", (int)qemu);
	/* io_setup(2) maps its ring as "[aio]"; an io_uring is a descriptor */
	if (rc >= 0 && maps.data && strstr(maps.data, "[aio]"))
		aio = "native";
	else if (rc >= 0 && has_ring(root, qemu, &fds))
		aio = "io_uring";
	pb_strv_fini(&fds);
	pb_buf_fini(&maps);
	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "cannot read how QEMU (pid %d) submits: %s", (int)qemu,
			       strerror(-rc));
	snprintf(m->aio, sizeof(m->aio), "%s", aio);
	return 0;
}

void pb_disk_mode_text(char *buf, size_t size, const struct pb_disk_mode *m)
{
	snprintf(buf, size, "cache=%s,aio=%s", m->cache, m->aio);
}
