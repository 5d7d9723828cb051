/*
 * The first screen: what was reached and the four answers; below them warnings, numbers, findings in short
 * and the checks.
 */
#include <math.h>
#include <string.h>

#include "engine/lib/json.h"
#include "reports/format.h"
#include "reports/html.h"

/* Findings named on the first screen. */
#define TOP 5

static void card(struct pb_page *p, enum pb_message name, struct pb_text value, struct pb_text range)
{
	pb_html_add(p, "<div class=card><dt>%1</dt><dd><div class=big>%2</div><div class=ci>",
		    pb_messages_get(name), value.s);
	if (range.s[0])
		pb_html_add(p, pb_messages_get(PB_MSG_CI95), range.s);
	else
		pb_html_add(p, "%1", pb_messages_get(PB_MSG_CI_NONE));
	pb_html_add(p, "</div></dd></div>\n");
}

static void cards(struct pb_page *p)
{
	const struct pb_step *s = p->facts->best;
	double per_io;
	struct pb_ci bw;

	if (!s)
		return;
	/* bytes per I/O is fixed by the profile, so the interval of IOPS scales */
	per_io = s->bw_bytes_s / s->iops.est;
	bw = (struct pb_ci){s->bw_bytes_s, s->iops.lo * per_io, s->iops.hi * per_io};
	pb_html_add(p, "<dl class=cards>\n");
	card(p, PB_MSG_UNIT_IOPS, pb_format_iops(s->iops.est), pb_format_count_range(s->iops));
	card(p, PB_MSG_UNIT_P50, pb_format_ns(s->p50_ns.est), pb_format_ns_range(s->p50_ns));
	card(p, PB_MSG_UNIT_P99, pb_format_ns(s->p99_ns.est), pb_format_ns_range(s->p99_ns));
	card(p, PB_MSG_UNIT_BW, pb_format_bytes_s(s->bw_bytes_s), pb_format_bytes_range(bw));
	pb_html_add(p, "</dl>\n");
}

static void warnings(struct pb_page *p)
{
	const json_t *list = json_object_get(p->facts->manifest, "warnings"), *w;
	size_t i;

	if (!json_array_size(list))
		return;
	pb_html_add(p, "<div class=warnings><p><strong>%1</strong></p><ul>\n",
		    pb_messages_get(PB_MSG_H_WARNINGS));
	for (i = 0; i < json_array_size(list); i++) {
		w = json_array_get(list, i);
		pb_html_add(p, "<li>%1</li>\n", json_is_string(w) ? json_string_value(w) : "?");
	}
	pb_html_add(p, "</ul></div>\n");
}

/* What tune did, one line each: verdict, title, effect. */
static void applied(struct pb_page *p)
{
	const struct pb_tunes *t = &p->facts->tunes;
	struct pb_text range;
	enum pb_message verdict;
	double ratio;
	size_t i;

	if (!t->n)
		return;
	pb_html_add(p, "<h2>%1</h2><ol class=plain>\n", pb_messages_get(PB_MSG_H_APPLIED));
	for (i = 0; i < t->n; i++) {
		verdict = pb_facts_verdict(t->v[i].doc);
		ratio = pb_json_num(t->v[i].doc, "ratio", NAN);
		pb_html_add(p, "<li><span class=\"tag %1\">%2</span> <a href=\"#tuning\">%3</a>",
			    pb_html_verdict_class(verdict), pb_messages_get(verdict),
			    pb_json_str(t->v[i].doc, "title", t->v[i].dir));
		range = pb_format_pct_range((pb_json_num(t->v[i].doc, "ratio_lo", NAN) - 1) * 100,
					    (pb_json_num(t->v[i].doc, "ratio_hi", NAN) - 1) * 100);
		if (isfinite(ratio))
			pb_html_add(p,
				    range.s[0] ? " <span class=muted>%1 %2 (%3)</span>"
					       : " <span class=muted>%1 %2</span>",
				    pb_facts_metric(pb_json_str(t->v[i].doc, "goal", "")),
				    pb_format_pct((ratio - 1) * 100).s, range.s);
		pb_html_add(p, "</li>\n");
	}
	pb_html_add(p, "</ol>\n");
}

static void top_findings(struct pb_page *p)
{
	const struct pb_findings *fs = p->facts->in->findings;
	const struct pb_finding *f;
	struct pb_text at;
	size_t i;

	pb_html_add(p, "<div><h2>%1</h2>\n", pb_messages_get(PB_MSG_H_TOP));
	if (!fs->n)
		pb_html_add(p, "<p>%1</p>\n", pb_messages_get(PB_MSG_NO_FINDINGS));
	pb_html_add(p, "<ol class=plain>\n");
	for (i = 0; i < fs->n && i < TOP; i++) {
		f = fs->v[i];
		at = pb_format_int((int64_t)i + 1);
		pb_html_add(p, "<li><span class=\"tag %1\">%2</span> <a href=\"#finding-%3\">%4</a>",
			    pb_severity_name(f->severity), pb_facts_severity(f->severity), at.s, f->title);
		if (isfinite(f->gain_pct))
			pb_html_add(p, " <span class=muted>%1 %2</span>", pb_facts_metric(f->gain_of),
				    pb_format_pct(f->gain_pct).s);
		pb_html_add(p, "</li>\n");
	}
	if (fs->n > TOP) {
		pb_html_add(p, "<li><a href=\"#findings\">");
		pb_html_add(p, pb_messages_get(PB_MSG_MORE_FINDINGS), pb_format_int((int64_t)fs->n - TOP).s);
		pb_html_add(p, "</a></li>\n");
	}
	pb_html_add(p, "</ol>\n");
	applied(p);
	pb_html_add(p, "</div>\n");
}

static void checks(struct pb_page *p)
{
	static const char *const class_of[] = {"ok", "note", "bad"};
	size_t i;

	pb_html_add(p, "<div><h2>%1</h2>\n<ul class=\"plain checks\">\n", pb_messages_get(PB_MSG_H_CHECKS));
	for (i = 0; i < p->facts->n_check; i++)
		pb_html_add(p, "<li class=%1>%2</li>\n", class_of[p->facts->check[i].level],
			    p->facts->check[i].text);
	pb_html_add(p, "</ul></div>\n");
}

/* Question, word, sentence; a link to what is behind it. */
static void answers(struct pb_page *p)
{
	const struct pb_answers *list = &p->facts->answers;
	struct pb_text at;
	size_t i;

	pb_html_add(p, "<dl class=answers>\n");
	for (i = 0; i < PB_ANSWERS; i++) {
		const struct pb_answer *a = &list->v[i];

		pb_html_add(p, "<div id=\"answer-%1\" class=\"a-%2\"><dt>%3</dt><dd><b>%4</b> %5", a->id,
			    pb_tone_name(a->tone), pb_messages_get(a->question), a->word, a->text);
		at = pb_format_int((int64_t)a->finding);
		if (a->finding) {
			pb_html_add(p, " <a href=\"#finding-%1\">", at.s);
			pb_html_add(p, pb_messages_get(PB_MSG_RISK_FINDING), at.s);
			pb_html_add(p, "</a>");
		}
		pb_html_add(p, "</dd></div>\n");
	}
	pb_html_add(p, "</dl>\n");
}

/* Where to go on reading. */
static void jump(struct pb_page *p)
{
	static const struct {
		const char *anchor;
		enum pb_message name;
	} to[] = {
		{"curve", PB_MSG_H_CURVE},     {"setup", PB_MSG_H_WHAT},
		{"path", PB_MSG_H_PATH},       {"findings", PB_MSG_H_FINDINGS},
		{"tuning", PB_MSG_H_TUNE},     {"changes", PB_MSG_H_CHANGES},
		{"risks", PB_MSG_H_RISKS},     {"checklist", PB_MSG_H_CHECKLIST},
		{"restore", PB_MSG_H_RESTORE}, {"timeline", PB_MSG_H_TIMELINE},
		{"method", PB_MSG_H_METHOD},   {"data", PB_MSG_H_DATA},
	};

	pb_html_add(p, "<nav class=jump>\n");
	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++)
		if (to[i].name != PB_MSG_H_PATH || !pb_facts_imported(p->facts)) /* has no such section */
			pb_html_add(p, "<a href=\"#%1\">%2</a>\n", to[i].anchor, pb_messages_get(to[i].name));
	pb_html_add(p, "</nav>\n");
}

void pb_html_top(struct pb_page *p)
{
	const struct pb_facts *f = p->facts;

	pb_html_add(p, "<header>\n<p class=kicker>%1 \xc2\xb7 %2 \xc2\xb7 %3</p>\n<h1>%4</h1>\n",
		    pb_messages_get(PB_MSG_TITLE), f->name,
		    pb_format_utc(pb_json_str(f->manifest, "started_utc", "")).s, f->headline);
	answers(p);
	pb_html_add(p, "</header>\n<main>\n");
	cards(p);
	if (*f->why)
		pb_html_add(p, "<p class=muted>%1</p>\n", f->why);
	warnings(p);
	pb_html_add(p, "<section class=\"two first\">\n");
	top_findings(p);
	checks(p);
	pb_html_add(p, "</section>\n");
	jump(p);
}
