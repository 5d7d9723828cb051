/*
 * Finds run directories and reads of each what a comparison needs. Compares nothing.
 */
#include "engine/compare/arm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/dirnames.h"
#include "engine/lib/json.h"

#define LEVELS 3
#define RUNS_MAX 1000 /* per arm */

static void run_fini(struct pb_arm_run *r)
{
	free(r->dir);
	free(r->profile);
	free(r->started_utc);
	free(r->ended_utc);
	free(r->identity);
	pb_metrics_fini(&r->metrics);
	pb_environment_fini(&r->environment);
	pb_strv_fini(&r->changes);
}

static char *text_of(const json_t *manifest, const char *key)
{
	return strdup(pb_json_str(manifest, key, ""));
}

/* What no second run has: when it began, on which boot, and what it measured. */
static char *identity_of(const json_t *manifest)
{
	struct pb_strv one = {0};
	char *text = NULL;

	if (pb_strv_addf(&one, "%s %s %s", pb_json_str(manifest, "started_utc", ""),
			 pb_json_str(manifest, "boot_id", ""),
			 pb_json_str(json_object_get(manifest, "files"), "steps.csv", "")) == 0) {
		text = one.v[0];
		one.v[0] = NULL;
	}
	pb_strv_fini(&one);
	return text;
}

static int read_changes(struct pb_arm_run *r, const json_t *manifest)
{
	json_t *changes = json_object_get(manifest, "environment_changes"), *pair;
	const char *key;
	int rc = 0;

	json_object_foreach(changes, key, pair)
	{
		const char *was = json_string_value(json_array_get(pair, 0));
		const char *is = json_string_value(json_array_get(pair, 1));

		if (rc == 0 && was && is)
			rc = pb_strv_addf(&r->changes, "%s: %s -> %s", key, was, is);
	}
	pb_strv_sort(&r->changes);
	return rc;
}

static int read_run(struct pb_arm_run *r, const char *dir, struct pb_err *err)
{
	struct pb_rundir d;
	int rc = pb_rundir_open(&d, dir, err);

	if (rc < 0)
		return rc;
	r->dir = strdup(dir);
	r->profile = strdup(pb_json_str(json_object_get(d.manifest, "profile"), "name", ""));
	r->started_utc = text_of(d.manifest, "started_utc");
	r->ended_utc = text_of(d.manifest, "ended_utc");
	r->identity = identity_of(d.manifest);
	if (!r->dir || !r->profile || !r->started_utc || !r->ended_utc || !r->identity ||
	    read_changes(r, d.manifest) < 0)
		rc = pb_fail(err, PB_MISSING, ENOMEM, "no memory for run %s", dir);
	if (rc == 0)
		rc = pb_metrics_of(&r->metrics, &d, err);
	if (rc == 0)
		rc = pb_environment_of(&r->environment, &d, err);
	pb_rundir_close(&d);
	return rc;
}

static int add_run(struct pb_arm *arm, const char *dir, struct pb_err *err)
{
	struct pb_arm_run new = {0}, *v;
	int rc;

	if (arm->n == RUNS_MAX)
		return pb_fail(err, PB_USAGE, E2BIG, "%s: more than %d runs in one set; compare fewer", dir,
			       RUNS_MAX);
	rc = read_run(&new, dir, err);
	for (size_t i = 0; i < arm->n && rc == 0; i++)
		if (!strcmp(arm->v[i].identity, new.identity))
			rc = pb_fail(err, PB_USAGE, EEXIST,
				     "%s and %s are the same run; name each run once, a copy is no second "
				     "measurement",
				     arm->v[i].dir, dir);
	v = rc == 0 ? realloc(arm->v, (arm->n + 1) * sizeof(*v)) : NULL;
	if (!v) {
		run_fini(&new);
		return rc < 0 ? rc : pb_fail(err, PB_MISSING, ENOMEM, "no memory for run %s", dir);
	}
	arm->v = v;
	arm->v[arm->n++] = new;
	return 0;
}

static bool has_manifest(const char *dir)
{
	char path[PATH_MAX];

	return (size_t)snprintf(path, sizeof(path), "%s/manifest.json", dir) < sizeof(path) &&
	       access(path, F_OK) == 0;
}

/* Directories only; a symbolic link (`latest`) would name a run twice. */
static int list_folder(const char *dir, struct pb_strv *paths, struct pb_err *err)
{
	struct pb_strv names = {0};
	DIR *stream = opendir(dir);
	int rc = stream ? pb_dir_names(stream, &names) : -errno;

	pb_strv_sort(&names);
	for (size_t i = 0; i < names.n && rc == 0; i++) {
		char path[PATH_MAX];
		struct stat st;

		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, names.v[i]) >= sizeof(path))
			continue;
		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			rc = pb_strv_add(paths, path);
	}
	pb_strv_fini(&names);
	return rc < 0 ? pb_fail(err, PB_USAGE, -rc, "cannot list %s: %s", dir, strerror(-rc)) : 0;
}

/* NOLINTNEXTLINE(misc-no-recursion): LEVELS deep at most */
static int add_folder(struct pb_arm *arm, const char *dir, int levels, struct pb_err *err)
{
	struct pb_strv paths = {0};
	int rc;

	if (has_manifest(dir))
		return add_run(arm, dir, err);
	if (levels == 0)
		return 0;
	rc = list_folder(dir, &paths, err);
	for (size_t i = 0; i < paths.n && rc == 0; i++)
		rc = add_folder(arm, paths.v[i], levels - 1, err);
	pb_strv_fini(&paths);
	return rc;
}

static int add_place(struct pb_arm *arm, const char *place, struct pb_err *err)
{
	size_t before = arm->n;
	struct stat st;
	int rc;

	if (stat(place, &st) != 0)
		return pb_fail(err, PB_USAGE, errno, "cannot open %s: %m", place);
	if (!S_ISDIR(st.st_mode))
		return pb_fail(err, PB_USAGE, ENOTDIR,
			       "%s is a file; give a run directory, or a folder that holds some", place);
	rc = add_folder(arm, place, LEVELS, err);
	if (rc == 0 && arm->n == before)
		rc = pb_fail(err, PB_USAGE, ENOENT,
			     "%s holds no run directory (nothing with a manifest.json in it)", place);
	return rc;
}

int pb_arm_read(struct pb_arm *arm, const char *spec, struct pb_err *err)
{
	char *copy, *save = NULL;
	struct stat st;
	int rc = 0;

	/* A directory may have a comma in its name. */
	if (!strchr(spec, ',') || stat(spec, &st) == 0)
		return add_place(arm, spec, err);
	copy = strdup(spec);
	if (!copy)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	for (char *p = strtok_r(copy, ",", &save); p && rc == 0; p = strtok_r(NULL, ",", &save))
		rc = add_place(arm, p, err);
	free(copy);
	return rc < 0 || arm->n ? rc : pb_fail(err, PB_USAGE, EINVAL, "'%s' names no run directory", spec);
}

int pb_arm_disjoint(const struct pb_arm *a, const struct pb_arm *b, struct pb_err *err)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (!strcmp(a->v[i].identity, b->v[k].identity))
				return pb_fail(err, PB_USAGE, EEXIST,
					       "%s (in BASE) and %s (in NEW) are the same run; a run cannot "
					       "be compared "
					       "with itself",
					       a->v[i].dir, b->v[k].dir);
	return 0;
}

void pb_arm_fini(struct pb_arm *arm)
{
	for (size_t i = 0; i < arm->n; i++)
		run_fini(&arm->v[i]);
	free(arm->v);
	*arm = (struct pb_arm){0};
}
