/*
 * Initramfs images by libarchive, module dependencies by libkmod. Does not
 * decide what goes in: launch.c and the lab do.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/buf.h"
#include "engine/run/guest/initramfs.h"

#define MODULE_MAX                                                                                           \
	(64u << 20) /* no kernel module comes near: a bound for what a damaged archive unpacks to */

struct pb_initramfs {
	struct archive *a;
	struct kmod_ctx *kmod;
	char tree[512];        /* of kmod */
	struct pb_strv loaded; /* /modules/NAME.ko in loading order */
	char path[512];
};

static int write_failed(struct pb_initramfs *r, const char *name, struct pb_err *err)
{
	int code = archive_errno(r->a);

	return pb_fail(err, PB_MISSING, code > 0 ? code : EIO, "%s: writing %s: %s", r->path, name,
		       archive_error_string(r->a) ? archive_error_string(r->a) : "unknown error");
}

/* One entry. target is a symbolic link's; data may be NULL. */
static int put(struct pb_initramfs *r, const char *name, unsigned mode, const char *target, const void *data,
	       size_t len, struct pb_err *err)
{
	struct archive_entry *e = archive_entry_new();
	int rc = 0;

	if (!e)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	while (*name == '/')
		name++;
	archive_entry_set_pathname(e, name);
	archive_entry_set_mode(e, mode);
	archive_entry_set_nlink(e, 1);
	archive_entry_set_size(e, (la_int64_t)len);
	if (target)
		archive_entry_set_symlink(e, target);
	if (S_ISCHR(mode)) {
		archive_entry_set_rdevmajor(
			e, 5); /* /dev/console, the only node an init needs before it mounts devtmpfs */
		archive_entry_set_rdevminor(e, 1);
	}
	if (archive_write_header(r->a, e) != ARCHIVE_OK ||
	    (len > 0 && archive_write_data(r->a, data, len) != (la_ssize_t)len))
		rc = write_failed(r, name, err);
	archive_entry_free(e);
	return rc;
}

static int put_skeleton(struct pb_initramfs *r, struct pb_err *err)
{
	const char *const dirs[] = {"proc", "sys", "dev", "run", "tmp", "modules"};
	int rc = 0;

	for (unsigned i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && rc == 0; i++)
		rc = pb_initramfs_dir(r, dirs[i], err);
	return rc < 0 ? rc : put(r, "dev/console", S_IFCHR | 0600, NULL, NULL, 0, err);
}

int pb_initramfs_new(struct pb_initramfs **out, const char *path, struct pb_err *err)
{
	struct pb_initramfs *r = calloc(1, sizeof(*r));
	int rc;

	if (!r || !(r->a = archive_write_new())) {
		free(r);
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	}
	snprintf(r->path, sizeof(r->path), "%s", path);
	if (archive_write_set_format_cpio_newc(r->a) != ARCHIVE_OK ||
	    archive_write_add_filter_none(r->a) != ARCHIVE_OK ||
	    archive_write_open_filename(r->a, path) != ARCHIVE_OK)
		rc = write_failed(r, "its header", err);
	else
		rc = put_skeleton(r, err);
	if (rc < 0) {
		pb_initramfs_free(r);
		return rc;
	}
	*out = r;
	return 0;
}

int pb_initramfs_dir(struct pb_initramfs *r, const char *name, struct pb_err *err)
{
	return put(r, name, S_IFDIR | 0755, NULL, NULL, 0, err);
}

int pb_initramfs_link(struct pb_initramfs *r, const char *name, const char *target, struct pb_err *err)
{
	return put(r, name, S_IFLNK | 0777, target, NULL, 0, err);
}

int pb_initramfs_data(struct pb_initramfs *r, const char *name, const void *data, size_t len, unsigned mode,
		      struct pb_err *err)
{
	return put(r, name, S_IFREG | mode, NULL, data, len, err);
}

static int unpack_failed(struct archive *in, const char *src, struct pb_err *err)
{
	int code = archive_errno(in);

	return pb_fail(err, PB_MISSING, code > 0 ? code : EIO, "cannot read %s: %s", src,
		       archive_error_string(in) ? archive_error_string(in) : "unknown error");
}

/* The whole of a file; with unpack, what it is the xz, zstd or gzip of. */
static int slurp(struct pb_buf *b, const char *src, bool unpack, struct pb_err *err)
{
	struct archive *in = archive_read_new();
	struct archive_entry *e;
	char chunk[65536];
	la_ssize_t n = 0;
	int rc = 0, head;

	if (!in)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	if (unpack)
		archive_read_support_filter_all(in);
	archive_read_support_format_raw(in);
	archive_read_support_format_empty(in);
	head = archive_read_open_filename(in, src, sizeof(chunk));
	if (head == ARCHIVE_OK)
		head = archive_read_next_header(in, &e);
	if (head != ARCHIVE_OK && head != ARCHIVE_EOF)
		rc = unpack_failed(in, src, err);
	while (rc == 0 && head == ARCHIVE_OK && (n = archive_read_data(in, chunk, sizeof(chunk))) > 0) {
		if (b->len > MODULE_MAX)
			rc = pb_fail(err, PB_MISSING, EFBIG, "%s is longer than %u MiB", src,
				     MODULE_MAX >> 20);
		else if (pb_buf_add(b, chunk, (size_t)n) < 0)
			rc = pb_fail(err, PB_MISSING, ENOMEM, "out of memory reading %s", src);
	}
	if (rc == 0 && n < 0)
		rc = unpack_failed(in, src, err);
	archive_read_free(in);
	return rc;
}

int pb_initramfs_file(struct pb_initramfs *r, const char *name, const char *src, unsigned mode,
		      struct pb_err *err)
{
	struct pb_buf b = {0};
	int rc = slurp(&b, src, false, err);

	if (rc == 0)
		rc = pb_initramfs_data(r, name, b.data, b.len, mode, err);
	pb_buf_fini(&b);
	return rc;
}

static bool has(const struct pb_strv *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->v[i], text))
			return true;
	return false;
}

/* One module without its dependencies. No path means built into the kernel. */
static int put_module(struct pb_initramfs *r, struct kmod_module *mod, struct pb_err *err)
{
	const char *path = kmod_module_get_path(mod);
	struct pb_buf b = {0};
	char name[256];
	int rc;

	if (!path)
		return 0;
	snprintf(name, sizeof(name), "/modules/%s.ko", kmod_module_get_name(mod));
	if (has(&r->loaded, name))
		return 0;
	rc = slurp(&b, path, true, err);
	if (rc == 0)
		rc = pb_initramfs_data(r, name, b.data, b.len, 0644, err);
	if (rc == 0 && pb_strv_add(&r->loaded, name) < 0)
		rc = pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	pb_buf_fini(&b);
	return rc;
}

static int put_modules(struct pb_initramfs *r, struct kmod_list *list, struct pb_err *err)
{
	struct kmod_list *it;
	int rc = 0;

	kmod_list_foreach(it, list)
	{
		struct kmod_module *mod = kmod_module_get_module(it);

		if (rc == 0)
			rc = put_module(r, mod, err);
		kmod_module_unref(mod);
	}
	return rc;
}

/* What the module asks for softly ("softdep: pre"), what it needs, then itself. */
static int put_with_needs(struct pb_initramfs *r, struct kmod_module *mod, struct pb_err *err)
{
	struct kmod_list *pre = NULL, *post = NULL, *deps, *it;
	int rc = 0;

	if (kmod_module_get_softdeps(mod, &pre, &post) >= 0) {
		kmod_list_foreach(it, pre)
		{
			struct kmod_module *soft = kmod_module_get_module(it);

			deps = kmod_module_get_dependencies(soft);
			rc = rc < 0 ? rc : put_modules(r, deps, err);
			kmod_module_unref_list(deps);
			kmod_module_unref(soft);
		}
		rc = rc < 0 ? rc : put_modules(r, pre, err);
		kmod_module_unref_list(pre);
		kmod_module_unref_list(post);
	}
	deps = kmod_module_get_dependencies(mod);
	rc = rc < 0 ? rc : put_modules(r, deps, err);
	kmod_module_unref_list(deps);
	return rc < 0 ? rc : put_module(r, mod, err);
}

static int open_tree(struct pb_initramfs *r, const char *tree, struct pb_err *err)
{
	const char *none = NULL; /* the host's modprobe.d is not the guest's business */

	if (r->kmod && !strcmp(r->tree, tree))
		return 0;
	kmod_unref(r->kmod);
	r->kmod = kmod_new(tree, &none);
	if (!r->kmod)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	kmod_set_log_priority(r->kmod, 0);
	snprintf(r->tree, sizeof(r->tree), "%s", tree);
	return 0;
}

/* A module tree that is not there at all holds nothing, but a kernel with everything built in lacks it too.
 */
int pb_initramfs_module(struct pb_initramfs *r, const char *tree, const char *name, struct pb_err *err)
{
	struct kmod_list *list = NULL, *it;
	int rc = open_tree(r, tree, err);

	if (rc < 0)
		return rc;
	rc = kmod_module_new_from_lookup(r->kmod, name, &list);
	if (rc < 0 || !list)
		return pb_fail(err, PB_MISSING, ENOENT,
			       "no kernel module %s in %s (is the kernel's package installed?)", name, tree);
	kmod_list_foreach(it, list)
	{
		struct kmod_module *mod = kmod_module_get_module(it);

		if (rc >= 0)
			rc = put_with_needs(r, mod, err);
		kmod_module_unref(mod);
	}
	kmod_module_unref_list(list);
	return rc < 0 ? rc : 0;
}

int pb_initramfs_finish(struct pb_initramfs *r, struct pb_err *err)
{
	struct pb_buf b = {0};
	int rc;

	for (size_t i = 0; i < r->loaded.n; i++)
		pb_buf_printf(&b, "%s\n", r->loaded.v[i]);
	if (b.failed)
		rc = pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	else
		rc = pb_initramfs_data(r, "modules.list", b.data, b.len, 0644, err);
	pb_buf_fini(&b);
	if (rc == 0 && archive_write_close(r->a) != ARCHIVE_OK)
		rc = write_failed(r, "its end", err);
	return rc;
}

void pb_initramfs_free(struct pb_initramfs *r)
{
	if (!r)
		return;
	archive_write_free(r->a);
	kmod_unref(r->kmod);
	pb_strv_fini(&r->loaded);
	free(r);
}
