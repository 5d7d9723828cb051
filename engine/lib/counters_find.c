/*
 * Finding counter groups below profiles/counters. Their text is counters.c's business.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "engine/lib/counters.h"
#include "engine/lib/datadir.h"
#include "engine/lib/sysfs.h"

#define SUFFIX ".txt"

static int open_folder(struct pb_root *r, struct pb_err *err)
{
	char dir[PATH_MAX];
	int rc = pb_datadir(dir, sizeof(dir), "profiles/counters", err);

	return rc ? rc : pb_root_open(r, dir, err);
}

static int list_folder(const struct pb_root *r, const char *folder, struct pb_strv *names)
{
	struct pb_strv files = {0};
	int rc = pb_root_list(r, &files, "/%s", folder);

	for (size_t i = 0; !rc && i < files.n; i++) {
		size_t len = strlen(files.v[i]), cut = strlen(SUFFIX);

		if (len > cut && !strcmp(files.v[i] + len - cut, SUFFIX))
			rc = pb_strv_addf(names, "%s/%.*s", folder, (int)(len - cut), files.v[i]);
	}
	pb_strv_fini(&files);
	return rc == -ENOTDIR ? 0 : rc;
}

int pb_counters_names(struct pb_strv *names, struct pb_err *err)
{
	struct pb_strv folders = {0};
	struct pb_root r;
	int rc = open_folder(&r, err);

	if (rc)
		return rc;
	rc = pb_root_list(&r, &folders, "/");
	for (size_t i = 0; !rc && i < folders.n; i++)
		rc = list_folder(&r, folders.v[i], names);
	if (rc)
		rc = pb_fail(err, PB_MISSING, -rc, "cannot list the counter groups in %s: %s", r.path,
			     strerror(-rc));
	pb_strv_fini(&folders);
	pb_root_close(&r);
	return rc;
}

static int unknown(const char *name, struct pb_err *err)
{
	struct pb_strv names = {0};
	struct pb_buf list = {0};
	int rc;

	if (!pb_counters_names(&names, NULL))
		for (size_t i = 0; i < names.n; i++)
			pb_buf_printf(&list, "%s%s", i ? ", " : "", names.v[i]);
	rc = pb_fail(err, PB_USAGE, ENOENT, "there is no counter group '%.60s'; known: %.500s", name,
		     list.data ? list.data : "none");
	pb_strv_fini(&names);
	pb_buf_fini(&list);
	return rc;
}

/* FOLDER/NAME of letters, digits, '-' and '_': nothing that leaves the folder. */
static bool is_name(const char *name)
{
	const char *slash = strchr(name, '/');

	return slash && slash != name && slash[1] && !strchr(slash + 1, '/') && strlen(name) < 60 &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_/")];
}

int pb_counters_load(struct pb_counters *g, const char *name, struct pb_err *err)
{
	struct pb_buf text = {0};
	struct pb_root r;
	int rc;

	if (!is_name(name))
		return unknown(name, err);
	rc = open_folder(&r, err);
	if (rc)
		return rc;
	rc = pb_root_slurp(&r, &text, "/%s" SUFFIX, name);
	if (rc == -ENOENT)
		rc = unknown(name, err);
	else if (rc)
		rc = pb_fail(err, PB_MISSING, -rc, "cannot read counter group %s: %s", name, strerror(-rc));
	else
		rc = pb_counters_parse(g, name, text.data ? text.data : "", text.len, err);
	pb_buf_fini(&text);
	pb_root_close(&r);
	return rc;
}
