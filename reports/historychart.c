/*
 * Writes the points and the script and lets gnuplot draw, in a folder of its own; what came out
 * takes its place when all of it is there.
 */
#include "reports/historychart.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/csv.h"
#include "engine/lib/datadir.h"
#include "engine/lib/remove_tree.h"
#include "reports/tool.h"

#define LOG "draw.log"
#define TIMEOUT_S 240
#define TICKS 12
#define SUFFIX ".svg"
#define NAME_MAX_BYTES 200

/* Where the three files go, and what they are called there without suffix. */
struct place {
	char folder[PATH_MAX], work[PATH_MAX + 32], base[NAME_MAX_BYTES + 1];
	int fd; /* of work */
};

/* Plain ASCII without quotes, as pb_series_label, and with what metrics and lists have in them. */
static void add_label(struct pb_csv *c, const char *text)
{
	char label[256];
	size_t n = 0;

	for (; *text && n < sizeof(label) - 1; text++)
		label[n++] = isalnum((unsigned char)*text) || strchr(" ._:[]()/%+-@;", *text) ? *text : '?';
	label[n] = '\0';
	pb_csv_foreign(c, label);
}

/* The unit becomes part of an axis' format: letters, digits and '/' only. */
static void add_unit(struct pb_csv *c, const char *unit)
{
	char plain[32];
	size_t n = 0;

	for (; *unit && n < sizeof(plain) - 1; unit++)
		if (isalnum((unsigned char)*unit) || *unit == '/')
			plain[n++] = *unit;
	plain[n] = '\0';
	pb_csv_foreign(c, plain);
}

/* Some dates along the axis; more would run into each other. */
static const char *tick_of(const struct pb_historychart *c, size_t i, char *buf, size_t size)
{
	size_t every = (c->n + TICKS - 1) / TICKS;

	if (i % every != 0)
		return NULL;
	snprintf(buf, size, "%.10s", c->v[i].started_utc);
	return buf;
}

static void write_points(const struct pb_historychart *c, FILE *f)
{
	static const char *const names[] = {"n",       "started_utc", "label",  "value",  "level", "change",
					    "changed", "tick",        "series", "metric", "unit"};
	struct pb_csv csv = {.f = f};
	char tick[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		pb_csv_str(&csv, names[i]);
	pb_csv_end(&csv);
	for (size_t i = 0; i < c->n; i++) {
		const struct pb_historychart_point *p = &c->v[i];

		pb_csv_i64(&csv, (int64_t)i + 1);
		add_label(&csv, p->started_utc);
		add_label(&csv, p->label);
		pb_csv_num(&csv, p->value);
		pb_csv_num(&csv, p->level);
		pb_csv_i64(&csv, p->change);
		add_label(&csv, p->changed);
		pb_csv_str(&csv, tick_of(c, i, tick, sizeof(tick)));
		add_label(&csv, c->series);
		add_label(&csv, c->metric);
		add_unit(&csv, c->unit);
		pb_csv_end(&csv);
	}
}

static FILE *begin(const struct place *w, const char *suffix)
{
	char name[NAME_MAX_BYTES + 8];
	int fd;

	snprintf(name, sizeof(name), "%s%s", w->base, suffix);
	fd = openat(w->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static int finish(FILE *f)
{
	int failed = ferror(f);

	return fclose(f) != 0 || failed ? -EIO : 0;
}

static int write_csv(const struct place *w, const struct pb_historychart *c)
{
	FILE *f = begin(w, ".csv");

	if (!f)
		return -errno;
	write_points(c, f);
	return finish(f);
}

/* One script of its own: a line of style.gp that loads a file of a report's folder is left out. */
static int append_script(FILE *out, const char *data, const char *name)
{
	char path[PATH_MAX], line[1024];
	FILE *in;

	if (snprintf(path, sizeof(path), "%s/%s", data, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	in = fopen(path, "re");
	if (!in)
		return -errno;
	while (fgets(line, sizeof(line), in))
		if (strncmp(line, "load ", 5) != 0)
			fputs(line, out);
	fclose(in);
	return 0;
}

static int write_script(const struct place *w, struct pb_err *err)
{
	char data[1024];
	FILE *f;
	int rc = pb_datadir(data, sizeof(data), "reports", err), bad;

	if (rc < 0)
		return rc;
	f = begin(w, ".gp");
	if (!f)
		return -errno;
	rc = append_script(f, data, "style.gp");
	if (rc == 0)
		rc = append_script(f, data, "history.gp");
	bad = finish(f);
	return rc ? rc : bad;
}

/* Into the place of the old ones, the picture last. */
static int take_over(const struct place *w)
{
	static const char *const suffixes[] = {".csv", ".gp", SUFFIX};
	char from[PATH_MAX + 256], to[PATH_MAX + 256];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(from, sizeof(from), "%s%s", w->base, suffixes[i]);
		snprintf(to, sizeof(to), "%s/%s%s", w->folder, w->base, suffixes[i]);
		if (renameat(w->fd, from, AT_FDCWD, to) != 0)
			return -errno;
	}
	return 0;
}

static int draw(const struct place *w, const char *svg, const struct pb_historychart *c, struct pb_err *err)
{
	char script[NAME_MAX_BYTES + 8], picture[NAME_MAX_BYTES + 8], why[256] = "";
	const char *const argv[] = {"gnuplot", "-d", script, NULL};
	struct stat st;
	int rc = write_csv(w, c);

	if (rc == 0)
		rc = write_script(w, err);
	if (rc == 0) {
		snprintf(script, sizeof(script), "%s.gp", w->base);
		snprintf(picture, sizeof(picture), "%s" SUFFIX, w->base);
		rc = pb_tool_run(argv, w->fd, LOG, TIMEOUT_S, why, sizeof(why));
		if (rc == 0 && (fstatat(w->fd, picture, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_size == 0))
			rc = -EIO;
		if (rc < 0)
			return pb_fail(err, PB_MISSING, -rc, "%s cannot be drawn: %s", svg,
				       rc == -ENOENT || rc == -ETIMEDOUT ? why : "gnuplot failed");
		rc = take_over(w);
	}
	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "cannot write %s: %s", svg, strerror(-rc));
	return 0;
}

/* Splits the path, so that the script's name says nothing to gnuplot but a name. */
static int find_place(struct place *w, const char *svg, struct pb_err *err)
{
	const char *slash = strrchr(svg, '/'), *name = slash ? slash + 1 : svg;
	size_t len = strlen(name), suffix = strlen(SUFFIX);

	if (len <= suffix || strcmp(name + len - suffix, SUFFIX) != 0 || name[0] == '-' || name[0] == '.' ||
	    len - suffix > NAME_MAX_BYTES || strlen(svg) >= PATH_MAX)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "-o %s: say FILE.svg, a name that begins with neither '-' nor '.'", svg);
	snprintf(w->base, sizeof(w->base), "%.*s", (int)(len - suffix), name);
	snprintf(w->folder, sizeof(w->folder), "%.*s", slash ? (int)(slash - svg) : 1, slash ? svg : ".");
	if (slash == svg)
		strcpy(w->folder, "/");
	snprintf(w->work, sizeof(w->work), "%s/.passbench-XXXXXX", w->folder);
	if (!mkdtemp(w->work))
		return pb_fail(err, PB_MISSING, errno, "cannot write %s: %m", svg);
	w->fd = open(w->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->fd >= 0)
		return 0;
	rmdir(w->work);
	return pb_fail(err, PB_MISSING, EIO, "cannot write %s", svg);
}

int pb_historychart_draw(const char *svg, const struct pb_historychart *c, struct pb_err *err)
{
	struct place w = {.fd = -1};
	int rc;

	if (c->n == 0)
		return pb_fail(err, PB_USAGE, ENODATA, "%s: there is nothing to draw", svg);
	rc = find_place(&w, svg, err);
	if (rc < 0)
		return rc;
	rc = draw(&w, svg, c, err);
	close(w.fd);
	pb_remove_tree(w.work);
	return rc;
}
