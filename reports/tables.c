/*
 * A list of tables by path. Absent files are remembered, broken ones are read again, so that each reader gets
 * the message.
 */
#include "reports/tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	char *path;
	struct pb_table *table;
};

struct pb_tables {
	int dirfd;
	struct entry *v;
	size_t n;
};

struct pb_tables *pb_tables_new(int dirfd)
{
	struct pb_tables *s = calloc(1, sizeof(*s));

	if (s)
		s->dirfd = dirfd;
	return s;
}

void pb_tables_free(struct pb_tables *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		pb_table_free(s->v[i].table);
		free(s->v[i].path);
	}
	free(s->v);
	free(s);
}

/* Takes table over, also on failure. */
static int keep(struct pb_tables *s, const char *path, struct pb_table *table, struct pb_err *err)
{
	struct entry *v = reallocarray(s->v, s->n + 1, sizeof(*v));
	char *copy = v ? strdup(path) : NULL;

	if (v)
		s->v = v;
	if (!copy) {
		pb_table_free(table);
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory for %s", path);
	}
	s->v[s->n++] = (struct entry){copy, table};
	return 0;
}

int pb_tables_get(struct pb_tables *s, const struct pb_table **t, const char *path, struct pb_err *err)
{
	struct pb_table *table = NULL;
	int ret;

	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->v[i].path, path) != 0)
			continue;
		*t = s->v[i].table;
		return 0;
	}
	ret = pb_table_read(&table, s->dirfd, path, err);
	if (ret < 0 && ret != -ENOENT)
		return ret;
	ret = keep(s, path, table, err);
	if (!ret)
		*t = table;
	return ret;
}

int pb_tables_get_guest(struct pb_tables *s, const struct pb_table **t, const char *guest, const char *file,
			struct pb_err *err)
{
	char path[320];

	*t = NULL;
	if (!*guest || strchr(guest, '/') || strlen(guest) > 200)
		return 0;
	snprintf(path, sizeof(path), "guest/%s/%s", guest, file);
	return pb_tables_get(s, t, path, err);
}
