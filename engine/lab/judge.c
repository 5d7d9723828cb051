/*
 * Compares ids of rules. What a finding says in words is not looked at.
 */
#include "engine/lab/judge.h"

#include <string.h>

#include "engine/lib/json.h"

#define INFO "(info)"

enum listed { NOT_LISTED, LISTED, LISTED_AS_INFO };

/* Whether `rule` is one of the words of `list` (NULL = empty). */
static enum listed in_list(const char *list, const char *rule)
{
	size_t n = strlen(rule);

	for (const char *word = list; word && *word; word += strcspn(word, " ")) {
		word += strspn(word, " ");
		if (strncmp(word, rule, n) != 0)
			continue;
		if (!word[n] || word[n] == ' ')
			return LISTED;
		if (!strncmp(word + n, INFO, strlen(INFO)))
			return LISTED_AS_INFO;
	}
	return NOT_LISTED;
}

static unsigned words(const char *list)
{
	unsigned n = 0;

	for (const char *word = list; word && *word; word += strcspn(word, " ")) {
		word += strspn(word, " ");
		n += *word != '\0';
	}
	return n;
}

static bool said_before(const struct pb_findings *fs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(fs->v[i]->rule, fs->v[n]->rule) && fs->v[i]->severity >= fs->v[n]->severity)
			return true;
	return false;
}

/* The class that was named, "none" when the family said nothing. */
static const char *limit_of(const struct pb_findings *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		if (!strcmp(fs->v[i]->rule, "limit"))
			return pb_json_str(fs->v[i]->params, "class", "none");
	return "none";
}

bool pb_lab_judge(const struct pb_scenario *s, const struct pb_findings *fs, struct pb_buf *found)
{
	const char *expect = s->expect && strcmp(s->expect, PB_SCENARIO_HEALTHY) ? s->expect : "";
	unsigned hits = 0;
	bool right = true;

	for (size_t i = 0; i < fs->n; i++) {
		const struct pb_finding *f = fs->v[i];
		enum listed listed = in_list(expect, f->rule);
		bool loud = f->severity >= PB_SEV_ADVICE;

		if (said_before(fs, i) || (!loud && listed != LISTED_AS_INFO))
			continue;
		hits += listed != NOT_LISTED;
		right = right && (listed != NOT_LISTED || in_list(s->also, f->rule) != NOT_LISTED);
		pb_buf_printf(found, "%s%s%s", found->len ? " " : "", f->rule, loud ? "" : INFO);
	}
	if (!found->len)
		pb_buf_str(found, "nothing");
	if (s->limit) {
		pb_buf_printf(found, " limit=%s", limit_of(fs));
		right = right && !strcmp(s->limit, limit_of(fs));
	}
	return right && hits == words(expect);
}
