/*
 * Draws the charts: one gnuplot process for all of them, lstopo for the host.
 * The folder is built as report/charts.new and takes its place when complete.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/datadir.h"
#include "reports/chartdata.h"
#include "reports/charts.h"
#include "reports/lang.h"
#include "reports/messages.h"
#include "reports/svg.h"
#include "reports/tool.h"

#define FINAL "charts"
#define FRESH "charts.new"
#define LOG "draw.log"
/* The lab computes some thirty times slower than hardware; on hardware all charts take under a second. */
#define TIMEOUT_S 240
#define SVG_MAX (8u << 20)

static const struct chart {
	const char *svg, *script, *prefix;
} charts[PB_CHART_COUNT] = {
	[PB_CHART_CURVE_IOPS] = {"curve-iops.svg", "curve.gp", "ci-"},
	[PB_CHART_CURVE_LATENCY] = {"curve-latency.svg", "curve.gp", "cl-"},
	[PB_CHART_TIMELINE] = {"timeline.svg", "timeline.gp", "tl-"},
	[PB_CHART_IRQ] = {"irq.svg", "irq.gp", "iq-"},
	[PB_CHART_LATENCY] = {"latency.svg", "latency.gp", "la-"},
	[PB_CHART_TUNE] = {"tune.svg", "tune.gp", "tu-"},
	[PB_CHART_LSTOPO] = {"lstopo.svg", NULL, "lt-"},
};

const char *pb_charts_script(enum pb_chart chart)
{
	return charts[chart].script;
}

static bool has_data(const struct pb_chartdata *d, enum pb_chart chart)
{
	switch (chart) {
	case PB_CHART_CURVE_IOPS:
	case PB_CHART_CURVE_LATENCY:
		return d->curve;
	case PB_CHART_TIMELINE:
		return d->timeline;
	case PB_CHART_IRQ:
		return d->irq;
	case PB_CHART_LATENCY:
		return d->latency;
	case PB_CHART_TUNE:
		return d->tune;
	default:
		return false;
	}
}

static int remove_entry(int fd, const char *name)
{
	return unlinkat(fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* Removes a folder of plain files. Not there is fine. */
static int remove_folder(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), ret = 0;
	struct dirent *e;
	DIR *d;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while (!ret && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			ret = remove_entry(dirfd(d), e->d_name);
	closedir(d);
	if (!ret && unlinkat(parent, name, AT_REMOVEDIR) < 0)
		ret = -errno;
	return ret;
}

static int make_folder(int parent, const char *name)
{
	int fd;

	if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Copies one script from the data folder, so that the charts can be drawn again anywhere. */
static int copy_script(const char *data, const char *name, int outfd)
{
	char path[1280], block[4096];
	FILE *in;
	int fd, ret = 0;
	size_t n;

	if (snprintf(path, sizeof(path), "%s/%s", data, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	in = fopen(path, "re");
	if (!in)
		return -errno;
	fd = openat(outfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		ret = -errno;
	while (!ret && (n = fread(block, 1, sizeof(block), in)) > 0)
		if (write(fd, block, n) != (ssize_t)n)
			ret = -EIO;
	if (fd >= 0)
		close(fd);
	fclose(in);
	return ret;
}

/* The scripts that have data, each once; style.gp first. Returns how many to run. */
static int copy_scripts(const char **run, const struct pb_chartdata *d, int outfd, struct pb_err *err)
{
	char data[1024];
	int i, n = 0, ret = pb_datadir(data, sizeof(data), "reports", err);

	if (ret < 0)
		return ret;
	ret = copy_script(data, "style.gp", outfd);
	for (i = 0; i < PB_CHART_COUNT && !ret; i++) {
		if (!charts[i].script || !has_data(d, (enum pb_chart)i) ||
		    (n && run[n - 1] == charts[i].script))
			continue;
		ret = copy_script(data, charts[i].script, outfd);
		run[n++] = charts[i].script;
	}
	if (ret < 0)
		return pb_fail(err, PB_MISSING, -ret, "chart scripts cannot be copied from %s: %s", data,
			       strerror(-ret));
	return n;
}

static bool drawn(int fd, const char *svg)
{
	struct stat st;

	return !fstatat(fd, svg, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode) && st.st_size > 0;
}

/* One process for all scripts; a script that fails ends it, so those still missing are then tried alone. */
static void draw_gnuplot(const char *const *script, int n, int fd, char *why, size_t size)
{
	const char *argv[PB_CHART_COUNT + 4] = {"gnuplot", "-d"}, *one[] = {"gnuplot", "-d", NULL, NULL};
	int i, ret;

	if (!n)
		return;
	for (i = 0; i < n; i++)
		argv[2 + i] = script[i];
	ret = pb_tool_run(argv, fd, LOG, TIMEOUT_S, why, size);
	if (ret != -EIO)
		return;
	for (i = 0; i < n; i++) {
		one[2] = script[i];
		if (pb_tool_run(one, fd, LOG, TIMEOUT_S, why, size) == -ENOENT)
			return;
	}
}

static void draw_lstopo(struct pb_charts *c, const struct pb_facts *f, int fd)
{
	static const char *const argv[] = {
		"lstopo-no-graphics", "--input", "../../topology.xml", "--of", "svg",
		"--no-legend",        "--force", "lstopo.svg",         NULL};
	char why[256] = "";

	if (faccessat(f->in->dir->fd, "topology.xml", R_OK, 0) < 0)
		snprintf(why, sizeof(why), "%s", pb_messages_get(PB_MSG_CHART_NO_DATA));
	else
		pb_tool_run(argv, fd, LOG, TIMEOUT_S, why, sizeof(why));
	if (why[0])
		c->why[PB_CHART_LSTOPO] = strdup(why);
}

static int slurp(struct pb_buf *b, int dirfd, const char *name)
{
	char block[16384];
	ssize_t n;
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while ((n = read(fd, block, sizeof(block))) > 0 && b->len < SVG_MAX)
		pb_buf_add(b, block, (size_t)n);
	close(fd);
	return n == 0 && b->len && !b->failed ? 0 : -EIO;
}

/* Takes one SVG into the page, or keeps the reason why there is none. */
static void load_svg(struct pb_charts *c, int i, int fd, const char *why)
{
	struct pb_buf text = {0};

	if (c->why[i])
		return;
	if (!drawn(fd, charts[i].svg) || slurp(&text, fd, charts[i].svg) < 0)
		c->why[i] = strdup(why[0] ? why : "the drawing program wrote nothing");
	else if (pb_svg_embed(&c->svg[i], text.data, charts[i].prefix) < 0)
		c->why[i] = strdup("the drawing cannot be embedded, open the SVG file instead");
	pb_buf_fini(&text);
}

/* The new folder in the old one's place. */
static int swap_in(int report)
{
	int ret = remove_folder(report, pb_lang_file(FINAL).s);

	if (!ret && renameat(report, FRESH, report, pb_lang_file(FINAL).s) < 0)
		ret = -errno;
	return ret;
}

static int fill(struct pb_charts *c, const struct pb_facts *f, int fd, struct pb_err *err)
{
	const char *script[PB_CHART_COUNT] = {NULL};
	struct pb_chartdata data;
	char why[256] = "";
	int i, n, ret = pb_chartdata_write(&data, f, fd, err);

	if (ret < 0)
		return ret;
	n = copy_scripts(script, &data, fd, err);
	if (n < 0)
		return n;
	draw_gnuplot(script, n, fd, why, sizeof(why));
	draw_lstopo(c, f, fd);
	for (i = 0; i < PB_CHART_COUNT; i++) {
		if (charts[i].script && !has_data(&data, (enum pb_chart)i))
			c->why[i] = strdup(pb_messages_get(PB_MSG_CHART_NO_DATA));
		load_svg(c, i, fd, why);
	}
	return 0;
}

int pb_charts_draw(struct pb_charts *c, const struct pb_facts *f, struct pb_err *err)
{
	int report, fd, ret;

	memset(c, 0, sizeof(*c));
	report = make_folder(f->in->dir->fd, "report");
	if (report < 0)
		return pb_fail(err, PB_MISSING, -report, "cannot make %s/report: %s", f->in->dir->path,
			       strerror(-report));
	ret = remove_folder(report, FRESH);
	fd = ret < 0 ? ret : make_folder(report, FRESH);
	if (fd < 0) {
		close(report);
		return pb_fail(err, PB_MISSING, -fd, "cannot make %s/report/" FRESH ": %s", f->in->dir->path,
			       strerror(-fd));
	}
	ret = fill(c, f, fd, err);
	close(fd);
	if (!ret) {
		ret = swap_in(report);
		if (ret < 0)
			pb_fail(err, PB_MISSING, -ret, "cannot replace %s/report/%s: %s", f->in->dir->path,
				pb_lang_file(FINAL).s, strerror(-ret));
	} else {
		remove_folder(report, FRESH);
	}
	close(report);
	if (ret < 0)
		pb_charts_fini(c);
	return ret;
}

void pb_charts_fini(struct pb_charts *c)
{
	int i;

	for (i = 0; i < PB_CHART_COUNT; i++) {
		pb_buf_fini(&c->svg[i]);
		free(c->why[i]);
	}
	memset(c, 0, sizeof(*c));
}
