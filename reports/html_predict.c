/*
 * The page's table of prediction against measurement.
 */
#include "reports/html.h"
#include "reports/predicted.h"

void pb_html_predict(struct pb_page *p)
{
	const json_t *params = pb_predicted_of(p->facts);
	size_t row, rows = pb_predicted_rows(params);
	unsigned c;

	if (!rows)
		return;
	pb_html_heading(p, "prediction", PB_MSG_H_PREDICT);
	pb_html_add(p, "<p>");
	pb_html_add(p, pb_messages_get(PB_MSG_CAP_PREDICT), pb_predicted_error(params).s);
	pb_html_add(p, "</p>\n");
	pb_html_table(p, "", PB_MSG_COLS_PREDICT);
	for (row = 0; row < rows; row++) {
		pb_html_add(p, "<tr>");
		for (c = 0; c < PB_PREDICTED_COLUMNS; c++)
			pb_html_add(p, "<td class=n>%1</td>", pb_predicted_cell(params, row, c).s);
		pb_html_add(p, "</tr>\n");
	}
	pb_html_table_end(p);
}
