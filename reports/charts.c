/*
 * Draws the charts: one gnuplot process for all of them, lstopo for the host.
 * The folder is built as report/charts.new and takes its place when the page is complete (chartdir.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/datadir.h"
#include "reports/chartdata.h"
#include "reports/chartdir.h"
#include "reports/charts.h"
#include "reports/labels.h"
#include "reports/messages.h"
#include "reports/svg.h"
#include "reports/tool.h"

#define LOG "draw.log"
/* The lab computes some thirty times slower than hardware; on hardware all charts take under a second. */
#define TIMEOUT_S 240
#define SVG_MAX (8u << 20)

static const char *const lstopo[] = {"lstopo-no-graphics", "--input", "../../topology.xml", "--of", "svg",
				     "--no-legend",        "--force", "lstopo.svg",         NULL};

static const struct chart {
	const char *svg, *script, *prefix; /* a script draws one chart, or several that stand together here */
	enum pb_message title;
} charts[PB_CHART_COUNT] = {
	[PB_CHART_CURVE_IOPS] = {"curve-iops.svg", "curve.gp", "ci-", PB_MSG_METRIC_IOPS},
	[PB_CHART_CURVE_LATENCY] = {"curve-latency.svg", "curve.gp", "cl-", PB_MSG_CHART_LATENCY},
	[PB_CHART_TIMELINE] = {"timeline.svg", "timeline.gp", "tl-", PB_MSG_H_TIMELINE},
	[PB_CHART_IRQ] = {"irq.svg", "irq.gp", "iq-", PB_MSG_H_IRQ},
	[PB_CHART_HEAT] = {"heat.svg", "heat.gp", "ht-", PB_MSG_H_HEAT},
	[PB_CHART_LATENCY] = {"latency.svg", "latency.gp", "la-", PB_MSG_H_LATENCY},
	[PB_CHART_PERCENTILES] = {"percentiles.svg", "percentiles.gp", "pe-", PB_MSG_H_PERCENTILES},
	[PB_CHART_PATHS] = {"paths.svg", "paths.gp", "pa-", PB_MSG_H_CHART_PATHS},
	[PB_CHART_TUNE] = {"tune.svg", "tune.gp", "tu-", PB_MSG_H_TUNE},
	[PB_CHART_PREDICT] = {"predict.svg", "predict.gp", "pr-", PB_MSG_H_PREDICT},
	[PB_CHART_LSTOPO] = {"lstopo.svg", NULL, "lt-", PB_MSG_H_LSTOPO},
};

void pb_charts_command(char *out, size_t size, enum pb_chart chart)
{
	size_t len = 0;

	out[0] = '\0';
	if (charts[chart].script) {
		snprintf(out, size, "gnuplot %s", charts[chart].script);
		return;
	}
	for (size_t i = 0; lstopo[i] && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s", i ? " " : "", lstopo[i]);
}

const char *pb_charts_title(enum pb_chart chart)
{
	return pb_messages_get(charts[chart].title);
}

/* The scripts that have data, each once; style.gp and the labels first. Returns how many to run. */
static int copy_scripts(const char **run, const struct pb_chartdata *d, int outfd, struct pb_err *err)
{
	char data[1024];
	int i, n = 0, ret = pb_datadir(data, sizeof(data), "reports", err);

	if (!ret)
		ret = pb_chartdir_copy(outfd, data, "style.gp", err);
	if (!ret)
		ret = pb_labels_write(outfd, err);
	for (i = 0; i < PB_CHART_COUNT && !ret; i++) {
		if (!charts[i].script || !d->any[i] || (n && run[n - 1] == charts[i].script))
			continue;
		ret = pb_chartdir_copy(outfd, data, charts[i].script, err);
		run[n++] = charts[i].script;
	}
	return ret < 0 ? ret : n;
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
	char why[256] = "";

	if (faccessat(f->in->dir->fd, "topology.xml", R_OK, 0) < 0)
		snprintf(why, sizeof(why), "%s", pb_messages_get(PB_MSG_CHART_NO_DATA));
	else
		pb_tool_run(lstopo, fd, LOG, TIMEOUT_S, why, sizeof(why));
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
		c->why[i] = strdup(why[0] ? why : pb_messages_get(PB_MSG_CHART_EMPTY));
	else if (pb_svg_embed(&c->svg[i], text.data, charts[i].prefix) < 0)
		c->why[i] = strdup(pb_messages_get(PB_MSG_CHART_NOT_EMBEDDED));
	pb_buf_fini(&text);
}

/* A program that draws does not always notice that the disk is full; such a report must not replace a whole
 * one.
 */
static int check_room(const struct pb_charts *c, const struct pb_chartdata *d, int fd, struct pb_err *err)
{
	int i, ret = 0;

	for (i = 0; i < PB_CHART_COUNT && !ret; i++)
		if (d->any[i] && c->why[i])
			ret = pb_chartdir_room(fd);
	return ret < 0 ? pb_fail(err, PB_MISSING, -ret, "cannot write the charts of the report: %s",
				 strerror(-ret))
		       : 0;
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
	data.any[PB_CHART_LSTOPO] = !c->why[PB_CHART_LSTOPO];
	for (i = 0; i < PB_CHART_COUNT; i++) {
		if (charts[i].script && !data.any[i])
			c->why[i] = strdup(pb_messages_get(PB_MSG_CHART_NO_DATA));
		load_svg(c, i, fd, why);
	}
	return check_room(c, &data, fd, err);
}

int pb_charts_draw(struct pb_charts *c, const struct pb_facts *f, struct pb_err *err)
{
	int fd = pb_chartdir_begin(f->in->dir->fd, err), ret;

	memset(c, 0, sizeof(*c));
	if (fd < 0)
		return fd;
	ret = fill(c, f, fd, err);
	close(fd);
	if (!ret)
		return 0;
	pb_chartdir_remove_new(f->in->dir->fd);
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
