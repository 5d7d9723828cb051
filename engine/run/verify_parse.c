/*
 * What the user typed for `verify`, and what an earlier verify left behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/lib/json.h"
#include "engine/run/verify.h"

int pb_verify_size_parse(const char *text, uint64_t *bytes, struct pb_err *err)
{
	static const char units[] = "KMGT";
	char *end;
	double v = strtod(text, &end);
	const char *unit = *end ? strchr(units, *end) : NULL;

	if (unit) {
		v = ldexp(v, 10 * (int)(unit - units + 1));
		end += end[1] == 'i' ? 2 : 1;
		end += *end == 'B';
	}
	if (end == text || *end || !(v >= PB_VERIFY_ALIGN) || v > 1e18)
		return pb_fail(err, PB_USAGE, EINVAL, "'%s' is not a size of at least 64K (write 256M, 4G)",
			       text);
	*bytes = (uint64_t)v / PB_VERIFY_ALIGN * PB_VERIFY_ALIGN;
	return 0;
}

int pb_verify_mode_parse(const char *text, enum pb_verify_mode *mode, struct pb_err *err)
{
	if (!strcmp(text, "both"))
		*mode = PB_VERIFY_BOTH;
	else if (!strcmp(text, "write"))
		*mode = PB_VERIFY_WRITE;
	else if (!strcmp(text, "read"))
		*mode = PB_VERIFY_READ;
	else
		return pb_fail(err, PB_USAGE, EINVAL, "--mode %s: write both, write or read", text);
	return 0;
}

static int take(struct pb_verify_origin *o, const json_t *m, const char *dir, struct pb_err *err)
{
	const json_t *j = json_object_get(m, "integrity");
	int64_t passes = pb_json_i64(j, "passes", 0), synced = pb_json_i64(j, "synced_pass", -1);

	o->run = pb_json_i64(j, "run", -1);
	o->seed = pb_json_i64(j, "seed", -1);
	o->size_bytes = pb_json_i64(j, "size_bytes", 0);
	snprintf(o->serial, sizeof(o->serial), "%s", pb_json_str(json_object_get(m, "disk"), "serial", ""));
	if (!j || !strcmp(pb_json_str(j, "mode", ""), "read"))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s was not made by passbench verify with --mode write or both", dir);
	if (o->run < 0 || o->seed < 0 || o->size_bytes < PB_VERIFY_ALIGN || o->size_bytes % PB_VERIFY_ALIGN ||
	    passes < 1 || passes > 1000 || synced < 0 || synced > passes)
		return pb_fail(err, PB_USAGE, EINVAL, "%s/manifest.json: integrity is not usable", dir);
	/* cut off: everything up to the last flush, or parts of the pass after it */
	o->oldest = (unsigned)synced;
	o->passes = (unsigned)(synced < passes ? synced + 1 : passes);
	return 0;
}

int pb_verify_origin(const char *dir, struct pb_verify_origin *o, struct pb_err *err)
{
	int rc, fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	json_t *m = NULL;

	if (fd < 0)
		return pb_fail(err, PB_USAGE, errno, "cannot open %s: %s", dir, strerror(errno));
	rc = pb_json_read(&m, fd, "manifest.json", err);
	close(fd);
	if (rc < 0)
		return pb_fail(err, PB_USAGE, -rc, "%s holds no run that can be read", dir);
	rc = take(o, m, dir, err);
	json_decref(m);
	return rc;
}
