/*
 * Reads PO files. gettext's own reader would need compiled catalogues and an installed locale on the machine
 * that writes the report; this needs neither, and leaves all checking of catalogues to gettext's tools
 * (tests/unit/test_catalogue.sh).
 */
#include "reports/po.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/buf.h"

/* Where a line's string goes. */
enum part { PART_NONE, PART_ID, PART_STR };

struct reader {
	struct pb_po *po;
	const char *path;
	struct pb_err *err;
	size_t line;
	struct pb_buf id, str;
	enum part part;
	bool is_format, fuzzy;
};

static int refuse(const struct reader *r, const char *what)
{
	return pb_fail(r->err, PB_USAGE, EINVAL, "%s:%zu: %s", r->path, r->line, what);
}

static int no_memory(const struct reader *r)
{
	return pb_fail(r->err, PB_MISSING, ENOMEM, "%s: out of memory", r->path);
}

/* Stores the entry that is complete, if one is. */
static int end_entry(struct reader *r)
{
	struct pb_po_entry *v = r->po->v;
	bool wanted = r->part == PART_STR && r->id.len && r->str.len && !r->fuzzy;

	if (r->id.failed || r->str.failed)
		return no_memory(r);
	if (wanted && r->po->n == r->po->cap) {
		r->po->cap = r->po->cap ? r->po->cap * 2 : 256;
		v = reallocarray(v, r->po->cap, sizeof(*v));
		if (!v)
			return no_memory(r);
		r->po->v = v;
	}
	if (wanted) {
		v[r->po->n++] = (struct pb_po_entry){r->id.data, r->str.data, r->is_format};
		r->id = r->str = (struct pb_buf){0};
	}
	pb_buf_clear(&r->id);
	pb_buf_clear(&r->str);
	r->part = PART_NONE;
	r->is_format = r->fuzzy = false;
	return 0;
}

/* The text between the quotes, appended to the part that is being read. */
static int add_string(struct reader *r, const char *s)
{
	struct pb_buf *b = r->part == PART_ID ? &r->id : &r->str;
	char c;

	if (r->part == PART_NONE || *s != '"')
		return refuse(r, "a string stands where none is expected");
	for (s++; *s && *s != '"'; s++) {
		c = *s;
		if (c == '\\') {
			c = *++s == 'n' ? '\n' : *s == 't' ? '\t' : *s;
			if (!c || !strchr("\n\t\"\\", c))
				return refuse(r, "an escape other than \\n, \\t, \\\" and \\\\");
		}
		pb_buf_add(b, &c, 1);
	}
	if (*s != '"' || s[1])
		return refuse(r, "a string does not end at the end of its line");
	return 0;
}

static int read_comment(struct reader *r, const char *s)
{
	int ret = r->part == PART_STR ? end_entry(r) : 0;

	if (s[1] == ',') {
		r->is_format = strstr(s, " c-format") != NULL;
		r->fuzzy = strstr(s, " fuzzy") != NULL;
	}
	return ret;
}

static int read_line(struct reader *r, const char *s)
{
	int ret = 0;

	if (!*s)
		return end_entry(r);
	if (*s == '#')
		return read_comment(r, s);
	if (*s == '"')
		return add_string(r, s);
	if (!strncmp(s, "msgid ", 6)) {
		if (r->part == PART_STR)
			ret = end_entry(r);
		r->part = PART_ID;
		return ret ? ret : add_string(r, s + 6);
	}
	if (!strncmp(s, "msgstr ", 7) && r->part == PART_ID) {
		r->part = PART_STR;
		return add_string(r, s + 7);
	}
	return refuse(
		r, "expected a comment, msgid, msgstr or a string; contexts and plural forms are not used");
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct pb_po_entry *)a)->id, ((const struct pb_po_entry *)b)->id);
}

static int read_all(struct reader *r, FILE *f)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int ret = 0;

	while (!ret && (len = getline(&line, &size, f)) >= 0) {
		r->line++;
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			line[--len] = '\0';
		ret = read_line(r, line);
	}
	free(line);
	if (!ret && ferror(f))
		ret = pb_fail(r->err, PB_MISSING, EIO, "cannot read %s", r->path);
	return ret ? ret : end_entry(r);
}

int pb_po_read(struct pb_po *po, const char *path, struct pb_err *err)
{
	struct reader r = {.po = po, .path = path, .err = err};
	FILE *f = fopen(path, "re");
	int ret;

	*po = (struct pb_po){0};
	if (!f)
		return pb_fail(err, PB_MISSING, errno, "cannot read %s: %s", path, strerror(errno));
	ret = read_all(&r, f);
	fclose(f);
	pb_buf_fini(&r.id);
	pb_buf_fini(&r.str);
	if (ret < 0)
		pb_po_fini(po);
	else if (po->n)
		qsort(po->v, po->n, sizeof(*po->v), by_id);
	return ret;
}

void pb_po_fini(struct pb_po *po)
{
	for (size_t i = 0; i < po->n; i++) {
		free(po->v[i].id);
		free(po->v[i].str);
	}
	free(po->v);
	*po = (struct pb_po){0};
}

const struct pb_po_entry *pb_po_find(const struct pb_po *po, const char *id)
{
	struct pb_po_entry key = {.id = (char *)id};

	return po->n ? bsearch(&key, po->v, po->n, sizeof(*po->v), by_id) : NULL;
}
