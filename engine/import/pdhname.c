/*
 * Takes names and the zone of PDH headers apart. Knows no counter.
 */
#include "engine/import/pdhname.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC "(PDH-CSV 4.0)"
/* A day's minutes: no zone is further from UTC than 14 hours. */
#define MINUTES_MAX (14L * 60)

static bool copy(char *out, const char *from, const char *to)
{
	size_t len = (size_t)(to - from);

	if (len >= PB_PDH_PART)
		return false;
	memcpy(out, from, len);
	out[len] = '\0';
	return true;
}

bool pb_pdh_name_parse(struct pb_pdh_name *name, const char *text)
{
	const char *counter = strrchr(text, '\\'), *object, *open, *close;

	name->host[0] = name->instance[0] = '\0';
	if (!counter || counter == text || text[0] != '\\')
		return false;
	object = text + 1;
	if (text[1] == '\\') {
		object = strchr(text + 2, '\\');
		if (!object || object >= counter || !copy(name->host, text + 2, object))
			return false;
		object++;
	}
	open = memchr(object, '(', (size_t)(counter - object));
	close = open ? counter - 1 : NULL;
	if (open && (*close != ')' || !copy(name->instance, open + 1, close)))
		return false;
	return copy(name->object, object, open ? open : counter) && name->object[0] &&
	       copy(name->counter, counter + 1, counter + strlen(counter)) && name->counter[0];
}

bool pb_pdh_zone_parse(const char *text, int *minutes, bool *known)
{
	const char *open;
	char *end;
	long v;

	if (strncmp(text, MAGIC, strlen(MAGIC)) != 0)
		return false;
	text += strlen(MAGIC);
	*minutes = 0;
	*known = false;
	open = strrchr(text, '(');
	if (!open || open == text)
		return true; /* typeperf writes no zone */
	v = strtol(open + 1, &end, 10);
	if (end == open + 1 || strcmp(end, ")") != 0 || v < -MINUTES_MAX || v > MINUTES_MAX)
		return true;
	*minutes = (int)v;
	*known = true;
	return true;
}
