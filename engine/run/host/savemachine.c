/*
 * Saved machines by libarchive. Attributes are read into memory first: their size is not known before.
 */
#include "engine/run/host/savemachine.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/json.h"
#include "engine/run/host/saveclean.h"
#include "engine/run/host/savepaths.h"

#define TOTAL_MAX ((int64_t)64 << 20)
#define READ_MAX (64u << 10)
#define FILE_MAX_BYTES (8u << 20) /* /proc/interrupts of the largest machines */

struct saver {
	const struct pb_root *root;
	const char *file;
	struct archive *a;
	struct archive_entry *e;
	struct pb_strv known; /* serials, to be blanked elsewhere */
	bool serials;
	const struct pb_ui *ui;
	int64_t total;
	char *data; /* FILE_MAX_BYTES */
	struct pb_savemachine *out;
};

static int archive_failed(struct saver *s, struct pb_err *err)
{
	int code = archive_errno(s->a);
	const char *why = archive_error_string(s->a);

	/* libarchive's own texts say "Write error" whatever the reason; its own codes are negative */
	return pb_fail(err, PB_MISSING, code > 0 ? code : EIO, "cannot write %s: %s", s->file,
		       code > 0 ? strerror(code)
		       : why    ? why
				: "unknown error");
}

static int put(struct saver *s, const char *path, mode_t mode, const void *data, size_t len,
	       const char *target, struct pb_err *err)
{
	char name[PATH_MAX + 160];

	snprintf(name, sizeof(name), "%s%s", s->out->folder, path);
	archive_entry_clear(s->e);
	archive_entry_set_pathname(s->e, name);
	archive_entry_set_mode(s->e, mode);
	archive_entry_set_size(s->e, (la_int64_t)len);
	if (target)
		archive_entry_set_symlink(s->e, target);
	if (archive_write_header(s->a, s->e) != ARCHIVE_OK ||
	    (len && archive_write_data(s->a, data, len) != (la_ssize_t)len))
		return archive_failed(s, err);
	s->out->files++;
	s->total += (int64_t)len;
	return 0;
}

/* Length, or -errno. A file that is longer than the buffer is cut, as a slow reader would see it. */
static ssize_t read_file(struct saver *s, const char *path)
{
	int fd = pb_root_openf(s->root, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, "%s", path);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return fd;
	/* Files of /proc/sys allocate what is asked for, and refuse to when it is much. */
	while (len < FILE_MAX_BYTES &&
	       (n = read(fd, s->data + len, MIN((size_t)READ_MAX, FILE_MAX_BYTES - len))) > 0)
		len += (size_t)n;
	n = n < 0 ? -errno : 0;
	close(fd);
	return n < 0 ? n : (ssize_t)len;
}

static const char *base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

static size_t clean(struct saver *s, const char *path, size_t len)
{
	if (!strcmp(base_name(path), "mountinfo"))
		len = pb_saveclean_mounts(s->data, len);
	if (s->serials)
		return len;
	if (!strcmp(base_name(path), "config"))
		pb_saveclean_config((unsigned char *)s->data, len);
	pb_saveclean_text(&s->known, s->data, len);
	return len;
}

static int put_file(struct saver *s, const char *path, mode_t mode, struct pb_err *err)
{
	ssize_t len;

	if (!s->serials && pb_saveclean_is_identity(base_name(path)))
		return 0;
	len = read_file(s, path);
	if (len < 0) {
		s->out->unreadable++;
		return 0;
	}
	/* Readable for whoever unpacks it; the write bits stay, they tell managed interrupts apart. */
	return put(s, path, S_IFREG | 0444 | (mode & 0200), s->data, clean(s, path, (size_t)len), NULL, err);
}

static int put_path(struct saver *s, const char *path, struct pb_err *err)
{
	char target[PATH_MAX];
	struct stat st;
	ssize_t len;

	if (fstatat(s->root->fd, path + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; /* gone since it was listed */
	if (S_ISDIR(st.st_mode))
		return put(s, path, S_IFDIR | 0755, NULL, 0, NULL, err);
	if (S_ISCHR(st.st_mode)) /* /dev/kvm: that it is there */
		return put(s, path, S_IFREG | 0644, NULL, 0, NULL, err);
	if (S_ISREG(st.st_mode))
		return put_file(s, path, st.st_mode, err);
	if (!S_ISLNK(st.st_mode))
		return 0;
	len = readlinkat(s->root->fd, path + 1, target, sizeof(target) - 1);
	if (len < 0)
		return 0;
	target[len] = '\0';
	return put(s, path, S_IFLNK | 0777, NULL, 0, target, err);
}

/* Serial numbers first: they are then found wherever else they stand. */
static int learn(struct saver *s, const struct pb_strv *paths)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < paths->n; i++) {
		ssize_t len;

		if (!pb_saveclean_is_identity(base_name(paths->v[i])))
			continue;
		len = read_file(s, paths->v[i]);
		if (len <= 0 || len >= 4096)
			continue;
		s->data[len] = '\0';
		rc = pb_saveclean_learn(&s->known, s->data);
	}
	return rc;
}

/* What files cannot say: areas guest and counters of the check. Disks are left out, they have serials. */
static int put_check(struct saver *s, const json_t *items, struct pb_err *err)
{
	json_t *kept = json_array(), *item;
	char *text;
	size_t i;
	int rc;

	json_array_foreach((json_t *)items, i, item)
	{
		const char *area = pb_json_str(item, "area", "");

		if (!strcmp(area, "guest") || !strcmp(area, "counters"))
			json_array_append(kept, item);
	}
	kept = json_pack("{s:o}", "items", kept);
	text = json_dumps(kept, JSON_INDENT(1));
	json_decref(kept);
	if (!text)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	rc = put(s, PB_SAVED_CHECK, S_IFREG | 0644, text, strlen(text), NULL, err);
	free(text);
	return rc;
}

static int put_all(struct saver *s, const json_t *items, struct pb_err *err)
{
	struct pb_strv paths = {0};
	struct pb_ui_work work;
	int rc;

	pb_ui_work_begin(&work, s->ui, 0);
	pb_ui_work_show(&work, 0, 0, "listing what there is to save");
	rc = pb_savepaths_list(s->root, &paths, &s->out->cut);

	if (!rc && !s->serials)
		rc = learn(s, &paths);
	if (rc)
		pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	for (size_t i = 0; !rc && i < paths.n; i++) {
		if (s->total >= TOTAL_MAX) {
			s->out->cut = true;
			break;
		}
		pb_ui_work_show(&work, (double)i, (double)paths.n, "saving %s", paths.v[i]);
		rc = put_path(s, paths.v[i], err);
	}
	pb_ui_work_end(&work);
	pb_strv_fini(&paths);
	return rc ? rc : put_check(s, items, err);
}

/* The filter by the name's end; the folder inside is the name without it. -EINVAL for any other name. */
static int name_archive(const char *file, struct pb_savemachine *out, int (**filter)(struct archive *),
			struct pb_err *err)
{
	static const struct {
		const char *end;
		int (*filter)(struct archive *);
	} kinds[] = {{".tar.xz", archive_write_add_filter_xz}, {".tar.zst", archive_write_add_filter_zstd}};
	const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(base), end = strlen(kinds[i].end);

		if (len <= end || strcmp(base + len - end, kinds[i].end) != 0 || base[0] == '.')
			continue;
		snprintf(out->folder, sizeof(out->folder), "%.*s", (int)(len - end), base);
		*filter = kinds[i].filter;
		return 0;
	}
	return pb_fail(err, PB_USAGE, EINVAL, "'%s': the name of a saved machine ends in .tar.xz or .tar.zst",
		       file);
}

static int write_archive(struct saver *s, int fd, int (*filter)(struct archive *), const json_t *items,
			 struct pb_err *err)
{
	int rc;

	if (archive_write_set_format_pax_restricted(s->a) != ARCHIVE_OK || filter(s->a) < ARCHIVE_WARN ||
	    archive_write_open_fd(s->a, fd) != ARCHIVE_OK)
		return archive_failed(s, err);
	rc = put_all(s, items, err);
	if (!rc && archive_write_close(s->a) != ARCHIVE_OK)
		rc = archive_failed(s, err);
	return rc;
}

int pb_savemachine_write(const struct pb_root *root, const char *file, bool serials, const json_t *items,
			 const struct pb_ui *ui, struct pb_savemachine *result, struct pb_err *err)
{
	struct saver s = {.root = root, .file = file, .serials = serials, .ui = ui, .out = result};
	int (*filter)(struct archive *) = NULL;
	struct stat st;
	int fd, rc;

	*result = (struct pb_savemachine){0};
	rc = name_archive(file, result, &filter, err);
	if (rc)
		return rc;
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return pb_fail(err, PB_USAGE, errno, "%s: %s%s", file, strerror(errno),
			       errno == EEXIST ? "; it is not overwritten, give another name" : "");
	s.a = archive_write_new();
	s.e = archive_entry_new();
	s.data = malloc(FILE_MAX_BYTES + 1);
	rc = s.a && s.e && s.data ? write_archive(&s, fd, filter, items, err)
				  : pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	archive_entry_free(s.e);
	archive_write_free(s.a);
	free(s.data);
	pb_strv_fini(&s.known);
	if (fstat(fd, &st) == 0)
		result->bytes = st.st_size;
	if (close(fd) < 0 && !rc)
		rc = pb_fail(err, PB_MISSING, errno, "%s: %s", file, strerror(errno));
	if (rc)
		unlink(file);
	return rc;
}

json_t *pb_savemachine_load(const struct pb_root *root)
{
	struct pb_buf text = {0};
	json_t *saved = NULL;

	if (!root->live && !pb_root_slurp(root, &text, "%s", PB_SAVED_CHECK) && text.data)
		pb_json_parse(&saved, text.data, text.len, PB_SAVED_CHECK, NULL);
	pb_buf_fini(&text);
	return saved;
}

const json_t *pb_savemachine_verdict(const json_t *saved, const char *area, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(saved, "items"), i, item)
	{
		if (!strcmp(pb_json_str(item, "area", ""), area) &&
		    !strcmp(pb_json_str(item, "name", ""), name))
			return item;
	}
	return NULL;
}
