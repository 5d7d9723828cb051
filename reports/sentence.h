/*
 * Sentences recognized by the printf format they were printed with, so that what a run directory says in
 * English can be said in another language without a second copy of it in every file.
 */
#ifndef PB_REPORTS_SENTENCE_H
#define PB_REPORTS_SENTENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/lib/buf.h"

#define PB_SENTENCE_ARGS 16

/* The arguments found in a text: pieces of it, numbered as printf numbers them ('*' counts too, and is
 * empty). */
struct pb_sentence {
	struct {
		const char *text;
		size_t len;
		bool is_phrase; /* printed with %s: can be anything, also a phrase of ours */
	} arg[PB_SENTENCE_ARGS];
	size_t n;
};

/* True when text can have been printed with fmt; its arguments are then in s. Bounded work on any text. */
bool pb_sentence_match(struct pb_sentence *s, const char *fmt, const char *text);
/* Bytes of fmt that are not conversions: of several formats that match, the one with most is meant. */
size_t pb_sentence_own(const char *fmt);
/* Letters among them; none: the format says nothing by itself. */
size_t pb_sentence_letters(const char *fmt);
/*
 * Appends fmt, a translation of the format ("%2$s" takes the second argument), with the arguments put in;
 * those with is_phrase go through `phrase` (may be NULL).
 */
void pb_sentence_fill(struct pb_buf *out, const char *fmt, const struct pb_sentence *s,
		      const char *(*phrase)(const char *text));

#endif
