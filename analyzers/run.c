/*
 * A run directory opened for reading: the manifest and the tables, each read
 * on first use and kept. Hashes are checked when the directory is opened; a
 * table whose form is damaged is remembered and makes pb_analyze fail, so
 * that damage is never taken for "not measured". It judges nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/run.h"
#include "engine/lib/json.h"

struct pb_run {
	struct pb_rundir dir;
	struct pb_strv names;     /* files asked for so far */
	struct pb_table **tables; /* one for each name, owned; NULL: no such file */
	struct pb_err err;        /* first damaged table or lack of memory */
	int ret;
};

int pb_run_open(struct pb_run **run, const char *dir, struct pb_err *err)
{
	struct pb_run *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return pb_fail(err, PB_MISSING, ENOMEM, "%s: out of memory", dir);
	ret = pb_rundir_open(&r->dir, dir, err);
	if (ret < 0) {
		free(r);
		return ret;
	}
	*run = r;
	return 0;
}

void pb_run_close(struct pb_run *run)
{
	if (!run)
		return;
	for (size_t i = 0; i < run->names.n; i++)
		pb_table_free(run->tables[i]);
	free(run->tables);
	pb_strv_fini(&run->names);
	pb_rundir_close(&run->dir);
	free(run);
}

const json_t *pb_run_manifest(const struct pb_run *run)
{
	return run->dir.manifest;
}

const json_t *pb_run_section(const struct pb_run *run, const char *name)
{
	const json_t *o = json_object_get(run->dir.manifest, name);

	return json_is_object(o) ? o : NULL;
}

const char *pb_run_path(const struct pb_run *run)
{
	return pb_json_str(json_object_get(run->dir.manifest, "disk"), "path", "local");
}

int pb_run_dirfd(const struct pb_run *run)
{
	return run->dir.fd;
}

const char *pb_run_dirname(const struct pb_run *run)
{
	return run->dir.path;
}

int pb_run_status(const struct pb_run *run, struct pb_err *err)
{
	return run->ret < 0 ? pb_fail(err, run->err.status, -run->ret, "%s", run->err.msg) : 0;
}

/* Keeps the first failure; later ones are usually its consequence. */
void pb_run_damaged(struct pb_run *run, int ret, const struct pb_err *err)
{
	if (run->ret == 0) {
		run->ret = ret;
		run->err = *err;
	}
}

/* A place for the table of one more file; 0 or -ENOMEM. */
static int slot_new(struct pb_run *run, const char *file)
{
	struct pb_table **tables = reallocarray(run->tables, run->names.n + 1, sizeof(*tables));

	if (!tables)
		return -ENOMEM;
	run->tables = tables;
	tables[run->names.n] = NULL;
	return pb_strv_add(&run->names, file);
}

const struct pb_table *pb_run_table(struct pb_run *run, const char *file)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_table **slot;
	int ret;

	for (size_t i = 0; i < run->names.n; i++)
		if (strcmp(run->names.v[i], file) == 0)
			return run->tables[i];
	ret = slot_new(run, file);
	if (ret < 0) {
		pb_fail(&err, PB_MISSING, -ret, "%s: out of memory", file);
		pb_run_damaged(run, ret, &err);
		return NULL;
	}
	/* Only what the manifest lists was hashed, and a name from the manifest cannot lead out of the
	 * directory. */
	if (!json_object_get(json_object_get(run->dir.manifest, "files"), file))
		return NULL;
	slot = &run->tables[run->names.n - 1];
	ret = pb_table_read(slot, run->dir.fd, file, &err);
	if (ret < 0) {
		*slot = NULL;
		if (ret != -ENOENT)
			pb_run_damaged(run, ret, &err);
	}
	return *slot;
}

const char *pb_run_guest_file(const struct pb_run *run, char *buf, size_t size, const char *file)
{
	const char *name = pb_json_str(json_object_get(run->dir.manifest, "guest"), "name", "guest0");

	snprintf(buf, size, "guest/%s/%s", name, file);
	return buf;
}

const char *pb_run_guest_dev(const struct pb_run *run, const char *dflt)
{
	const char *name = pb_json_str(json_object_get(pb_run_section(run, "guest"), "disk"), "name", dflt);
	size_t ok = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return ok > 0 && name[ok] == '\0' ? name : dflt;
}
