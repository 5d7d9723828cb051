/*
 * Parsers of PSI files (kernel/sched/psi.c) and /proc/PID/cgroup (cgroups(7)). They read no file.
 */
#include "engine/collectors/psitext.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h"

#define US_NS 1000
#define EMULATOR "/emulator"

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=123": microseconds behind total=. */
static int64_t total_of(const char *line, const char *eol)
{
	const char *p = memmem(line, (size_t)(eol - line), " total=", 7);
	char *end;
	long long v;

	if (!p || p[7] < '0' || p[7] > '9')
		return PB_NA;
	errno = 0;
	v = strtoll(p + 7, &end, 10);
	return errno || end > eol || v > INT64_MAX / US_NS ? PB_NA : v * US_NS;
}

void pb_psi_parse(const char *text, int64_t *some_ns, int64_t *full_ns)
{
	*some_ns = *full_ns = PB_NA;
	for (const char *p = text, *eol; *p; p = *eol ? eol + 1 : eol) {
		eol = strchrnul(p, '\n');
		if (!strncmp(p, "some ", 5))
			*some_ns = total_of(p, eol);
		else if (!strncmp(p, "full ", 5))
			*full_ns = total_of(p, eol);
	}
}

int pb_psi_cgroup(const char *text, char *path, size_t size)
{
	const char *p = strncmp(text, "0::", 3) ? strstr(text, "\n0::") : text;
	size_t len;

	if (!p)
		return -ENOENT;
	p += *p == '\n' ? 4 : 3;
	len = strcspn(p, "\n");
	if (len > strlen(EMULATOR) && !memcmp(p + len - strlen(EMULATOR), EMULATOR, strlen(EMULATOR)))
		len -= strlen(EMULATOR);
	if (len <= 1)
		return -ENOENT;
	/* " (deleted)" and "/../" (a cgroup outside our namespace) are the kernel's */
	if (*p != '/' || len >= size || memmem(p, len, "/..", 3) || memmem(p, len, " (deleted)", 10))
		return -EINVAL;
	snprintf(path, size, "%.*s", (int)len, p);
	return 0;
}
