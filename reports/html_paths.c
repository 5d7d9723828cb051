/*
 * The comparison of paths: one table, each guest path against the host itself.
 */
#include "reports/html.h"
#include "reports/pathrows.h"

static void row(void *arg, const struct pb_pathrow *r)
{
	struct pb_page *p = arg;

	pb_html_add(p, "<tr><td class=n>%1</td><td><code>%2</code></td>", pb_format_int(r->depth).s, r->name);
	if (r->failed) {
		pb_html_add(p, "<td colspan=5>%1</td></tr>\n", r->failed);
		return;
	}
	for (int i = 0; i < PB_PATHROW_CELLS; i++)
		pb_html_add(p, "<td class=n>%1<br><span class=muted>%2</span></td>", r->median[i].s,
			    r->ratio[i].s);
	pb_html_add(p, "<td class=n>%1</td></tr>\n", pb_format_int(r->visits).s);
}

void pb_html_paths(struct pb_page *p)
{
	const json_t *arms = pb_pathrows_arms(p->facts->in->findings);

	if (!arms)
		return;
	pb_html_heading(p, "paths", PB_MSG_H_PATHS);
	pb_html_add(p, "<p>%1</p>\n", pb_messages_get(PB_MSG_PATHS_HOW));
	pb_html_table(p, "", PB_MSG_COLS_PATHS);
	pb_pathrows_each(arms, row, p);
	pb_html_table_end(p);
	pb_html_figure(p, PB_CHART_PATHS, PB_MSG_CAP_PATHS, true);
}
