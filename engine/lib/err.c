/*
 * Records one error message per failed operation. Does not print, log or exit.
 */
#include "engine/lib/err.h"

#include <stdarg.h>
#include <stdio.h>

/* Messages quote names and values that guests and files chose: nothing in them may move a terminal's cursor.
 */
static void drop_controls(char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7f)
			*s = '?';
	}
}

#undef pb_fail /* err.h: what the analyzer sees instead */

int pb_fail(struct pb_err *err, enum pb_status status, int errnum, const char *fmt, ...)
{
	va_list ap;

	if (!err || err->msg[0])
		return -errnum;
	err->status = status;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	drop_controls(err->msg);
	return -errnum;
}
