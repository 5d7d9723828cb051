/*
 * One line of progress as text: the clock, the bar, the share, what is being done, the time left. Draws
 * nothing; when and where it is shown is terminal.c's.
 */
#ifndef PB_CLI_BAR_H
#define PB_CLI_BAR_H

#include <locale.h>
#include <stddef.h>

#include "engine/lib/buf.h"

struct pb_bar {
	const char *text;
	double spent_s; /* since the command began to show progress */
	double share;   /* 0..1 done, NAN = not known: no bar, no percentage */
	double left_s;  /* negative = not known: nothing is said */
};

/* "12 s", "3 min 20 s", "1 h 05 min". */
void pb_bar_duration(char *buf, size_t size, double seconds);

/*
 * Appends text as a terminal shows it in at most `columns` columns, cut with "..." where it is longer.
 * Control characters, marks that turn the direction of text, and what is not valid become '?'. utf8: a UTF-8
 * locale, or 0 for a terminal that shows ASCII only. The columns it takes.
 */
unsigned pb_bar_fit(struct pb_buf *out, const char *text, unsigned columns, locale_t utf8);

/* Appends the line, without a newline; the time left outlasts the text when it is narrow. The columns it
 * takes, at most `columns`. */
unsigned pb_bar_render(struct pb_buf *out, const struct pb_bar *b, unsigned columns, locale_t utf8);

/* The same for a log: nothing cut, no bar. */
void pb_bar_plain(struct pb_buf *out, const struct pb_bar *b);

#endif
