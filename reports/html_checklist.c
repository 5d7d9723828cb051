/*
 * The configuration checklist: every judged line with its state, what was found and where it was read.
 */
#include "reports/format.h"
#include "reports/html.h"

void pb_html_checklist(struct pb_page *p)
{
	const struct pb_judged *all = &p->facts->judged;
	size_t n[PB_LEVEL_NONE] = {0};

	for (size_t i = 0; i < all->n; i++)
		n[all->v[i].level]++;
	pb_html_heading(p, "checklist", PB_MSG_H_CHECKLIST);
	pb_html_add(p, "<p class=muted>");
	pb_html_add(p, pb_messages_get(PB_MSG_CHECKLIST_SUM), pb_format_int((int64_t)n[PB_LEVEL_HIGH]).s,
		    pb_format_int((int64_t)n[PB_LEVEL_MEDIUM]).s,
		    pb_format_int((int64_t)n[PB_LEVEL_UNKNOWN]).s, pb_format_int((int64_t)n[PB_LEVEL_LOW]).s);
	pb_html_add(p, "</p>\n");
	pb_html_table(p, "checklist", PB_MSG_COLS_CHECKLIST);
	for (size_t i = 0; i < all->n; i++) {
		const struct pb_judgement *j = &all->v[i];

		pb_html_add(p,
			    "<tr id=\"check-%1\"><td><span class=\"state "
			    "%2\">%3</span></td><th scope=row>%4</th><td>%5</td>"
			    "<td class=from><code>%6</code></td></tr>\n",
			    j->id, pb_level_name(j->level), pb_messages_get(pb_level_state(j->level)),
			    pb_messages_get(j->name), j->text, j->source);
	}
	pb_html_table_end(p);
}
