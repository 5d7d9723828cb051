/*
 * The back of the page: set-up, all windows, collectors, method.
 */
#include <math.h>
#include <string.h>

#include "engine/lib/json.h"
#include "reports/format.h"
#include "reports/html.h"
#include "reports/lang.h"

static void steps(struct pb_page *p)
{
	const struct pb_steps *list = &p->facts->steps;
	const struct pb_step *s;
	size_t i;

	pb_html_heading(p, "steps", PB_MSG_H_STEPS);
	pb_html_table(p, "", PB_MSG_COLS_STEPS);
	for (i = 0; i < list->n; i++) {
		s = &list->v[i];
		pb_html_add(
			p,
			"<tr%1><td class=n>%2</td><td class=n>%3</td><td class=n>%4</td><td class=n>%5</td>"
			"<td class=n>%6</td><td class=n>%7</td><td class=n>%8</td>",
			s->valid ? "" : " class=rejected", pb_format_num(s->depth).s,
			pb_format_num(s->mean_depth).s, pb_format_count(s->iops.est).s,
			pb_format_count_range(s->iops).s, pb_format_bytes_s(s->bw_bytes_s).s,
			pb_format_ns(s->lat_mean_ns).s, pb_format_ns(s->p50_ns.est).s);
		pb_html_add(p,
			    "<td class=n>%1</td><td class=n>%2</td><td class=n>%3</td><td "
			    "class=n>%4</td><td>%5</td></tr>\n",
			    pb_format_ns(s->p99_ns.est).s, pb_format_ns_range(s->p99_ns).s,
			    pb_format_ns(s->p999_ns).s, pb_format_num(s->failed).s,
			    s->valid ? pb_messages_get(PB_MSG_YES) : s->reason);
	}
	pb_html_table_end(p);
}

void pb_html_setup(struct pb_page *p)
{
	const struct pb_strv *s = &p->facts->setup;
	size_t i;

	pb_html_heading(p, "setup", PB_MSG_H_WHAT);
	pb_html_add(p, "<table class=kv><tbody>\n");
	for (i = 0; i + 1 < s->n; i += 2)
		pb_html_add(p, "<tr><th scope=row>%1</th><td>%2</td></tr>\n", s->v[i], s->v[i + 1]);
	pb_html_add(p, "</tbody></table>\n");
}

static void missing(struct pb_page *p)
{
	const struct pb_strv *m = &p->facts->missing;
	size_t i;

	pb_html_heading(p, "missing", PB_MSG_H_MISSING);
	if (!m->n)
		pb_html_add(p, "<p>%1</p>\n", pb_messages_get(PB_MSG_NOTHING_MISSING));
	pb_html_add(p, "<ul class=plain>\n");
	for (i = 0; i < m->n; i++)
		pb_html_add(p, "<li>%1</li>\n", m->v[i]);
	pb_html_add(p, "</ul>\n");
}

static void collectors(struct pb_page *p)
{
	const json_t *list = json_object_get(p->facts->manifest, "collectors"), *c;
	size_t i;

	pb_html_heading(p, "collectors", PB_MSG_H_COLLECTORS);
	pb_html_table(p, "", PB_MSG_COLS_COLLECTORS);
	for (i = 0; i < json_array_size(list); i++) {
		c = json_array_get(list, i);
		pb_html_add(
			p,
			"<tr><td><code>%1</code></td><td>%2</td><td class=n>%3</td><td class=n>%4</td><td "
			"class=n>%5</td></tr>\n",
			pb_json_str(c, "name", "?"), pb_lang_say(pb_json_str(c, "status", "?")),
			pb_format_int(pb_json_i64(c, "rows", PB_NA)).s,
			pb_format_ns(pb_json_num(c, "cpu_ns", NAN)).s,
			pb_format_int(pb_json_i64(c, "missed_ticks", PB_NA)).s);
	}
	pb_html_table_end(p);
}

static void method(struct pb_page *p)
{
	static const enum pb_message text[] = {PB_MSG_METHOD_1, PB_MSG_METHOD_2, PB_MSG_METHOD_3,
					       PB_MSG_METHOD_4, PB_MSG_METHOD_5, PB_MSG_METHOD_6};
	const json_t *clock = json_object_get(p->facts->manifest, "clock");
	size_t i;

	pb_html_heading(p, "method", PB_MSG_H_METHOD);
	if (pb_facts_imported(p->facts)) {
		pb_html_add(p, "<p>");
		pb_html_add(p, pb_messages_get(PB_MSG_METHOD_IMPORTED), pb_facts_imported(p->facts));
		pb_html_add(p, "</p>\n<p>%1</p>\n", pb_messages_get(PB_MSG_METHOD_6));
		return;
	}
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		pb_html_add(p, "<p>");
		/* only METHOD_4 has arguments; the others ignore them */
		pb_html_add(p, pb_messages_get(text[i]), pb_format_int(pb_json_i64(clock, "pings", PB_NA)).s,
			    pb_json_str(clock, "method", "?"),
			    pb_format_num(pb_json_num(clock, "drift_ppm", NAN)).s,
			    pb_format_ns(pb_json_num(clock, "bound_ns", NAN)).s);
		pb_html_add(p, "</p>\n");
	}
}

void pb_html_back(struct pb_page *p)
{
	steps(p);
	missing(p);
	collectors(p);
	method(p);
	pb_html_data(p);
}
