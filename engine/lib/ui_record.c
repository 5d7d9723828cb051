/*
 * "\036SHARE LEFT TEXT\n", numbers as %.4f or "-"; "\036\n" when the work is over.
 */
#include "engine/lib/ui_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void number(char buf[32], double v)
{
	if (v >= 0 && v < 1e9)
		snprintf(buf, 32, "%.4f", v);
	else
		snprintf(buf, 32, "-");
}

int pb_ui_record_add(struct pb_buf *b, const char *text, double share, double left_s)
{
	char plain[256], a[32], l[32];

	if (!text)
		return pb_buf_printf(b, "%c\n", PB_UI_RECORD_START);
	snprintf(plain, sizeof(plain), "%s", text);
	for (char *p = plain; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	number(a, share);
	number(l, left_s);
	return pb_buf_printf(b, "%c%s %s %s\n", PB_UI_RECORD_START, a, l, plain);
}

/* Reads one number and the blank behind it. False: neither a number nor "-". */
static bool take_number(const char **p, double unknown, double *v)
{
	char *end;

	if (**p == '-') {
		*v = unknown;
		end = (char *)*p + 1;
	} else {
		*v = strtod(*p, &end);
		if (end == *p || !(*v >= 0 && *v < 1e9))
			return false;
	}
	if (*end != ' ')
		return false;
	*p = end + 1;
	return true;
}

void pb_ui_record_show(const struct pb_ui *ui, const char *line)
{
	double share, left_s;

	if (!*line)
		pb_ui_clear(ui);
	else if (take_number(&line, NAN, &share) && take_number(&line, -1, &left_s))
		pb_ui_progress(ui, share, left_s, "%s", line);
}
