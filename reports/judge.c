/*
 * Asks every question of judge.def and links the findings that say the same. The answers are in judge_*.c.
 */
#include "reports/judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PB_JUDGE(id, area, name, source, rules)                                                              \
	{#id, PB_AREA_##area, PB_MSG_##name, source, rules, pb_judge_##id},
static const struct question {
	const char *id;
	enum pb_area area;
	enum pb_message name;
	const char *source, *rules;
	enum pb_level (*ask)(struct pb_judging *j);
} questions[] = {
#include "reports/judge.def"
};
#undef PB_JUDGE

const char *pb_level_name(enum pb_level level)
{
	static const char *const names[] = {"high", "medium", "low", "unknown"};

	return level < PB_LEVEL_NONE ? names[level] : "";
}

enum pb_message pb_level_state(enum pb_level level)
{
	static const enum pb_message states[] = {PB_MSG_STATE_BAD, PB_MSG_STATE_ATTENTION, PB_MSG_STATE_OK};

	return level < PB_LEVEL_UNKNOWN ? states[level] : PB_MSG_STATE_UNKNOWN;
}

const char *pb_area_name(enum pb_area area)
{
	static const char *const names[] = {"data-loss", "crash", "compliance"};

	return area < PB_AREA_NONE ? names[area] : "";
}

const struct pb_finding *pb_judge_finding(const struct pb_judging *j, const char *rule,
					  enum pb_severity least)
{
	const struct pb_finding *found = NULL;

	for (size_t i = 0; i < j->fs->n; i++) {
		const struct pb_finding *f = j->fs->v[i];

		if (strcmp(f->rule, rule) == 0 && f->severity >= least &&
		    (!found || f->severity > found->severity))
			found = f;
	}
	return found;
}

/* 1-based place of the first finding of one of the rules ("R-C3,R-C4"); 0 when none spoke. */
static size_t place_of(const struct pb_findings *fs, const char *rules)
{
	for (size_t i = 0; i < fs->n; i++)
		for (const char *r = rules; *r; r += strcspn(r, ",") + (r[strcspn(r, ",")] == ',')) {
			size_t len = strcspn(r, ",");

			if (strlen(fs->v[i]->rule) == len && !strncmp(fs->v[i]->rule, r, len))
				return i + 1;
		}
	return 0;
}

int pb_judge(struct pb_judged *out, const struct pb_inventory *v, const struct pb_findings *fs)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < PB_JUDGE_COUNT; i++) {
		const struct question *q = &questions[i];
		struct pb_judgement *to = &out->v[out->n];
		struct pb_judging j = {v, fs, to};

		*to = (struct pb_judgement){q->id, q->area, q->name, q->source, PB_LEVEL_NONE, NULL, 0};
		to->level = q->ask(&j);
		if (to->level == PB_LEVEL_NONE)
			continue;
		to->finding = place_of(fs, q->rules);
		out->n++;
		if (!to->text) {
			pb_judged_fini(out);
			return -ENOMEM;
		}
	}
	return 0;
}

void pb_judged_fini(struct pb_judged *j)
{
	for (size_t i = 0; i < j->n; i++)
		free(j->v[i].text);
	memset(j, 0, sizeof(*j));
}
