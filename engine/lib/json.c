/*
 * Strict, bounded reading and canonical writing of JSON over jansson.
 */
#include "engine/lib/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/replace.h"

#define JSON_FILE_MAX ((size_t)64 << 20)
#define JSON_DEPTH_MAX 64
/* 15 digits are what every double keeps through text and back to the same text (DBL_DIG): canonical, and 0.1
 * stays 0.1. */
#define JSON_DIGITS 15

/* jansson itself stops at 2048 levels, so the recursion is bounded. */
static bool too_deep(const json_t *j, int left)
{
	const json_t *value;
	const char *key;
	size_t i;

	if (!json_is_object(j) && !json_is_array(j))
		return false;
	if (left == 0)
		return true;
	json_array_foreach(j, i, value)
	{
		if (too_deep(value, left - 1))
			return true;
	}
	/* json_object_foreach wants a mutable object; it does not change it. */
	json_object_foreach((json_t *)j, key, value)
	{
		if (too_deep(value, left - 1))
			return true;
	}
	return false;
}

int pb_json_parse(json_t **out, const char *text, size_t len, const char *what, struct pb_err *err)
{
	json_error_t why;
	json_t *j = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);

	if (!j)
		return pb_fail(err, PB_USAGE, EINVAL, "%s: not valid JSON: %s (line %d)", what, why.text,
			       why.line);
	if (!json_is_object(j)) {
		json_decref(j);
		return pb_fail(err, PB_USAGE, EINVAL, "%s: not a JSON object", what);
	}
	if (too_deep(j, JSON_DEPTH_MAX)) {
		json_decref(j);
		return pb_fail(err, PB_USAGE, EINVAL, "%s: JSON nested deeper than %d levels", what,
			       JSON_DEPTH_MAX);
	}
	*out = j;
	return 0;
}

/* Reads size bytes from fd into buf; fewer when the file shrank meanwhile. Length or -errno. */
static ssize_t read_bytes(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size) {
		n = read(fd, buf + len, size - len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		if (n > 0)
			len += (size_t)n;
	}
	return (ssize_t)len;
}

static int read_open_file(json_t **out, int fd, const char *path, struct pb_err *err)
{
	struct stat st;
	ssize_t len;
	char *text;
	int rc;

	if (fstat(fd, &st) != 0)
		return pb_fail(err, PB_USAGE, errno, "cannot read %s: %m", path);
	if (!S_ISREG(st.st_mode))
		return pb_fail(err, PB_USAGE, EINVAL, "cannot read %s: not a regular file", path);
	if ((uint64_t)st.st_size > JSON_FILE_MAX)
		return pb_fail(err, PB_USAGE, EFBIG, "%s: larger than %zu MiB", path, JSON_FILE_MAX >> 20);
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return pb_fail(err, PB_MISSING, ENOMEM, "cannot read %s: out of memory", path);
	len = read_bytes(fd, text, (size_t)st.st_size);
	if (len < 0)
		rc = pb_fail(err, PB_USAGE, (int)-len, "cannot read %s: %s", path, strerror((int)-len));
	else
		rc = pb_json_parse(out, text, (size_t)len, path, err);
	free(text);
	return rc;
}

int pb_json_read(json_t **out, int dirfd, const char *path, struct pb_err *err)
{
	/* O_NONBLOCK: a FIFO planted under the name must not hang us. */
	int rc, fd = openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return pb_fail(err, PB_USAGE, errno, "cannot read %s: %m", path);
	rc = read_open_file(out, fd, path, err);
	close(fd);
	return rc;
}

int pb_json_write(const json_t *j, int dirfd, const char *path, struct pb_err *err)
{
	FILE *f = pb_replace_begin(dirfd, path, err);

	if (!f)
		return -EIO;
	if (json_dumpf(j, f, JSON_SORT_KEYS | JSON_INDENT(2) | JSON_REAL_PRECISION(JSON_DIGITS)) != 0 &&
	    !ferror(f)) {
		pb_replace_cancel(dirfd, f, path);
		return pb_fail(err, PB_MISSING, ENOMEM, "cannot write %s: the values make no JSON", path);
	}
	putc('\n', f);
	return pb_replace_commit(dirfd, f, path, err);
}

const char *pb_json_str(const json_t *obj, const char *key, const char *dflt)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_string(v) ? json_string_value(v) : dflt;
}

int64_t pb_json_i64(const json_t *obj, const char *key, int64_t dflt)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_integer(v) ? json_integer_value(v) : dflt;
}

double pb_json_num(const json_t *obj, const char *key, double dflt)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_number(v) ? json_number_value(v) : dflt;
}

int pb_json_set_str(json_t *obj, const char *key, const char *text)
{
	return json_object_set_new(obj, key, text ? json_string(text) : json_null()) == 0 ? 0 : -ENOMEM;
}
