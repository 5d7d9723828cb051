/*
 * The HTML report: one file with its style and its charts inside, no script, nothing
 * loaded from anywhere. Here is the frame; the sections are html_*.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/datadir.h"
#include "engine/lib/json.h"
#include "reports/chartdir.h"
#include "reports/html.h"
#include "reports/lang.h"
#include "reports/percentiles.h"

#define FILE_NAME "report/index.html"

void pb_html_heading(struct pb_page *p, const char *anchor, enum pb_message id)
{
	pb_html_add(p, "<h2 id=\"%1\">%2</h2>\n", anchor, pb_messages_get(id));
}

void pb_html_table(struct pb_page *p, const char *table_class, enum pb_message columns)
{
	const char *s = pb_messages_get(columns);
	char name[64];
	size_t len;

	pb_html_add(p, "<div class=scroll tabindex=0><table class=\"%1\"><thead><tr>", table_class);
	for (; *s; s += len + (s[len] == '|')) {
		len = strcspn(s, "|");
		snprintf(name, sizeof(name), "%.*s", (int)len, s);
		if (*name == '>')
			pb_html_add(p, "<th scope=col class=n>%1</th>", name + 1);
		else
			pb_html_add(p, "<th scope=col>%1</th>", name);
	}
	pb_html_add(p, "</tr></thead><tbody>\n");
}

void pb_html_table_end(struct pb_page *p)
{
	pb_html_add(p, "</tbody></table></div>\n");
}

void pb_html_redo(struct pb_page *p, enum pb_chart chart)
{
	char command[256];

	if (!p->charts->svg[chart].len)
		return;
	pb_charts_command(command, sizeof(command), chart);
	pb_buf_str(&p->b, "<div class=\"redo muted\">");
	pb_html_add(p, pb_messages_get(PB_MSG_CAP_REDO), pb_lang_file("report/charts").s);
	pb_html_add(p, " <code>%1</code></div>", command);
}

void pb_html_drawing(struct pb_page *p, enum pb_chart chart)
{
	const struct pb_buf *svg = &p->charts->svg[chart];

	if (!svg->len) {
		pb_buf_str(&p->b, "<p class=muted>");
		pb_html_add(p, pb_messages_get(PB_MSG_CHART_MISSING), p->charts->why[chart]);
		pb_buf_str(&p->b, "</p>");
		return;
	}
	/* its name stands in the tag that the drawing begins with */
	pb_html_add(p, "<div class=scroll tabindex=0><svg role=\"img\" aria-label=\"%1\"",
		    pb_charts_title(chart));
	pb_buf_add(&p->b, svg->data + strlen("<svg"), svg->len - strlen("<svg"));
	pb_buf_str(&p->b, "</div>");
}

void pb_html_figure(struct pb_page *p, enum pb_chart chart, enum pb_message caption, bool wide)
{
	pb_html_add(p, "<figure%1>", wide ? " class=wide" : "");
	pb_html_drawing(p, chart);
	if (caption != PB_MSG_COUNT)
		pb_html_add(p, "<figcaption>%1</figcaption>", pb_messages_get(caption));
	if (caption != PB_MSG_COUNT)
		pb_html_redo(p, chart);
	pb_buf_str(&p->b, "</figure>\n");
}

static int add_style(struct pb_page *p, const char *name, struct pb_err *err)
{
	char path[1100], data[1024], block[4096];
	FILE *f;
	size_t n;
	int ret = pb_datadir(data, sizeof(data), "reports", err);

	if (ret < 0)
		return ret;
	snprintf(path, sizeof(path), "%s/%s", data, name);
	f = fopen(path, "re");
	if (!f)
		return pb_fail(err, PB_MISSING, errno, "cannot read %s: %s", path, strerror(errno));
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		pb_buf_add(&p->b, block, n);
	fclose(f);
	return 0;
}

static int head(struct pb_page *p, struct pb_err *err)
{
	int ret;

	/* The policy is belt and braces: even if something slipped through, nothing runs and nothing is
	 * fetched. */
	pb_html_add(p,
		    "<!DOCTYPE html>\n<html lang=\"%3\">\n<head>\n<meta charset=utf-8>\n"
		    "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src "
		    "'unsafe-inline'; "
		    "img-src data:\">\n"
		    "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=referrer content=no-referrer>\n<link rel=icon href=\"data:,\">\n"
		    "<title>%1 \xc2\xb7 %2</title>\n<style>\n",
		    p->facts->name, pb_messages_get(PB_MSG_TITLE), pb_lang()->tag);
	ret = add_style(p, "style.css", err);
	if (!ret)
		ret = add_style(p, "sections.css", err);
	pb_html_add(p, "</style>\n</head>\n<body>\n");
	return ret;
}

static void curve(struct pb_page *p)
{
	pb_html_heading(p, "curve", PB_MSG_H_CURVE);
	pb_html_add(p, "<div class=two>\n");
	pb_html_figure(p, PB_CHART_CURVE_IOPS, PB_MSG_COUNT, false);
	pb_html_figure(p, PB_CHART_CURVE_LATENCY, PB_MSG_CAP_CURVE, false);
	pb_html_add(p, "</div>\n");
}

static void charts(struct pb_page *p)
{
	bool fine = pb_percentiles_by_interval(p->facts);

	pb_html_heading(p, "timeline", PB_MSG_H_TIMELINE);
	pb_html_figure(p, PB_CHART_TIMELINE, PB_MSG_CAP_TIMELINE, true);
	pb_html_heading(p, "percentiles", PB_MSG_H_PERCENTILES);
	pb_html_figure(p, PB_CHART_PERCENTILES,
		       fine ? PB_MSG_CAP_PERCENTILES : PB_MSG_CAP_PERCENTILES_WINDOWS, true);
	pb_html_heading(p, "heat", PB_MSG_H_HEAT);
	pb_html_figure(p, PB_CHART_HEAT, PB_MSG_CAP_HEAT, true);
	pb_html_add(p, "<div class=two>\n<section>");
	pb_html_heading(p, "irq", PB_MSG_H_IRQ);
	pb_html_figure(p, PB_CHART_IRQ, PB_MSG_CAP_IRQ, false);
	pb_html_add(p, "</section>\n<section>");
	pb_html_heading(p, "latency", PB_MSG_H_LATENCY);
	pb_html_figure(p, PB_CHART_LATENCY, PB_MSG_CAP_LATENCY, false);
	pb_html_add(p, "</section>\n</div>\n");
}

static int page(struct pb_page *p, struct pb_err *err)
{
	int ret = head(p, err);

	if (ret < 0)
		return ret;
	pb_html_top(p);
	curve(p);
	pb_html_setup(p);
	pb_html_path(p);
	pb_html_findings(p);
	pb_html_paths(p);
	pb_html_tunes(p);
	pb_html_changes(p);
	pb_html_risks(p);
	pb_html_checklist(p);
	pb_html_restore(p);
	pb_html_predict(p);
	pb_html_cost(p);
	charts(p);
	pb_html_back(p);
	pb_html_add(p, "</main>\n<footer>");
	pb_html_add(p, pb_messages_get(PB_MSG_FOOTER), PB_VERSION,
		    pb_json_str(p->facts->manifest, "passbench", "?"));
	pb_html_add(p, "</footer>\n</body>\n</html>\n");
	return p->b.failed ? pb_fail(err, PB_MISSING, ENOMEM, "no memory for " FILE_NAME) : 0;
}

/*
 * The new charts and the new page in the place of the old ones. The page is the last that needs room on the
 * disk: when it finds none, the old charts come back.
 */
static int publish(struct pb_rundir *dir, const struct pb_buf *page, struct pb_err *err)
{
	int ret = pb_chartdir_exchange(dir->fd, err);

	if (!ret) {
		ret = pb_rundir_put(dir, pb_lang_file(FILE_NAME).s, page->data, page->len, err);
		if (ret < 0)
			pb_chartdir_exchange(dir->fd, NULL);
	}
	return ret;
}

static int write_html(const struct pb_report_input *in, struct pb_err *err)
{
	struct pb_charts drawn;
	struct pb_facts facts;
	struct pb_page p = {.facts = &facts, .charts = &drawn};
	int ret;

	ret = pb_facts_init(&facts, in, err);
	if (ret < 0)
		return ret;
	ret = pb_charts_draw(&drawn, &facts, err);
	if (!ret) {
		ret = page(&p, err);
		pb_charts_fini(&drawn);
		if (!ret)
			ret = publish(in->dir, &p.b, err);
		pb_chartdir_remove_new(in->dir->fd);
	}
	pb_buf_fini(&p.b);
	pb_facts_fini(&facts);
	return ret;
}

const struct pb_report pb_report_html = {
	.name = "html",
	.help = "one self-contained page with charts, for people",
	.file = FILE_NAME,
	.write = write_html,
};
