/*
 * Reader of undo.log (docs/run-directory.md): JSON lines, {seq, kind, key, name, old, new, boot} before a
 * change and {seq, done} after it was put back or kept. Restores nothing.
 */
#include "reports/changes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/lib/json.h"

#define LINE_MAX_BYTES 16384

static void change_fini(struct pb_change *c)
{
	free(c->log);
	free(c->kind);
	free(c->what);
	free(c->old);
	free(c->now);
}

/* The newest entry of this log with that number: numbers start again in each log. */
static struct pb_change *find(struct pb_changes *c, const char *path, long long seq)
{
	for (size_t i = c->n; i-- > 0;)
		if (c->v[i].seq == seq && strcmp(c->v[i].log, path) == 0)
			return &c->v[i];
	return NULL;
}

static char *what_of(const json_t *j)
{
	const char *key = pb_json_str(j, "key", ""), *name = pb_json_str(j, "name", "");
	struct pb_buf b = {0};

	pb_buf_printf(&b, *key && *name ? "%s, %s" : "%s%s", key, name);
	return b.data;
}

static int add(struct pb_changes *c, const char *path, const json_t *j, long long seq)
{
	struct pb_change *v = realloc(c->v, (c->n + 1) * sizeof(*v));
	struct pb_change e = {.seq = seq, .state = PB_CHANGE_STANDS};

	if (!v)
		return -ENOMEM;
	c->v = v;
	e.log = strdup(path);
	e.kind = strdup(pb_json_str(j, "kind", ""));
	e.what = what_of(j);
	e.old = strdup(pb_json_str(j, "old", ""));
	e.now = strdup(pb_json_str(j, "new", ""));
	if (!e.log || !e.kind || !e.what || !e.old || !e.now) {
		change_fini(&e);
		return -ENOMEM;
	}
	v[c->n++] = e;
	return 0;
}

static int read_line(struct pb_changes *c, const char *path, const char *line)
{
	struct pb_change *e;
	json_t *j = NULL;
	const char *done;
	long long seq;
	int rc = 0;

	if (pb_json_parse(&j, line, strlen(line), path, NULL) < 0) {
		c->damaged++;
		return 0;
	}
	seq = pb_json_i64(j, "seq", 0);
	done = pb_json_str(j, "done", NULL);
	e = find(c, path, seq);
	if (done && e)
		e->state = strcmp(done, "kept") ? PB_CHANGE_UNDONE : PB_CHANGE_KEPT;
	else if (!done && !e && seq > 0)
		rc = add(c, path, j, seq);
	json_decref(j);
	return rc;
}

int pb_changes_read(struct pb_changes *c, int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC), rc = 0;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	char *line;

	if (!f) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	line = malloc(LINE_MAX_BYTES);
	c->logs += line != NULL;
	while (line && rc == 0 && fgets(line, LINE_MAX_BYTES, f))
		rc = read_line(c, path, line);
	fclose(f);
	free(line);
	return line ? rc : -ENOMEM;
}

void pb_changes_fini(struct pb_changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		change_fini(&c->v[i]);
	free(c->v);
	memset(c, 0, sizeof(*c));
}

static bool is_same(const struct pb_change *a, const struct pb_change *b)
{
	return a->state == b->state && !strcmp(a->what, b->what) && !strcmp(a->now, b->now) &&
	       !strcmp(a->old, b->old) && !strcmp(a->kind, b->kind) && !strcmp(a->log, b->log);
}

size_t pb_change_times(const struct pb_changes *c, size_t i)
{
	size_t n = 0;

	for (size_t k = 0; k < c->n; k++) {
		if (!is_same(&c->v[k], &c->v[i]))
			continue;
		if (k < i)
			return 0;
		n++;
	}
	return n;
}

enum pb_message pb_change_word(enum pb_change_state state)
{
	static const enum pb_message of[] = {PB_MSG_CHANGE_STANDS, PB_MSG_CHANGE_UNDONE, PB_MSG_CHANGE_KEPT};

	return of[state];
}

const char *pb_change_name(enum pb_change_state state)
{
	static const char *const of[] = {"stands", "undone", "kept"};

	return of[state];
}
