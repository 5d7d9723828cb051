/*
 * The audit of the host: every change that passbench made there, with the value before and where it stands
 * now.
 */
#include "reports/format.h"
#include "reports/html.h"

void pb_html_changes(struct pb_page *p)
{
	static const char *const class_of[] = {"medium", "low", "kept"};
	const struct pb_changes *c = &p->facts->changes;

	pb_html_heading(p, "changes", PB_MSG_H_CHANGES);
	if (!c->n) {
		pb_html_add(p, "<p>%1</p>\n",
			    pb_messages_get(c->logs ? PB_MSG_CHANGES_NONE : PB_MSG_CHANGES_NO_LOG));
		return;
	}
	pb_html_add(p, "<p class=muted>%1</p>\n", pb_messages_get(PB_MSG_CAP_CHANGES));
	pb_html_table(p, "changes", PB_MSG_COLS_HOST_CHANGES);
	for (size_t i = 0; i < c->n; i++) {
		const struct pb_change *v = &c->v[i];
		size_t times = pb_change_times(c, i);

		if (!times)
			continue;
		pb_html_add(p,
			    "<tr><td>%1</td><td><code>%2</code></td><td><code>%3</code></td>"
			    "<td><code>%4</code></td><td><span class=\"state %5\">%6</span></td><td "
			    "class=n>%7</td>"
			    "<td><a href=\"../",
			    v->kind, v->what, v->old, v->now, class_of[v->state],
			    pb_messages_get(pb_change_word(v->state)), pb_format_int((int64_t)times).s);
		pb_escape_url(&p->b, v->log);
		pb_html_add(p, "\"><code>%1</code></a></td></tr>\n", v->log);
	}
	pb_html_table_end(p);
	if (c->damaged) {
		pb_html_add(p, "<p class=muted>");
		pb_html_add(p, pb_messages_get(PB_MSG_CHANGES_DAMAGED), pb_format_int((int64_t)c->damaged).s);
		pb_html_add(p, "</p>\n");
	}
}
