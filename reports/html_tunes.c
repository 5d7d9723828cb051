/*
 * What tune applied: the change, what the counters did, the A/B measurement and the verdict.
 */
#include <math.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/json.h"
#include "reports/format.h"
#include "reports/html.h"

static void changes(struct pb_page *p, const json_t *list)
{
	const json_t *c;
	size_t i;

	if (!json_array_size(list))
		return;
	pb_html_table(p, "", PB_MSG_COLS_CHANGES);
	for (i = 0; i < json_array_size(list); i++) {
		c = json_array_get(list, i);
		pb_html_add(
			p,
			"<tr><td><code>%1</code><br><span class=muted>%2</span></td><td>%3</td><td>%4</td>"
			"<td>%5</td></tr>\n",
			pb_json_str(c, "path", "?"), pb_json_str(c, "key", ""), pb_json_str(c, "old", ""),
			pb_json_str(c, "new", ""), pb_json_str(c, "read_back", ""));
	}
	pb_html_table_end(p);
}

/* The text that the trial wrote, or the CPU that took most and its share. */
static struct pb_text effect_text(const json_t *e, const char *text, const char *cpu, const char *share)
{
	struct pb_text t = pb_format_int(PB_NA);
	int64_t n = pb_json_i64(e, cpu, PB_NA);

	if (*pb_json_str(e, text, ""))
		snprintf(t.s, sizeof(t.s), "%.90s", pb_json_str(e, text, ""));
	else if (n != PB_NA)
		snprintf(t.s, sizeof(t.s), "CPU %lld (%.0f %%)", (long long)n,
			 100 * pb_json_num(e, share, NAN));
	return t;
}

static void effects(struct pb_page *p, const json_t *list)
{
	const json_t *e;
	size_t i;

	if (!json_array_size(list))
		return;
	pb_html_add(p, "<h4>%1</h4>", pb_messages_get(PB_MSG_TUNE_MOVED));
	pb_html_table(p, "", PB_MSG_COLS_EFFECTS);
	for (i = 0; i < json_array_size(list); i++) {
		e = json_array_get(list, i);
		pb_html_add(p, "<tr><td><code>%1</code></td><td>%2</td><td>%3</td><td>%4</td></tr>\n",
			    pb_json_str(e, "name", "?"), pb_json_str(e, "what", ""),
			    effect_text(e, "before", "cpu_before", "share_before").s,
			    effect_text(e, "after", "cpu_after", "share_after").s);
	}
	pb_html_table_end(p);
}

static void arms(struct pb_page *p, const json_t *doc)
{
	static const char *const name[] = {"a", "b"};
	char text[2][200];
	const json_t *arm;
	int i;

	for (i = 0; i < 2; i++) {
		arm = json_object_get(doc, name[i]);
		snprintf(text[i], sizeof(text[i]), "%.80s (%s)", pb_json_str(arm, "label", name[i]),
			 pb_format_count(pb_json_num(arm, "median", NAN)).s);
	}
	pb_html_add(p, "<p>");
	pb_html_add(p, pb_messages_get(PB_MSG_TUNE_AB), text[0], text[1]);
	pb_html_add(p, "</p>\n");
}

static void verdict_numbers(struct pb_page *p, const json_t *doc)
{
	double ratio = pb_json_num(doc, "ratio", NAN), lo = pb_json_num(doc, "ratio_lo", NAN);
	double hi = pb_json_num(doc, "ratio_hi", NAN), min = pb_json_num(doc, "min_effect_pct", NAN);
	struct pb_text range = pb_format_pct_range((lo - 1) * 100, (hi - 1) * 100);

	if (!isfinite(ratio))
		return;
	pb_html_add(p, "<p>");
	pb_html_add(p, pb_messages_get(PB_MSG_TUNE_RATIO), pb_facts_metric(pb_json_str(doc, "goal", "?")),
		    pb_format_pct((ratio - 1) * 100).s, range.s[0] ? range.s : NULL,
		    pb_format_num(pb_json_num(doc, "p", NAN)).s,
		    pb_format_int(pb_json_i64(doc, "pairs", PB_NA)).s, pb_format_pct(min).s);
	pb_html_add(p, " ");
	if (isfinite(pb_json_num(doc, "p99_ratio", NAN)))
		pb_html_add(p, pb_messages_get(PB_MSG_TUNE_P99),
			    pb_format_pct((pb_json_num(doc, "p99_ratio", NAN) - 1) * 100).s);
	pb_html_add(p, "</p>\n");
}

/* Where the settings that the trial wrote stand now, from its undo log. */
static void undo_state(struct pb_page *p, const struct pb_tune *t)
{
	const struct pb_changes *c = &p->facts->changes;
	size_t n[3] = {0}, all = 0;
	char log[sizeof(t->dir) + sizeof("/undo.log")];

	snprintf(log, sizeof(log), "%s/undo.log", t->dir);
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->v[i].log, log)) {
			n[c->v[i].state]++;
			all++;
		}
	pb_html_add(p, "<p>");
	if (all)
		pb_html_add(p, pb_messages_get(PB_MSG_TUNE_WRITTEN), pb_format_int((int64_t)all).s,
			    pb_format_int((int64_t)n[PB_CHANGE_UNDONE]).s,
			    pb_format_int((int64_t)n[PB_CHANGE_KEPT]).s,
			    pb_format_int((int64_t)n[PB_CHANGE_STANDS]).s);
	else
		pb_html_add(p, "%1", pb_messages_get(PB_MSG_TUNE_NOT_WRITTEN));
	pb_html_add(p, all ? " <a href=\"#changes\">%1</a></p>\n" : "</p>\n",
		    pb_messages_get(PB_MSG_H_CHANGES));
}

static void pairs(struct pb_page *p, const struct pb_steps *s)
{
	char phase[2] = "";
	size_t i;

	if (!s->n)
		return;
	pb_html_add(p, "<details><summary>%1</summary>", pb_messages_get(PB_MSG_H_STEPS));
	pb_html_table(p, "", PB_MSG_COLS_PAIRS);
	for (i = 0; i < s->n; i++) {
		phase[0] = s->v[i].phase == 'a' ? 'A' : s->v[i].phase == 'b' ? 'B' : '?';
		pb_html_add(p,
			    "<tr><td class=n>%1</td><td>%2</td><td class=n>%3</td><td class=n>%4</td><td "
			    "class=n>%5</td>"
			    "<td>%6</td></tr>\n",
			    pb_format_int(s->v[i].block).s, phase, pb_format_count(s->v[i].iops.est).s,
			    pb_format_count_range(s->v[i].iops).s, pb_format_ns(s->v[i].p99_ns.est).s,
			    s->v[i].valid ? pb_messages_get(PB_MSG_YES) : s->v[i].reason);
	}
	pb_html_table_end(p);
	pb_html_add(p, "</details>\n");
}

const char *pb_html_verdict_class(enum pb_message verdict)
{
	if (verdict == PB_MSG_TUNE_KEPT)
		return "kept";
	return verdict == PB_MSG_TUNE_UNDONE ? "undone" : "failed";
}

static void tune(struct pb_page *p, const struct pb_tune *t)
{
	enum pb_message word = pb_facts_verdict(t->doc);

	pb_html_add(p, "<article class=tune>\n");
	if (!t->doc) {
		pb_html_add(p, "<p>");
		pb_html_add(p, pb_messages_get(PB_MSG_TUNE_BROKEN), t->dir, t->broken);
		pb_html_add(p, "</p>\n</article>\n");
		return;
	}
	pb_html_add(p,
		    "<span class=\"tag %1\">%2</span> <span class=muted>%3</span>\n<h3>%4</h3>\n<p>%5</p>\n",
		    pb_html_verdict_class(word), pb_messages_get(word), pb_json_str(t->doc, "rule", ""),
		    pb_json_str(t->doc, "title", ""), pb_json_str(t->doc, "reason", ""));
	arms(p, t->doc);
	verdict_numbers(p, t->doc);
	changes(p, json_object_get(t->doc, "changes"));
	undo_state(p, t);
	effects(p, json_object_get(t->doc, "effect"));
	pairs(p, &t->steps);
	if (t->broken[0])
		pb_html_add(p, "<p class=muted>%1</p>\n", t->broken);
	pb_html_add(p, "</article>\n");
}

void pb_html_tunes(struct pb_page *p)
{
	const struct pb_tunes *t = &p->facts->tunes;
	size_t i;

	pb_html_heading(p, "tuning", PB_MSG_H_TUNE);
	if (!t->n)
		pb_html_add(p, "<p>%1</p>\n", pb_messages_get(PB_MSG_TUNE_NONE));
	for (i = 0; i < t->n; i++)
		tune(p, &t->v[i]);
	if (t->n)
		pb_html_figure(p, PB_CHART_TUNE, PB_MSG_CAP_TUNE, false);
}
