/*
 * Parsers of a thread's files. A thread's name is whatever the thread likes, so stat is
 * counted behind its last ')', and keys of status are only looked for at the start of a line.
 */
#include "engine/collectors/tasktext.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h"

#define VALUE_MAX (INT64_MAX / 1000000000LL) /* ticks are turned into nanoseconds */

/* A number that ends with a blank, a newline or the text. *end is where. */
static int64_t number(const char *at, int64_t max, const char **end)
{
	char *stop;
	long long v;

	errno = 0;
	v = strtoll(at, &stop, 10);
	*end = stop;
	if (stop == at || errno || v < 0 || v > max || (*stop && !strchr(" \t\n", *stop)))
		return PB_NA;
	return v;
}

int pb_task_sched(const char *text, struct pb_task_sched *s)
{
	s->run_ns = number(text, INT64_MAX, &text);
	s->wait_ns = number(text, INT64_MAX, &text);
	s->switches = number(text, INT64_MAX, &text);
	return s->run_ns == PB_NA || s->wait_ns == PB_NA || s->switches == PB_NA ? -EINVAL : 0;
}

void pb_task_stat(const char *text, struct pb_task_stat *s)
{
	const char *p = strrchr(text, ')'), *end;

	*s = (struct pb_task_stat){PB_NA, PB_NA, PB_NA, PB_NA};
	/* proc(5): 14 utime, 15 stime, 39 processor, 43 guest_time; the name is field 2 */
	for (int field = 3; p && field <= 43; field++) {
		p = strchr(p + 1, ' ');
		if (!p)
			break;
		if (field == 14)
			s->user = number(p + 1, VALUE_MAX, &end);
		else if (field == 15)
			s->system = number(p + 1, VALUE_MAX, &end);
		else if (field == 39)
			s->cpu = number(p + 1, VALUE_MAX, &end);
		else if (field == 43)
			s->guest = number(p + 1, VALUE_MAX, &end);
	}
}

/* What stands behind "KEY:\t" at the start of a line, or NULL. */
static const char *value_of(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p ? p + strlen(key) : NULL;
}

void pb_task_status(const char *text, struct pb_task_status *s)
{
	const char *list = value_of(text, "\nCpus_allowed_list:\t"),
		   *voluntary = value_of(text, "\nvoluntary_ctxt_switches:\t"),
		   *involuntary = value_of(text, "\nnonvoluntary_ctxt_switches:\t"), *end;
	size_t len = list ? strspn(list, "0123456789-,") : 0;

	s->voluntary = voluntary ? number(voluntary, INT64_MAX, &end) : PB_NA;
	s->involuntary = involuntary ? number(involuntary, INT64_MAX, &end) : PB_NA;
	s->allowed[0] = '\0';
	if (!len || len >= sizeof(s->allowed) || list[len] != '\n')
		return;
	memcpy(s->allowed, list, len);
	s->allowed[len] = '\0';
}
