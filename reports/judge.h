/*
 * What is at risk with this set-up, judged from what the run recorded: a level for each question, with the
 * evidence in a sentence. The risk matrix and the checklist are two views of the same judgements. A pure
 * function of inventory and findings; a question without evidence is "unknown", never "low".
 */
#ifndef PB_REPORTS_JUDGE_H
#define PB_REPORTS_JUDGE_H

#include "engine/lib/findings.h"
#include "reports/inventory.h"
#include "reports/messages.h"

enum pb_level {
	PB_LEVEL_HIGH,    /* checklist: bad */
	PB_LEVEL_MEDIUM,  /* checklist: attention */
	PB_LEVEL_LOW,     /* checklist: ok */
	PB_LEVEL_UNKNOWN, /* checklist: not known */
	PB_LEVEL_NONE     /* the question does not arise on this path */
};

/* What would suffer. */
enum pb_area { PB_AREA_DATA, PB_AREA_CRASH, PB_AREA_COMPLIANCE, PB_AREA_NONE };
#define PB_AREAS 3
#define PB_LEVELS 3 /* columns of the matrix */

struct pb_judgement {
	const char *id; /* stable: "cache", "remapping" */
	enum pb_area area;
	enum pb_message name; /* of its line in the checklist; PB_MSG_COUNT: not in it */
	const char *source;   /* where the evidence stands */
	enum pb_level level;
	char *text;     /* the evidence in a sentence, owned */
	size_t finding; /* 1-based place in the list of findings that says the same; 0 = none */
};

enum {
#define PB_JUDGE(id, area, name, source, rules) PB_JUDGE_##id,
#include "reports/judge.def"
#undef PB_JUDGE
	PB_JUDGE_COUNT
};

struct pb_judged {
	struct pb_judgement v[PB_JUDGE_COUNT];
	size_t n; /* those that arise on this path */
};

/* 0 or -ENOMEM. */
int pb_judge(struct pb_judged *j, const struct pb_inventory *v, const struct pb_findings *fs);
void pb_judged_fini(struct pb_judged *j);

const char *pb_level_name(enum pb_level level); /* "high", "medium", "low", "unknown" */
/* Its word in the checklist: STATE_BAD, STATE_ATTENTION, STATE_OK, STATE_UNKNOWN. */
enum pb_message pb_level_state(enum pb_level level);
const char *pb_area_name(enum pb_area area); /* "data-loss", "crash", "compliance", "" */

/* Private to judge*.c: one question under judgement. */
struct pb_judging {
	const struct pb_inventory *v;
	const struct pb_findings *fs;
	struct pb_judgement *out;
};

/* Sets the sentence (arguments as pb_escape_fmt takes them) and returns the level. */
#define pb_judge_say(j, how, id, ...)                                                                        \
	((j)->out->text = pb_facts_text(pb_messages_get(PB_MSG_##id), ##__VA_ARGS__), PB_LEVEL_##how)
/* The most severe finding of that rule, of at least that severity; NULL when there is none. */
const struct pb_finding *pb_judge_finding(const struct pb_judging *j, const char *rule,
					  enum pb_severity least);

#define PB_JUDGE(id, area, name, source, rules) enum pb_level pb_judge_##id(struct pb_judging *j);
#include "reports/judge.def"
#undef PB_JUDGE

#endif
