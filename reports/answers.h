/*
 * The four questions of the first screen, each with a word and a sentence: is the disk good enough, what
 * limits it, what should be changed, how sure is that. Judges nothing anew: goal, findings, applied changes
 * and checks have been judged where they were made.
 */
#ifndef PB_REPORTS_ANSWERS_H
#define PB_REPORTS_ANSWERS_H

#include <stddef.h>

#include "reports/messages.h"

struct pb_facts;

enum pb_tone { PB_TONE_GOOD, PB_TONE_NOTE, PB_TONE_BAD };

struct pb_answer {
	const char *id; /* "enough", "limit", "change", "sure" */
	enum pb_message question;
	enum pb_tone tone;
	char *word, *text; /* owned; "Yes", "p99 is ..." */
	size_t finding;    /* 1-based place of the finding behind it; 0 = none */
};

#define PB_ANSWERS 4

struct pb_answers {
	struct pb_answer v[PB_ANSWERS];
};

/* From facts whose other members are filled. 0 or -ENOMEM. */
int pb_answers_write(struct pb_answers *a, const struct pb_facts *f);
void pb_answers_fini(struct pb_answers *a);
const char *pb_tone_name(enum pb_tone tone); /* "ok", "note", "bad" */

#endif
