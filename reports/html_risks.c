/*
 * The risk matrix: what would suffer, how likely it is made to, and by which fact of this run.
 */
#include "reports/format.h"
#include "reports/html.h"

static const enum pb_message areas[PB_AREAS] = {PB_MSG_AREA_DATA, PB_MSG_AREA_CRASH, PB_MSG_AREA_COMPLIANCE};
static const enum pb_message levels[PB_LEVELS] = {PB_MSG_LEVEL_HIGH, PB_MSG_LEVEL_MEDIUM, PB_MSG_LEVEL_LOW};

static void entry(struct pb_page *p, const struct pb_judgement *j)
{
	struct pb_text at = pb_format_int((int64_t)j->finding);

	pb_html_add(p, "<li id=\"risk-%1\"><b>%2</b> %3 <span class=from><code>%4</code>", j->id,
		    pb_messages_get(j->name), j->text, j->source);
	if (j->finding) {
		pb_html_add(p, " \xc2\xb7 <a href=\"#finding-%1\">", at.s);
		pb_html_add(p, pb_messages_get(PB_MSG_RISK_FINDING), at.s);
		pb_html_add(p, "</a>");
	}
	pb_html_add(p, "</span></li>\n");
}

static void cell(struct pb_page *p, enum pb_area area, enum pb_level level)
{
	const struct pb_judged *all = &p->facts->judged;
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += all->v[i].area == area && all->v[i].level == level;
	pb_html_add(p, "<td class=\"%1%2\" data-level=\"%3\">", pb_level_name(level), n ? "" : " none",
		    pb_messages_get(levels[level]));
	if (!n)
		pb_html_add(p, "\xe2\x80\x93");
	else
		pb_html_add(p, "<ul class=entries>\n");
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].area == area && all->v[i].level == level)
			entry(p, &all->v[i]);
	pb_html_add(p, n ? "</ul></td>" : "</td>");
}

static void unknown(struct pb_page *p)
{
	const struct pb_judged *all = &p->facts->judged;
	size_t n = 0;

	pb_html_add(p, "<h3 class=sub>%1</h3>\n<ul class=\"entries unknown\">\n",
		    pb_messages_get(PB_MSG_RISKS_UNKNOWN));
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].area != PB_AREA_NONE && all->v[i].level == PB_LEVEL_UNKNOWN) {
			entry(p, &all->v[i]);
			n++;
		}
	if (!n)
		pb_html_add(p, "<li>%1</li>\n", pb_messages_get(PB_MSG_RISKS_ALL_KNOWN));
	pb_html_add(p, "</ul>\n");
}

void pb_html_risks(struct pb_page *p)
{
	pb_html_heading(p, "risks", PB_MSG_H_RISKS);
	pb_html_add(p, "<p class=muted>%1</p>\n<table class=matrix><thead><tr><td></td>",
		    pb_messages_get(PB_MSG_CAP_RISKS));
	for (int level = 0; level < PB_LEVELS; level++)
		pb_html_add(p, "<th scope=col>%1</th>", pb_messages_get(levels[level]));
	pb_html_add(p, "</tr></thead><tbody>\n");
	for (int area = 0; area < PB_AREAS; area++) {
		pb_html_add(p, "<tr><th scope=row>%1</th>", pb_messages_get(areas[area]));
		for (int level = 0; level < PB_LEVELS; level++)
			cell(p, (enum pb_area)area, (enum pb_level)level);
		pb_html_add(p, "</tr>\n");
	}
	pb_html_add(p, "</tbody></table>\n");
	unknown(p);
}
