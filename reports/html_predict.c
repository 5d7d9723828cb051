/*
 * The page's tables of prediction against measurement.
 */
#include "reports/html.h"
#include "reports/predicted.h"

static void table(struct pb_page *p, const json_t *params)
{
	size_t rows = pb_predicted_rows(params);

	pb_html_add(p, "<p>");
	pb_html_add(p, pb_messages_get(pb_predicted_caption(params)), pb_predicted_error(params).s);
	pb_html_add(p, "</p>\n");
	pb_html_table(p, "", pb_predicted_columns(params));
	for (size_t row = 0; row < rows; row++) {
		pb_html_add(p, "<tr>");
		for (unsigned c = 0; c < PB_PREDICTED_COLUMNS; c++)
			pb_html_add(p, "<td class=n>%1</td>", pb_predicted_cell(params, row, c).s);
		pb_html_add(p, "</tr>\n");
	}
	pb_html_table_end(p);
}

void pb_html_predict(struct pb_page *p)
{
	const json_t *params;

	for (size_t i = 0; (params = pb_predicted_of(p->facts, i)); i++) {
		if (i == 0)
			pb_html_heading(p, "prediction", PB_MSG_H_PREDICT);
		table(p, params);
		if (pb_predicted_caption(params) == PB_MSG_CAP_PREDICT)
			pb_html_figure(p, PB_CHART_PREDICT, PB_MSG_CAP_PREDICT_CHART, false);
	}
}
