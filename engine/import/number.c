/*
 * Numbers in cells: which texts are "not available", which are numbers, which are neither.
 */
#include "engine/import/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* [ours] more than any rate, count or size of today: such a number is a counter that ran backwards */
#define LARGEST 1e15
#define TEXT_MAX 64

static int is_absent(const char *s)
{
	/* what C libraries print for a number that is none: glibc, Windows */
	static const char *const none[] = {"",          "-",       "nan",     "-nan",     "nan(ind)",
					   "-nan(ind)", "-1.#IND", "1.#QNAN", "-1.#QNAN", "n/a"};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (strcasecmp(s, none[i]) == 0)
			return 1;
	return strncasecmp(s, "-1.#IND0", 8) == 0 || strncasecmp(s, "1.#QNAN0", 8) == 0;
}

const char *pb_number_parse(const char *text, double *v)
{
	char copy[TEXT_MAX], *comma, *end;
	size_t len;
	double d;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len && strchr(" \t", text[len - 1]))
		len--;
	if (len >= sizeof(copy))
		return "not a number";
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (is_absent(copy)) {
		*v = NAN;
		return NULL;
	}
	comma = strchr(copy, ',');
	if (comma && (strchr(copy, '.') || strchr(comma + 1, ',')))
		return "a number with two kinds of separators";
	if (comma)
		*comma = '.';
	if (copy[strspn(copy, "0123456789+-.eE")])
		return strcasestr(copy, "inf") ? "infinite" : "not a number";
	d = strtod(copy, &end);
	if (*end)
		return "not a number";
	if (d < 0)
		return "negative";
	if (d > LARGEST)
		return "larger than anything that can be measured";
	*v = d;
	return NULL;
}
