/*
 * Private to html*.c: the page being written and its sections.
 */
#ifndef PB_REPORTS_HTML_H
#define PB_REPORTS_HTML_H

#include "reports/charts.h"
#include "reports/escape.h"
#include "reports/facts.h"
#include "reports/messages.h"

struct pb_page {
	struct pb_buf b;
	const struct pb_facts *facts;
	const struct pb_charts *charts;
};

/* Markup with %1..%9 replaced by escaped text. */
#define pb_html_add(page, ...) pb_escape_fmt(&(page)->b, PB_ESCAPE_HTML, __VA_ARGS__)
/* An <h2> with an anchor. */
void pb_html_heading(struct pb_page *p, const char *anchor, enum pb_message id);
/* "<div class=scroll><table>" with the headings of a COLS_ message; and its end. `table_class` may be "". */
void pb_html_table(struct pb_page *p, const char *table_class, enum pb_message columns);
void pb_html_table_end(struct pb_page *p);
/* A chart as a box that scrolls where it is too wide, or why there is none. */
void pb_html_drawing(struct pb_page *p, enum pb_chart chart);
/* The line that says how to draw a chart again; nothing for one that could not be drawn. */
void pb_html_redo(struct pb_page *p, enum pb_chart chart);
/* A figure: the SVG, or why there is none. `wide`: scrolls on narrow screens. */
void pb_html_figure(struct pb_page *p, enum pb_chart chart, enum pb_message caption, bool wide);

/* The class of a tag for TUNE_KEPT, TUNE_UNDONE or TUNE_FAILED. */
const char *pb_html_verdict_class(enum pb_message verdict);

void pb_html_top(struct pb_page *p);       /* html_top.c: headline, answers, findings in short, checks */
void pb_html_risks(struct pb_page *p);     /* html_risks.c: the risk matrix */
void pb_html_restore(struct pb_page *p);   /* html_restore.c: time to restore or to back up */
void pb_html_checklist(struct pb_page *p); /* html_checklist.c */
void pb_html_changes(struct pb_page *p);   /* html_changes.c: what passbench changed on the host */
void pb_html_findings(struct pb_page *p);  /* html_findings.c */
void pb_html_tunes(struct pb_page *p);     /* html_tunes.c */
void pb_html_predict(
	struct pb_page *p);           /* html_predict.c: prediction against measurement, where there is one */
void pb_html_cost(struct pb_page *p); /* html_cost.c: what one I/O costs, nothing when not known */
void pb_html_paths(struct pb_page *p); /* html_paths.c: comparison of paths, when there is one */
void pb_html_path(struct pb_page *p);  /* html_path.c: the disk's path */
void pb_html_setup(struct pb_page *p); /* html_back.c: what was measured on what */
void pb_html_back(struct pb_page *p);  /* html_back.c: tables, method */
void pb_html_data(struct pb_page *p);  /* html_data.c: links to the raw data */

#endif
