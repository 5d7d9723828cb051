/*
 * Words and sentences of the first screen.
 */
#include "reports/answers.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"
#include "reports/facts.h"
#include "reports/format.h"
#include "reports/pathrows.h"

#define TEXT(id, ...) pb_facts_text(pb_messages_get(PB_MSG_##id), ##__VA_ARGS__)

const char *pb_tone_name(enum pb_tone tone)
{
	static const char *const names[] = {"ok", "note", "bad"};

	return names[tone];
}

/* Without a goal: what the guest gets of what the host itself gets, where that was measured. */
static bool answer_near_host(struct pb_answer *a, const struct pb_facts *f)
{
	const char *attach = pb_json_str(json_object_get(f->manifest, "disk"), "attach", "");
	const json_t *arms = pb_pathrows_arms(f->in->findings);
	struct pb_pathrow row;

	if (!arms || !pb_pathrows_of(arms, attach, &row))
		return false;
	a->tone = PB_TONE_NOTE;
	a->word = TEXT(A_NEAR_HOST);
	a->text = TEXT(A_NEAR_HOST_TEXT, row.ratio[0].s, row.ratio[2].s[0] ? row.ratio[2].s : "?",
		       pb_format_int(row.depth).s);
	return true;
}

static void answer_enough(struct pb_answer *a, const struct pb_facts *f)
{
	static const struct {
		enum pb_message word;
		enum pb_tone tone;
	} of[] = {
		[PB_GOAL_NONE] = {PB_MSG_A_NO_GOAL, PB_TONE_NOTE},
		[PB_GOAL_MET] = {PB_MSG_A_YES, PB_TONE_GOOD},
		[PB_GOAL_MISSED] = {PB_MSG_A_NO, PB_TONE_BAD},
		[PB_GOAL_OPEN] = {PB_MSG_A_OPEN, PB_TONE_NOTE},
		[PB_GOAL_INVALID] = {PB_MSG_A_INVALID, PB_TONE_BAD},
		[PB_GOAL_NO_SPEED] = {PB_MSG_A_NO_SPEED, PB_TONE_NOTE},
	};

	if (f->goal == PB_GOAL_NONE && answer_near_host(a, f))
		return;
	a->tone = of[f->goal].tone;
	a->word = pb_facts_text("%1", pb_messages_get(of[f->goal].word));
	a->text = f->goal == PB_GOAL_NONE ? TEXT(A_REACHED) : pb_facts_text("%1", f->answer);
}

/* What the class of the finding "limit" is called by somebody who does not know the classes (docs/rules.md).
 */
static enum pb_message limit_word(const char *class)
{
	static const struct {
		const char *class;
		enum pb_message word;
	} of[] = {
		{"link", PB_MSG_LIMIT_LINK},
		{"shared", PB_MSG_LIMIT_SHARED},
		{"submitter-cpu", PB_MSG_LIMIT_SUBMITTER},
		{"iothread", PB_MSG_LIMIT_IOTHREAD},
		{"completion-cpu", PB_MSG_LIMIT_COMPLETION},
		{"exits", PB_MSG_LIMIT_EXITS},
		{"queue-limit", PB_MSG_LIMIT_QUEUE},
		{"neighbour", PB_MSG_LIMIT_NEIGHBOUR},
		{"device", PB_MSG_LIMIT_DEVICE},
		{"depth", PB_MSG_LIMIT_DEPTH},
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (!strcmp(of[i].class, class))
			return of[i].word;
	return PB_MSG_A_NOT_KNOWN;
}

static void answer_limit(struct pb_answer *a, const struct pb_facts *f)
{
	const struct pb_finding *limit;
	enum pb_message word;
	size_t i;

	for (i = 0; i < f->in->findings->n && strcmp(f->in->findings->v[i]->rule, "limit") != 0; i++)
		;
	a->finding = i < f->in->findings->n ? i + 1 : 0;
	limit = a->finding ? f->in->findings->v[i] : NULL;
	word = limit_word(pb_json_str(limit ? limit->params : NULL, "class", ""));
	a->tone = word == PB_MSG_A_NOT_KNOWN ? PB_TONE_NOTE : PB_TONE_GOOD;
	a->word = pb_facts_text("%1", pb_messages_get(word));
	if (!limit)
		a->text = TEXT(A_LIMIT_NONE);
	else if (word != PB_MSG_A_NOT_KNOWN && limit->n_evidence)
		a->text = TEXT(A_LIMIT, limit->evidence[0].text, limit->confidence);
	else if (limit->missing.n)
		a->text = TEXT(A_LIMIT_MISSING, limit->title, limit->missing.v[0]);
	else
		a->text = pb_facts_text("%1.", limit->title);
}

/* What was tried already is not proposed again. */
static bool was_tried(const struct pb_facts *f, const char *rule)
{
	for (size_t i = 0; i < f->tunes.n; i++)
		if (!strcmp(pb_json_str(f->tunes.v[i].doc, "rule", ""), rule))
			return true;
	return false;
}

/* change: true when something would be set, false when only more would be measured. */
static size_t first_proposal(const struct pb_facts *f, bool change)
{
	const struct pb_findings *fs = f->in->findings;

	for (size_t i = 0; i < fs->n; i++)
		if (fs->v[i]->severity >= PB_SEV_ADVICE && fs->v[i]->apply.n &&
		    (fs->v[i]->change_class[0] != '-') == change && !was_tried(f, fs->v[i]->rule))
			return i + 1;
	return 0;
}

/* A fault that no setting mends comes before every proposal. */
static size_t first_fault(const struct pb_facts *f)
{
	const struct pb_findings *fs = f->in->findings;

	for (size_t i = 0; i < fs->n; i++)
		if (fs->v[i]->severity == PB_SEV_CRITICAL && !fs->v[i]->apply.n)
			return i + 1;
	return 0;
}

static void propose(struct pb_answer *a, const struct pb_finding *f)
{
	struct pb_text pct = pb_format_pct_range(f->gain_lo_pct, f->gain_hi_pct);
	bool measure = f->change_class[0] == '-';
	char *gain, *risk;

	a->tone = f->severity == PB_SEV_ADVICE ? PB_TONE_NOTE : PB_TONE_BAD;
	a->word = pb_facts_text("%1", pb_messages_get(measure                        ? PB_MSG_A_MEASURE_ON
						      : f->severity == PB_SEV_ADVICE ? PB_MSG_A_WORTH_TRYING
										     : PB_MSG_A_DO_FIRST));
	if (measure) {
		a->text = pb_facts_text("%1.", f->title);
		return;
	}
	if (!isfinite(f->gain_pct)) /* what data needs to survive is no matter of speed */
		gain = f->severity == PB_SEV_ADVICE ? TEXT(A_GAIN_UNKNOWN) : TEXT(A_NOT_FOR_SPEED);
	else
		gain = TEXT(F_GAIN, pb_facts_metric(f->gain_of),
			    pct.s[0] ? pct.s : pb_format_pct(f->gain_pct).s);
	risk = TEXT(F_RISK, *f->risk ? f->risk : "?");
	a->text = gain && risk ? TEXT(A_CHANGE, f->title, gain, risk) : NULL;
	free(gain);
	free(risk);
}

static bool is_limit_known(const struct pb_facts *f)
{
	for (size_t i = 0; i < f->in->findings->n; i++)
		if (!strcmp(f->in->findings->v[i]->rule, "limit"))
			return limit_word(pb_json_str(f->in->findings->v[i]->params, "class", "")) !=
			       PB_MSG_A_NOT_KNOWN;
	return false;
}

static void tell_tried(struct pb_answer *a, const struct pb_facts *f)
{
	bool limit_known = is_limit_known(f);
	const json_t *kept = NULL;
	size_t n = 0;

	for (size_t i = 0; i < f->tunes.n; i++) {
		if (pb_facts_verdict(f->tunes.v[i].doc) != PB_MSG_TUNE_KEPT)
			continue;
		kept = f->tunes.v[i].doc;
		n++;
	}
	/* as long as nobody knows what limits, nobody knows that nothing helps */
	a->tone = kept || limit_known ? PB_TONE_GOOD : PB_TONE_NOTE;
	a->word = pb_facts_text("%1", pb_messages_get(kept          ? PB_MSG_A_DONE
						      : limit_known ? PB_MSG_A_NOTHING
								    : PB_MSG_A_NOTHING_YET));
	if (kept)
		a->text = TEXT(A_KEPT, pb_json_str(kept, "title", "?"),
			       pb_facts_metric(pb_json_str(kept, "goal", "")),
			       pb_format_pct((pb_json_num(kept, "ratio", NAN) - 1) * 100).s,
			       pb_format_int((int64_t)n).s);
	else if (f->tunes.n)
		a->text = TEXT(A_TRIED, pb_format_int((int64_t)f->tunes.n).s);
	else
		a->text = TEXT(A_NOTHING_TEXT);
}

static void answer_change(struct pb_answer *a, const struct pb_facts *f)
{
	const struct pb_findings *fs = f->in->findings;
	size_t fault = first_fault(f), proposal = first_proposal(f, true);

	if (fault) {
		a->finding = fault;
		a->tone = PB_TONE_BAD;
		a->word = TEXT(A_FIND_FAULT);
		a->text = pb_facts_text("%1.", fs->v[fault - 1]->title);
		return;
	}
	if (!proposal)
		proposal = first_proposal(f, false);
	a->finding = proposal;
	if (proposal)
		propose(a, fs->v[proposal - 1]);
	else
		tell_tried(a, f);
}

/* Half of the interval over the estimate: "1.3" percent. */
static char *precision(const struct pb_facts *f)
{
	struct pb_ci ci = f->best ? f->best->iops : (struct pb_ci){NAN, NAN, NAN};
	double half = (ci.hi - ci.lo) / 2 / ci.est * 100;

	return isfinite(half) ? TEXT(A_PRECISION, pb_format_num(half).s) : TEXT(A_NO_PRECISION);
}

static void answer_sure(struct pb_answer *a, const struct pb_facts *f)
{
	static const enum pb_message words[] = {PB_MSG_A_SURE, PB_MSG_A_WITH_CARE, PB_MSG_A_NOT_SURE};
	enum pb_check_level worst = PB_CHECK_OK;
	const char *first = NULL;
	size_t n = 0;
	char *how = precision(f);

	for (size_t i = 0; i < f->n_check; i++)
		worst = f->check[i].level > worst ? f->check[i].level : worst;
	for (size_t i = 0; i < f->n_check; i++) {
		if (f->check[i].level != PB_CHECK_OK)
			n++;
		if (!first && f->check[i].level == worst)
			first = f->check[i].text;
	}
	a->tone = (enum pb_tone)worst;
	a->word = pb_facts_text("%1", pb_messages_get(words[worst]));
	if (!how)
		return;
	if (!n)
		a->text = TEXT(A_ALL_PASSED, how, pb_format_int((int64_t)f->n_check).s);
	else
		a->text = n > 1 ? TEXT(A_CHECKS_MORE, how, first, pb_format_int((int64_t)n - 1).s)
				: TEXT(A_CHECKS_ONE, how, first);
	free(how);
}

int pb_answers_write(struct pb_answers *a, const struct pb_facts *f)
{
	static const struct {
		const char *id;
		enum pb_message question;
		void (*write)(struct pb_answer *a, const struct pb_facts *f);
	} of[PB_ANSWERS] = {
		{"enough", PB_MSG_Q_ENOUGH, answer_enough},
		{"limit", PB_MSG_Q_LIMIT, answer_limit},
		{"change", PB_MSG_Q_CHANGE, answer_change},
		{"sure", PB_MSG_H_SURE, answer_sure},
	};

	memset(a, 0, sizeof(*a));
	for (size_t i = 0; i < PB_ANSWERS; i++) {
		a->v[i].id = of[i].id;
		a->v[i].question = of[i].question;
		of[i].write(&a->v[i], f);
		if (!a->v[i].word || !a->v[i].text) {
			pb_answers_fini(a);
			return -ENOMEM;
		}
	}
	return 0;
}

void pb_answers_fini(struct pb_answers *a)
{
	for (size_t i = 0; i < PB_ANSWERS; i++) {
		free(a->v[i].word);
		free(a->v[i].text);
	}
	memset(a, 0, sizeof(*a));
}
