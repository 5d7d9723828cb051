/*
 * Finds the JSON objects in a file that holds other lines too: an object begins at the start of a line.
 */
#include "engine/import/jsontext.h"

#include <errno.h>
#include <string.h>

#define FILE_BYTES_MAX ((size_t)64 << 20)

const char *pb_jsontext_find(const char *text)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, "\r\n");
		if (line[strspn(line, " \t")] == '{')
			return line;
		if (!*line)
			return NULL;
	}
	return NULL;
}

/* Lines before `to`, and what follows the last of them. */
static size_t lines_before(const char *text, const char *to)
{
	size_t n = 0;

	for (const char *at = text; (at = memchr(at, '\n', (size_t)(to - at))); at++)
		n++;
	return n;
}

static int parse_all(json_t **doc, unsigned *n, const struct pb_buf *all, const char *path,
		     struct pb_err *err)
{
	const char *at = all->data ? pb_jsontext_find(all->data) : NULL,
		   *end = at ? all->data + all->len : NULL;
	json_error_t why;

	while (at) {
		json_t *next = json_loadb(at, (size_t)(end - at), JSON_DISABLE_EOF_CHECK, &why);

		if (!next)
			return pb_fail(err, PB_USAGE, EINVAL,
				       "%s: not whole JSON, line %zu, column %d: %s; was the file cut off or "
				       "edited?",
				       path,
				       lines_before(all->data, at) + (size_t)(why.line > 0 ? why.line : 1),
				       why.column > 0 ? why.column : 1, why.text);
		json_decref(*doc);
		*doc = next;
		(*n)++;
		at = pb_jsontext_find(at + why.position);
	}
	if (!*n)
		return pb_fail(err, PB_USAGE, EINVAL, "%s: holds no JSON object", path);
	return 0;
}

int pb_jsontext_read(json_t **doc, unsigned *n, struct pb_input *in, struct pb_err *err)
{
	struct pb_buf all = {0};
	json_t *found = NULL;
	unsigned count = 0;
	int rc = pb_input_slurp(in, &all, FILE_BYTES_MAX, err);

	if (rc == 0)
		rc = parse_all(&found, &count, &all, pb_input_path(in), err);
	pb_buf_fini(&all);
	if (rc) {
		json_decref(found);
		return rc;
	}
	*doc = found;
	*n = count;
	return 0;
}
