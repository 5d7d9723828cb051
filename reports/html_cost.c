/*
 * The page's table of what one I/O costs.
 */
#include "reports/html.h"
#include "reports/iocost.h"

void pb_html_cost(struct pb_page *p)
{
	const json_t *params = pb_iocost_of(p->facts);
	size_t row, rows = pb_iocost_rows(params);
	struct pb_strv missing = {0};
	unsigned c;

	if (!rows)
		return;
	pb_html_heading(p, "cost", PB_MSG_H_COST);
	pb_html_add(p, "<p>%1</p>\n", pb_messages_get(PB_MSG_CAP_COST));
	pb_html_table(p, "", PB_MSG_COLS_COST);
	for (row = 0; row < rows; row++) {
		pb_html_add(p, "<tr>");
		for (c = 0; c < PB_IOCOST_COLUMNS; c++)
			pb_html_add(p, "<td class=n>%1</td>", pb_iocost_cell(params, row, c).s);
		pb_html_add(p, "</tr>\n");
	}
	pb_html_table_end(p);
	pb_iocost_missing(params, &missing);
	if (missing.n)
		pb_html_add(p, "<ul class=plain>\n");
	for (row = 0; row < missing.n; row++)
		pb_html_add(p, "<li>%1</li>\n", missing.v[row]);
	if (missing.n)
		pb_html_add(p, "</ul>\n");
	pb_strv_fini(&missing);
}
