/*
 * Shorthand for writing findings: a finding with its fixed fields in one
 * call, evidence in one call, lists of commands. Every function takes NULL
 * findings, so a rule checks for lack of memory once, at the end.
 */
#ifndef PB_ANALYZERS_SAY_H
#define PB_ANALYZERS_SAY_H

#include <stdbool.h>

#include "analyzers/analyzer.h"
#include "engine/lib/texts.h"

#define PB_SAY(f, a) __attribute__((format(printf, f, a)))

/* A finding of `rule` with title; confidence "high", risk "none", class "-" until said otherwise. */
struct pb_finding *pb_say(struct pb_findings *out, const struct pb_rule *rule, const char *family,
			  enum pb_severity sev, const char *title, ...) PB_SAY(5, 6);
void pb_say_what(struct pb_finding *f, const char *what, ...) PB_SAY(2, 3);

/* What a piece of evidence rests on; zero-initialised fields mean "none" except value and threshold. */
struct pb_fact {
	const char *file, *column;
	int64_t t0_ns, t1_ns; /* both 0 = whole file */
	double value, threshold;
	const char *unit, *source;
};
void pb_say_fact(struct pb_finding *f, const struct pb_fact *fact, const char *text, ...) PB_SAY(3, 4);

void pb_say_apply(struct pb_finding *f, const char *text, ...) PB_SAY(2, 3);
void pb_say_undo(struct pb_finding *f, const char *text, ...) PB_SAY(2, 3);
void pb_say_verify(struct pb_finding *f, const char *text, ...) PB_SAY(2, 3);
void pb_say_missing(struct pb_finding *f, const char *text, ...) PB_SAY(2, 3);
/* Confidence, risk and change class ("L"). NULL leaves a field. */
void pb_say_nature(struct pb_finding *f, const char *confidence, const char *risk, const char *change_class);

/*
 * Notes that a rule lacks a counter: a line "RULE needs TEXT" on the one finding FAMILY-lacks, so that a
 * machine without some counters is told so once for each family. pb_say_lacks is that finding's own rule,
 * after all others of the family.
 */
void pb_say_lack(struct pb_findings *out, const char *family, const struct pb_rule *rule, const char *text,
		 ...) PB_SAY(4, 5);
int pb_say_lacks(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

/* True when the family has a finding of advice or above. */
bool pb_said(const struct pb_findings *out, const char *family);
/* True when that rule has a finding. */
bool pb_said_rule(const struct pb_findings *out, const char *rule);
/* True when that rule has a finding of advice or above. */
bool pb_said_loud(const struct pb_findings *out, const char *rule);

#endif
