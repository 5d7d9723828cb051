/*
 * Seconds in minutes, hours or days.
 */
#include "reports/duration.h"

#include <math.h>
#include <stdio.h>

#include "reports/escape.h"
#include "reports/messages.h"

#define MINUTE 60.0
#define HOUR 3600.0
#define DAY 86400.0

static struct pb_text fill(enum pb_message id, const char *a, const char *b)
{
	struct pb_buf out = {0};
	struct pb_text t;

	pb_escape_fmt(&out, PB_ESCAPE_NONE, pb_messages_get(id), a, b);
	snprintf(t.s, sizeof(t.s), "%s", out.data ? out.data : "?");
	pb_buf_fini(&out);
	return t;
}

/* The largest unit of which there are two. */
static double unit_of(double seconds)
{
	if (seconds >= 2 * DAY)
		return DAY;
	if (seconds >= 2 * HOUR)
		return HOUR;
	return seconds >= 2 * MINUTE ? MINUTE : 1;
}

static struct pb_text in_unit(double unit, const char *n)
{
	if (unit == DAY)
		return fill(PB_MSG_TIME_D, n, NULL);
	if (unit == HOUR)
		return fill(PB_MSG_TIME_H, n, NULL);
	return fill(unit == MINUTE ? PB_MSG_TIME_MIN : PB_MSG_TIME_S, n, NULL);
}

struct pb_text pb_duration_text(double seconds)
{
	double unit = unit_of(seconds);

	return isfinite(seconds) ? in_unit(unit, pb_format_num(seconds / unit).s) : pb_format_num(NAN);
}

struct pb_text pb_duration_range(struct pb_ci seconds)
{
	double unit = unit_of(seconds.lo);

	if (!isfinite(seconds.lo) || !isfinite(seconds.hi))
		return pb_format_num(NAN);
	return in_unit(unit, fill(PB_MSG_TIME_RANGE, pb_format_num(seconds.lo / unit).s,
				  pb_format_num(seconds.hi / unit).s)
				     .s);
}
