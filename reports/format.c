/*
 * Human units with consistent digits, as the language of the report writes them: 1.21 M is 121 ten-thousands
 * in Chinese. Symbols of SI units and the decimal point are the same in all of them. Only formatting: no
 * arithmetic on measurements beyond scaling to the unit.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/lib/csv.h"
#include "reports/escape.h"
#include "reports/format.h"
#include "reports/lang.h"
#include "reports/messages.h"

#define EN_DASH "\xe2\x80\x93"
#define MINUS "\xe2\x88\x92"
#define MICRO "\xc2\xb5"
#define NBSP "\xc2\xa0"
#define WAVE "\xef\xbd\x9e"

struct unit {
	double scale;
	const char *name;
};

/* How a language writes numbers, besides its words. */
static const struct style {
	struct unit count[5];
	const char *range;    /* between the ends of an interval */
	const char *percent;  /* behind a percentage */
	const char *percents; /* between the ends of an interval of percentages */
	const char *seconds;
} styles[] = {
	[PB_DIGITS_THOUSANDS] = {{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}, {0, NULL}},
				 NBSP EN_DASH NBSP,
				 NBSP "%",
				 " to" NBSP,
				 "s"},
	[PB_DIGITS_MYRIADS] = {{{1e8, "\xe4\xba\xbf"}, {1e4, "\xe4\xb8\x87"}, {1, ""}, {0, NULL}},
			       WAVE,
			       "%",
			       "%" WAVE,
			       "\xe7\xa7\x92"},
};

static const struct unit ns_units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, MICRO "s"}, {1, "ns"}, {0, NULL}};
static const struct unit rate_units[] = {{1e9, "GB/s"}, {1e6, "MB/s"}, {1e3, "kB/s"}, {1, "B/s"}, {0, NULL}};
static const struct unit size_units[] = {{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"},
					 {1e3, "kB"},  {1, "B"},    {0, NULL}};

static const struct style *style(void)
{
	return &styles[pb_lang()->digits];
}

static struct pb_text dash(void)
{
	return (struct pb_text){EN_DASH};
}

/* The unit in which v, rounded to three digits, is at least 1. */
static const struct unit *pick(const struct unit *u, double v)
{
	while (u[1].name && fabs(v) < u->scale * 0.9995)
		u++;
	return u;
}

static int digits(double v)
{
	double a = fabs(v);

	if (a >= 99.95 || a < 1e-9)
		return 0;
	if (a >= 9.995)
		return 1;
	if (a >= 0.9995)
		return 2;
	return a >= 0.09995 ? 3 : 4;
}

static struct pb_text scaled(const struct unit *units, double v)
{
	struct pb_text t;
	const struct unit *u;

	if (!isfinite(v))
		return dash();
	u = pick(units, v);
	/* Whole numbers below the first unit step are counts: "7", not "7.00". */
	snprintf(t.s, sizeof(t.s), "%.*f%s%s", u->scale <= 1 && v == floor(v) ? 0 : digits(v / u->scale),
		 v / u->scale, *u->name ? NBSP : "", u->name);
	return t;
}

static struct pb_text ranged(const struct unit *units, struct pb_ci ci)
{
	struct pb_text t;
	const struct unit *u;
	int d;

	if (!isfinite(ci.lo) || !isfinite(ci.hi))
		return (struct pb_text){""};
	u = pick(units, isfinite(ci.est) ? ci.est : ci.hi);
	d = digits((isfinite(ci.est) ? ci.est : ci.hi) / u->scale);
	snprintf(t.s, sizeof(t.s), "%.*f%s%.*f%s%s", d, ci.lo / u->scale, style()->range, d, ci.hi / u->scale,
		 *u->name ? NBSP : "", u->name);
	return t;
}

struct pb_text pb_format_num(double v)
{
	struct pb_text t;

	if (!isfinite(v))
		return dash();
	if (fabs(v) >= 1e6 || (v != 0 && fabs(v) < 0.1))
		snprintf(t.s, sizeof(t.s), "%.3g", v);
	else
		snprintf(t.s, sizeof(t.s), "%.*f", v == floor(v) ? 0 : digits(v), v);
	return t;
}

double pb_format_power(unsigned i, const char **name)
{
	const struct unit *u = style()->count;

	while (u->scale > 1)
		u++;
	u -= 1 + (i > 0);
	*name = u->name;
	return u->scale;
}

struct pb_text pb_format_count(double v)
{
	return scaled(style()->count, v);
}

struct pb_text pb_format_iops(double v)
{
	struct pb_text t, n = pb_format_count(v);

	if (!isfinite(v))
		return n;
	snprintf(t.s, sizeof(t.s), "%.40s" NBSP "IOPS", n.s);
	return t;
}

struct pb_text pb_format_ns(double ns)
{
	return scaled(ns_units, ns);
}

struct pb_text pb_format_bytes_s(double bytes_s)
{
	return scaled(rate_units, bytes_s);
}

struct pb_text pb_format_size(double bytes)
{
	struct pb_text t, base;

	if (!isfinite(bytes) || bytes <= 0)
		return dash();
	base = scaled(size_units, bytes);
	snprintf(t.s, sizeof(t.s), "%.40s (%.0f" NBSP "GiB)", base.s, bytes / (1024.0 * 1024 * 1024));
	return bytes >= 1024.0 * 1024 * 1024 ? t : base;
}

static const char *sign(double v)
{
	return v < 0 ? MINUS : "+";
}

struct pb_text pb_format_pct(double pct)
{
	struct pb_text t;

	if (!isfinite(pct))
		return dash();
	snprintf(t.s, sizeof(t.s), "%s%.*f%s", sign(pct), fabs(pct) >= 99.95 ? 0 : 1, fabs(pct),
		 style()->percent);
	return t;
}

struct pb_text pb_format_pct_range(double lo, double hi)
{
	struct pb_text t;

	if (!isfinite(lo) || !isfinite(hi))
		return (struct pb_text){""};
	snprintf(t.s, sizeof(t.s), "%s%.1f%s%s%.1f%s", sign(lo), fabs(lo), style()->percents, sign(hi),
		 fabs(hi), style()->percent);
	return t;
}

struct pb_text pb_format_seconds(double s)
{
	struct pb_text t;

	if (!isfinite(s))
		return dash();
	snprintf(t.s, sizeof(t.s), "%.*f" NBSP "%s", fabs(s) >= 99.95 ? 0 : 2, s, style()->seconds);
	return t;
}

struct pb_text pb_format_window(double from_s, double to_s)
{
	struct pb_text t;

	snprintf(t.s, sizeof(t.s), "%.1f%s%.1f" NBSP "%s", from_s, style()->range, to_s, style()->seconds);
	return t;
}

struct pb_text pb_format_utc(const char *iso)
{
	int at[5], n = sscanf(iso, "%4d-%2d-%2dT%2d:%2d", &at[0], &at[1], &at[2], &at[3], &at[4]);
	struct pb_buf b = {0};
	struct pb_text t;
	char minute[16];

	snprintf(minute, sizeof(minute), "%02d", n == 5 ? at[4] : 0);
	/* English keeps ISO 8601; in a sentence the numbers of a date have no leading zeros. */
	if (n == 5 && pb_lang() != pb_langs)
		pb_escape_fmt(&b, PB_ESCAPE_NONE, pb_messages_get(PB_MSG_DATE_UTC), pb_format_int(at[0]).s,
			      pb_format_int(at[1]).s, pb_format_int(at[2]).s, pb_format_int(at[3]).s, minute);
	snprintf(t.s, sizeof(t.s), "%s", b.data ? b.data : iso);
	pb_buf_fini(&b);
	return t;
}

struct pb_text pb_format_int(int64_t v)
{
	struct pb_text t;

	if (v == PB_NA)
		return dash();
	snprintf(t.s, sizeof(t.s), "%lld", (long long)v);
	return t;
}

struct pb_text pb_format_unit(double v, const char *unit)
{
	struct pb_text t, n;

	if (!isfinite(v))
		return dash();
	if (!strcmp(unit, "ns"))
		return pb_format_ns(v);
	if (!strcmp(unit, "bytes/s") || !strcmp(unit, "B/s"))
		return pb_format_bytes_s(v);
	if (!strcmp(unit, "1/s")) {
		n = pb_format_count(v);
		snprintf(t.s, sizeof(t.s), "%.40s/s", n.s);
		return t;
	}
	n = strcasecmp(unit, "iops") ? pb_format_num(v) : pb_format_count(v);
	snprintf(t.s, sizeof(t.s), "%.40s%s%.40s", n.s, *unit ? NBSP : "", pb_lang_say(unit));
	return t;
}

struct pb_text pb_format_count_range(struct pb_ci ci)
{
	return ranged(style()->count, ci);
}

struct pb_text pb_format_bytes_range(struct pb_ci ci)
{
	return ranged(rate_units, ci);
}

struct pb_text pb_format_ns_range(struct pb_ci ci)
{
	return ranged(ns_units, ci);
}
