/*
 * Each finding with its evidence and the exact commands.
 */
#include <math.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "reports/format.h"
#include "reports/html.h"

static enum pb_message class_message(const char *change_class)
{
	switch (change_class[0]) {
	case 'L':
		return PB_MSG_CLASS_L;
	case 'G':
		return PB_MSG_CLASS_G;
	case 'V':
		return PB_MSG_CLASS_V;
	case 'H':
		return PB_MSG_CLASS_H;
	default:
		return PB_MSG_CLASS_NONE;
	}
}

static void meta_item(struct pb_page *p, enum pb_message id, const char *a, const char *b)
{
	pb_html_add(p, "<li>");
	pb_html_add(p, pb_messages_get(id), a, b);
	pb_html_add(p, "</li>\n");
}

static void meta(struct pb_page *p, const struct pb_finding *f)
{
	struct pb_text gain = pb_format_pct_range(f->gain_lo_pct, f->gain_hi_pct);

	pb_html_add(p, "<ul class=meta>\n");
	if (isfinite(f->gain_pct))
		meta_item(p, PB_MSG_F_GAIN, pb_facts_metric(f->gain_of),
			  gain.s[0] ? gain.s : pb_format_pct(f->gain_pct).s);
	if (*f->confidence)
		meta_item(p, PB_MSG_F_CONFIDENCE, f->confidence, NULL);
	if (*f->risk)
		meta_item(p, PB_MSG_F_RISK, f->risk, NULL);
	pb_html_add(p, "<li>%1</li>\n</ul>\n", pb_messages_get(class_message(f->change_class)));
}

/* "whole run", or seconds since the first measured window. */
static struct pb_text window_of(const struct pb_page *p, const struct pb_evidence *e)
{
	struct pb_text t;
	int64_t t0, t1;

	if (e->t0_ns == PB_NA || e->t1_ns == PB_NA || !pb_steps_span(&p->facts->steps, &t0, &t1)) {
		snprintf(t.s, sizeof(t.s), "%s", pb_messages_get(PB_MSG_WHOLE_RUN));
		return t;
	}
	return pb_format_window((double)(e->t0_ns - t0) / 1e9, (double)(e->t1_ns - t0) / 1e9);
}

static void evidence_row(struct pb_page *p, const struct pb_evidence *e)
{
	pb_html_add(p, "<tr><td>%1</td><td>", e->text);
	if (*e->file) {
		pb_html_add(p, "<a href=\"../");
		pb_escape_url(&p->b, e->file);
		pb_html_add(p, "\"><code>%1</code></a>", e->file);
	}
	pb_html_add(p,
		    " <code>%1</code></td><td class=n>%2</td><td class=n>%3</td><td "
		    "class=n>%4</td><td>%5</td></tr>\n",
		    e->column, window_of(p, e).s, pb_format_unit(e->value, e->unit).s,
		    pb_format_unit(e->threshold, e->unit).s, e->source);
}

static void evidence(struct pb_page *p, const struct pb_finding *f)
{
	size_t i;

	if (!f->n_evidence)
		return;
	pb_html_add(p, "<h4>%1</h4>", pb_messages_get(PB_MSG_F_EVIDENCE));
	pb_html_table(p, "evidence", PB_MSG_COLS_EVIDENCE);
	for (i = 0; i < f->n_evidence; i++)
		evidence_row(p, &f->evidence[i]);
	pb_html_table_end(p);
}

static void commands(struct pb_page *p, enum pb_message title, const struct pb_strv *list)
{
	size_t i;

	if (!list->n)
		return;
	pb_html_add(p, "<div><h4>%1</h4><pre>", pb_messages_get(title));
	for (i = 0; i < list->n; i++) {
		pb_buf_str(&p->b, i ? "\n" : "");
		pb_escape_code(&p->b, PB_ESCAPE_HTML, list->v[i]);
	}
	pb_html_add(p, "</pre></div>\n");
}

/* Everything below a finding's title. */
static void body(struct pb_page *p, const struct pb_finding *f)
{
	if (*f->what)
		pb_html_add(p, "<p>%1</p>\n", f->what);
	meta(p, f);
	evidence(p, f);
	if (f->apply.n || f->undo.n || f->verify.n) {
		pb_html_add(p, "<div class=cmds>\n");
		commands(p, PB_MSG_F_APPLY, &f->apply);
		commands(p, PB_MSG_F_UNDO, &f->undo);
		commands(p, PB_MSG_F_VERIFY, &f->verify);
		pb_html_add(p, "</div>\n");
	}
	for (size_t i = 0; i < f->missing.n; i++) {
		pb_html_add(p, "<p class=muted>");
		pb_html_add(p, pb_messages_get(PB_MSG_F_MISSING), f->missing.v[i]);
		pb_html_add(p, "</p>\n");
	}
}

/* What asks for nothing is folded: its title is the news, and twenty of them would hide the one that asks. */
static void finding(struct pb_page *p, const struct pb_finding *f, size_t at)
{
	bool folded = f->severity == PB_SEV_INFO;

	pb_html_add(p,
		    "<article class=finding id=\"finding-%1\">\n<span class=\"tag %2\">%3</span> <span "
		    "class=muted>%4</span>\n"
		    "<h3>%5</h3>\n",
		    pb_format_int((int64_t)at).s, pb_severity_name(f->severity),
		    pb_facts_severity(f->severity), f->rule, f->title);
	if (folded)
		pb_html_add(p, "<details><summary>%1</summary>\n", pb_messages_get(PB_MSG_F_DETAILS));
	body(p, f);
	if (folded)
		pb_html_add(p, "</details>\n");
	pb_html_add(p, "</article>\n");
}

void pb_html_findings(struct pb_page *p)
{
	const struct pb_findings *fs = p->facts->in->findings;
	size_t i;

	pb_html_heading(p, "findings", PB_MSG_H_FINDINGS);
	if (!fs->n)
		pb_html_add(p, "<p>%1</p>\n", pb_messages_get(PB_MSG_NO_FINDINGS));
	for (i = 0; i < fs->n; i++)
		finding(p, fs->v[i], i + 1);
}
