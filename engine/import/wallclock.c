/*
 * Parses dates and times digit by digit: strptime would take more than the tools write, and depends on the
 * locale. Zones are the caller's.
 */
#include "engine/import/wallclock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND_NS INT64_C(1000000000)
#define YEAR_MIN 1970
#define YEAR_MAX 2200

/* Reads up to `digits` digits. */
static bool number(const char **at, int digits, int *v)
{
	const char *s = *at;
	int n = 0;

	for (; n < digits && s[n] >= '0' && s[n] <= '9'; n++)
		*v = (n ? *v * 10 : 0) + (s[n] - '0');
	*at = s + n;
	return n > 0;
}

static bool literal(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static bool date_ns(int year, int month, int day, int64_t *ns)
{
	struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
	time_t t;

	if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	t = timegm(&tm);
	/* The 31st of a month with 30 days comes back as another date. */
	if (tm.tm_mday != day || tm.tm_mon != month - 1)
		return false;
	*ns = (int64_t)t * SECOND_NS;
	return true;
}

/* h:mm:ss[.fraction]; 60 seconds are a leap second. */
static bool clock_ns(const char **at, int64_t *ns)
{
	int h = 0, m = 0, s = 0, digit = 0;
	int64_t unit = SECOND_NS / 10, fraction = 0;

	if (!number(at, 2, &h) || !literal(at, ':') || !number(at, 2, &m) || !literal(at, ':') ||
	    !number(at, 2, &s) || h > 23 || m > 59 || s > 60)
		return false;
	if (literal(at, '.')) {
		if (**at < '0' || **at > '9')
			return false;
		for (; number(at, 1, &digit); unit /= 10)
			fraction += unit * digit;
	}
	*ns = ((int64_t)h * 3600 + (int64_t)m * 60 + s) * SECOND_NS + fraction;
	return true;
}

bool pb_wallclock_pdh(const char *text, int64_t *ns)
{
	int month = 0, day = 0, year = 0;
	int64_t date = 0, time = 0;

	if (!number(&text, 2, &month) || !literal(&text, '/') || !number(&text, 2, &day) ||
	    !literal(&text, '/') || !number(&text, 4, &year) || !literal(&text, ' ') ||
	    !clock_ns(&text, &time) || *text || !date_ns(year, month, day, &date))
		return false;
	*ns = date + time;
	return true;
}

static bool iso_day(const char **at, int64_t *ns)
{
	int month = 0, day = 0, year = 0;

	return number(at, 4, &year) && literal(at, '-') && number(at, 2, &month) && literal(at, '-') &&
	       number(at, 2, &day) && date_ns(year, month, day, ns);
}

bool pb_wallclock_sadf(const char *text, int64_t *ns)
{
	const char *at = text;
	int64_t date = 0, time = 0;
	long long seconds = 0;
	int used = 0;

	if (iso_day(&at, &date)) {
		if (!literal(&at, ' ') || !clock_ns(&at, &time) || (*at && strcmp(at, " UTC") != 0))
			return false;
		*ns = date + time;
		return true;
	}
	if (text[strspn(text, "0123456789")] || sscanf(text, "%10lld%n", &seconds, &used) != 1 ||
	    text[used] || seconds > INT64_C(230) * 366 * 86400)
		return false;
	*ns = seconds * SECOND_NS;
	return true;
}

bool pb_wallclock_day(const char *text, int64_t *ns)
{
	int month = 0, day = 0, year = 0;
	const char *at = text;

	if (iso_day(&at, ns))
		return !*at;
	at = text;
	if (!number(&at, 2, &month) || !literal(&at, '/') || !number(&at, 2, &day) || !literal(&at, '/') ||
	    !number(&at, 4, &year) || *at)
		return false;
	return date_ns(year < 100 ? 2000 + year : year, month, day, ns);
}

bool pb_wallclock_time(const char *text, const char *half, int64_t *ns)
{
	int64_t time = 0, hour12 = INT64_C(43200) * SECOND_NS;
	bool pm = strcmp(half, "PM") == 0;

	if (!clock_ns(&text, &time) || *text)
		return false;
	if (!*half) {
		*ns = time;
		return true;
	}
	if ((!pm && strcmp(half, "AM") != 0) || time >= hour12 + hour12 / 12 || time < hour12 / 12)
		return false;
	*ns = (time >= hour12 ? time - hour12 : time) + (pm ? hour12 : 0);
	return true;
}
