/*
 * The markdown report: the page's sentences and tables without charts, for a
 * ticket or a repository.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "engine/lib/json.h"
#include "reports/escape.h"
#include "reports/facts.h"
#include "reports/format.h"
#include "reports/iocost.h"
#include "reports/lang.h"
#include "reports/md_sections.h"
#include "reports/messages.h"
#include "reports/pathrows.h"
#include "reports/predicted.h"

#define FILE_NAME "report/report.md"

#define md(b, ...) pb_escape_fmt(b, PB_ESCAPE_MD, __VA_ARGS__)

static void heading(struct pb_buf *b, enum pb_message id)
{
	md(b, "\n## %1\n\n", pb_messages_get(id));
}

static void top(struct pb_buf *b, const struct pb_facts *f)
{
	static const enum pb_message mark[] = {PB_MSG_CHECK_WORD_OK, PB_MSG_CHECK_WORD_NOTE,
					       PB_MSG_CHECK_WORD_BAD};
	const json_t *list = json_object_get(f->manifest, "warnings"), *w;
	size_t i;

	md(b, "# %1\n\n%2\n\n", f->headline, f->name);
	pb_md_answers(b, f);
	md(b, "%1\n", f->why);
	if (json_array_size(list))
		heading(b, PB_MSG_H_WARNINGS);
	for (i = 0; i < json_array_size(list); i++) {
		w = json_array_get(list, i);
		md(b, "- %1\n", json_is_string(w) ? json_string_value(w) : "?");
	}
	heading(b, PB_MSG_H_CHECKS);
	for (i = 0; i < f->n_check; i++) {
		pb_buf_str(b, "- ");
		md(b, pb_messages_get(PB_MSG_LABELLED), pb_messages_get(mark[f->check[i].level]),
		   f->check[i].text);
		pb_buf_str(b, "\n");
	}
}

static void steps(struct pb_buf *b, const struct pb_facts *f)
{
	const struct pb_step *s;
	size_t i;

	heading(b, PB_MSG_H_STEPS);
	pb_md_columns(b, PB_MSG_COLS_STEPS);
	for (i = 0; i < f->steps.n; i++) {
		s = &f->steps.v[i];
		md(b, "| %1 | %2 | %3 | %4 | %5 | %6 | %7 ", pb_format_num(s->depth).s,
		   pb_format_num(s->mean_depth).s, pb_format_count(s->iops.est).s,
		   pb_format_count_range(s->iops).s, pb_format_bytes_s(s->bw_bytes_s).s,
		   pb_format_ns(s->lat_mean_ns).s, pb_format_ns(s->p50_ns.est).s);
		md(b, "| %1 | %2 | %3 | %4 | %5 |\n", pb_format_ns(s->p99_ns.est).s,
		   pb_format_ns_range(s->p99_ns).s, pb_format_ns(s->p999_ns).s, pb_format_num(s->failed).s,
		   s->valid ? pb_messages_get(PB_MSG_YES) : s->reason);
	}
}

/* The longest run of backquotes, plus one: a fence the text cannot close. */
static size_t fence_length(const struct pb_strv *list)
{
	size_t i, run, longest = 2;
	const char *s;

	for (i = 0; i < list->n; i++)
		for (s = list->v[i], run = 0; *s; s++) {
			run = *s == '`' ? run + 1 : 0;
			longest = run > longest ? run : longest;
		}
	return longest + 1;
}

static void fence(struct pb_buf *b, size_t n)
{
	while (n--)
		pb_buf_str(b, "`");
}

static void commands(struct pb_buf *b, enum pb_message title, const struct pb_strv *list)
{
	size_t i, n = fence_length(list);

	if (!list->n)
		return;
	md(b, pb_messages_get(PB_MSG_LABEL), pb_messages_get(title));
	pb_buf_str(b, "\n\n");
	fence(b, n);
	pb_buf_str(b, "\n");
	for (i = 0; i < list->n; i++) {
		pb_escape_code(b, PB_ESCAPE_NONE, list->v[i]);
		pb_buf_str(b, "\n");
	}
	fence(b, n);
	pb_buf_str(b, "\n\n");
}

static void evidence(struct pb_buf *b, const struct pb_finding *f)
{
	const struct pb_evidence *e;
	size_t i;

	if (!f->n_evidence)
		return;
	pb_md_columns(b, PB_MSG_COLS_EVIDENCE_MD);
	for (i = 0; i < f->n_evidence; i++) {
		e = &f->evidence[i];
		md(b, "| %1 | %2 %3 | %4 | %5 | %6 |\n", e->text, e->file, e->column,
		   pb_format_unit(e->value, e->unit).s, pb_format_unit(e->threshold, e->unit).s, e->source);
	}
	md(b, "\n");
}

static void findings(struct pb_buf *b, const struct pb_findings *fs)
{
	const struct pb_finding *f;
	size_t i;

	heading(b, PB_MSG_H_FINDINGS);
	if (!fs->n)
		md(b, "%1\n", pb_messages_get(PB_MSG_NO_FINDINGS));
	for (i = 0; i < fs->n; i++) {
		f = fs->v[i];
		md(b, "### %1. %2\n\n", pb_format_int((int64_t)i + 1).s, f->title);
		md(b, pb_messages_get(PB_MSG_MD_FINDING), pb_facts_severity(f->severity), f->rule, f->what);
		md(b, "\n\n");
		if (isfinite(f->gain_pct)) {
			md(b, pb_messages_get(PB_MSG_F_GAIN), pb_facts_metric(f->gain_of),
			   pb_format_pct(f->gain_pct).s);
			md(b, "\n\n");
		}
		evidence(b, f);
		commands(b, PB_MSG_F_APPLY, &f->apply);
		commands(b, PB_MSG_F_UNDO, &f->undo);
		commands(b, PB_MSG_F_VERIFY, &f->verify);
	}
}

static void tunes(struct pb_buf *b, const struct pb_tunes *list)
{
	const json_t *doc;
	double ratio;
	size_t i;

	heading(b, PB_MSG_H_TUNE);
	if (!list->n)
		md(b, "%1\n", pb_messages_get(PB_MSG_TUNE_NONE));
	for (i = 0; i < list->n; i++) {
		doc = list->v[i].doc;
		if (!doc) {
			md(b, pb_messages_get(PB_MSG_TUNE_BROKEN), list->v[i].dir, list->v[i].broken);
			md(b, "\n");
			continue;
		}
		ratio = pb_json_num(doc, "ratio", NAN);
		pb_buf_str(b, "- ");
		md(b, pb_messages_get(PB_MSG_MD_TUNE), pb_json_str(doc, "rule", ""),
		   pb_json_str(doc, "title", ""), pb_messages_get(pb_facts_verdict(doc)),
		   pb_json_str(doc, "reason", ""), pb_facts_metric(pb_json_str(doc, "goal", "")),
		   pb_format_pct((ratio - 1) * 100).s);
		pb_buf_str(b, "\n");
	}
}

static void predict(struct pb_buf *b, const struct pb_facts *f)
{
	const json_t *params;

	for (size_t i = 0; (params = pb_predicted_of(f, i)); i++) {
		size_t rows = pb_predicted_rows(params);

		if (i == 0)
			heading(b, PB_MSG_H_PREDICT);
		else
			pb_buf_str(b, "\n");
		md(b, pb_messages_get(pb_predicted_caption(params)), pb_predicted_error(params).s);
		pb_buf_str(b, "\n\n");
		pb_md_columns(b, pb_predicted_columns(params));
		for (size_t row = 0; row < rows; row++) {
			for (unsigned c = 0; c < PB_PREDICTED_COLUMNS; c++)
				md(b, "| %1 ", pb_predicted_cell(params, row, c).s);
			pb_buf_str(b, "|\n");
		}
	}
}

static void cost(struct pb_buf *b, const struct pb_facts *f)
{
	const json_t *params = pb_iocost_of(f);
	size_t row, rows = pb_iocost_rows(params);
	struct pb_strv missing = {0};
	unsigned c;

	if (!rows)
		return;
	heading(b, PB_MSG_H_COST);
	md(b, "%1\n\n", pb_messages_get(PB_MSG_CAP_COST));
	pb_md_columns(b, PB_MSG_COLS_COST);
	for (row = 0; row < rows; row++) {
		for (c = 0; c < PB_IOCOST_COLUMNS; c++)
			md(b, "| %1 ", pb_iocost_cell(params, row, c).s);
		pb_buf_str(b, "|\n");
	}
	pb_iocost_missing(params, &missing);
	for (row = 0; row < missing.n; row++)
		md(b, row ? "- %1\n" : "\n- %1\n", missing.v[row]);
	pb_strv_fini(&missing);
}

static void path_row(void *arg, const struct pb_pathrow *r)
{
	struct pb_buf *b = arg;

	if (r->failed) {
		md(b, "| %1 | %2 | %3 | | | | |\n", pb_format_int(r->depth).s, r->name, r->failed);
		return;
	}
	md(b, "| %1 | %2 |", pb_format_int(r->depth).s, r->name);
	for (int i = 0; i < PB_PATHROW_CELLS; i++)
		md(b, " %1 %2 |", r->median[i].s, r->ratio[i].s);
	md(b, " %1 |\n", pb_format_int(r->visits).s);
}

static void paths(struct pb_buf *b, const struct pb_findings *fs)
{
	const json_t *arms = pb_pathrows_arms(fs);

	if (!arms)
		return;
	heading(b, PB_MSG_H_PATHS);
	md(b, "%1\n\n", pb_messages_get(PB_MSG_PATHS_HOW));
	pb_md_columns(b, PB_MSG_COLS_PATHS);
	pb_pathrows_each(arms, path_row, b);
}

static void back(struct pb_buf *b, const struct pb_facts *f)
{
	size_t i;

	heading(b, PB_MSG_H_WHAT);
	md(b, "| | |\n|---|---|\n");
	for (i = 0; i + 1 < f->setup.n; i += 2)
		md(b, "| %1 | %2 |\n", f->setup.v[i], f->setup.v[i + 1]);
	heading(b, PB_MSG_H_MISSING);
	if (!f->missing.n)
		md(b, "%1\n", pb_messages_get(PB_MSG_NOTHING_MISSING));
	for (i = 0; i < f->missing.n; i++)
		md(b, "- %1\n", f->missing.v[i]);
}

static int write_md(const struct pb_report_input *in, struct pb_err *err)
{
	struct pb_buf b = {0};
	struct pb_facts f;
	int ret = pb_facts_init(&f, in, err);

	if (ret < 0)
		return ret;
	top(&b, &f);
	findings(&b, in->findings);
	paths(&b, in->findings);
	tunes(&b, &f.tunes);
	pb_md_changes(&b, &f);
	pb_md_risks(&b, &f);
	pb_md_checklist(&b, &f);
	pb_md_restore(&b, &f);
	predict(&b, &f);
	cost(&b, &f);
	steps(&b, &f);
	back(&b, &f);
	if (b.failed)
		ret = pb_fail(err, PB_MISSING, ENOMEM, "no memory for " FILE_NAME);
	else
		ret = pb_rundir_put(in->dir, pb_lang_file(FILE_NAME).s, b.data, b.len, err);
	pb_buf_fini(&b);
	pb_facts_fini(&f);
	return ret;
}

const struct pb_report pb_report_md = {
	.name = "md",
	.help = "the same without charts as markdown, for a ticket",
	.file = FILE_NAME,
	.write = write_md,
};
