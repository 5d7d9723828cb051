/*
 * A fake machine below a temporary directory: files with their parent directories, links, and the root handle
 * that collectors read through.
 */
#ifndef PB_TESTS_FAKETREE_H
#define PB_TESTS_FAKETREE_H

#include "engine/lib/sysfs.h"
#include "tests/unit/tmpdir.h"

struct faketree {
	struct tmpdir dir;
	struct pb_root root;
};

static inline void fake_make(struct faketree *f)
{
	tmpdir_make(&f->dir);
	assert_int_equal(pb_root_open(&f->root, f->dir.path, NULL), 0);
}

static inline void fake_remove(struct faketree *f)
{
	pb_root_close(&f->root);
	tmpdir_remove(&f->dir);
}

static inline void fake_parents(struct faketree *f, const char *path)
{
	char part[512];

	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
		mkdirat(f->dir.fd, part, 0755); /* EEXIST is fine */
	}
}

/* path without a leading slash: "proc/stat" */
static inline void fake_put(struct faketree *f, const char *path, const char *text)
{
	fake_parents(f, path);
	tmpdir_write(&f->dir, path, text);
}

static inline void fake_link(struct faketree *f, const char *target, const char *path)
{
	fake_parents(f, path);
	assert_int_equal(symlinkat(target, f->dir.fd, path), 0);
}

/* A test fixture's text, NUL-terminated, owned by the caller. Tests run in the checkout's top directory. */
static inline char *fixture_text(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	if (!f)
		fail_msg("cannot open %s", path);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

#endif
