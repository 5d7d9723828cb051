/*
 * Text that came from data (a disk's model, a guest's answer, a file name)
 * on its way into a page. What is trusted is the format; every argument is
 * cleaned and escaped, there is no way to pass raw markup as an argument.
 */
#ifndef PB_REPORTS_ESCAPE_H
#define PB_REPORTS_ESCAPE_H

#include <stdarg.h>

#include "engine/lib/buf.h"

enum pb_escape {
	PB_ESCAPE_NONE, /* cleaned only: for text that will be escaped later */
	PB_ESCAPE_HTML, /* element content and double-quoted attribute values */
	PB_ESCAPE_MD    /* inline text and table cells of GitHub-flavoured markdown */
};

/*
 * Appends text. In every mode invalid UTF-8, control characters (newline and tab
 * become a space), bidirectional controls and other invisible format characters
 * become U+FFFD, so that what is shown is what is there.
 */
int pb_escape_add(struct pb_buf *b, enum pb_escape how, const char *text);

/*
 * Appends fmt with %1 .. %9 replaced by the const char * arguments, escaped; any other
 * '%' is itself. The highest number used says how many arguments follow. NULL prints an en dash.
 */
int pb_escape_fmt(struct pb_buf *b, enum pb_escape how, const char *fmt, ...);
int pb_escape_vfmt(struct pb_buf *b, enum pb_escape how, const char *fmt, va_list ap);

/*
 * Appends text for a copyable block: as pb_escape_add, but newlines and tabs stay.
 */
int pb_escape_code(struct pb_buf *b, enum pb_escape how, const char *text);

/*
 * Appends text as a percent-encoded relative URL path: everything but unreserved characters
 * and '/' is encoded, so no scheme ("javascript:") can come out of it.
 */
int pb_escape_url(struct pb_buf *b, const char *path);

#endif
