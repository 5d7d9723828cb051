/*
 * Numbers as a person reads them in the language of the report: three significant digits, one unit for a
 * value and its interval, an en dash where there is no number. Returned by value, so a call can stand inside
 * an argument list. Examples are English's.
 */
#ifndef PB_REPORTS_FORMAT_H
#define PB_REPORTS_FORMAT_H

#include <stdint.h>

#include "engine/lib/stats.h"

struct pb_text {
	char s[96];
};

struct pb_text pb_format_num(double v);                      /* "12.3", three significant digits, no unit */
struct pb_text pb_format_count(double v);                    /* "124 k", "1.21 M" */
struct pb_text pb_format_iops(double v);                     /* "124 k IOPS" */
struct pb_text pb_format_ns(double ns);                      /* "85.2 µs", "1.21 ms" */
struct pb_text pb_format_bytes_s(double bytes_s);            /* "508 MB/s" */
struct pb_text pb_format_size(double bytes);                 /* "1.92 TB (1788 GiB)" */
struct pb_text pb_format_pct(double pct);                    /* "+7.1 %" */
struct pb_text pb_format_seconds(double s);                  /* "12.4 s" */
struct pb_text pb_format_window(double from_s, double to_s); /* "1.0 – 2.5 s" */
struct pb_text pb_format_utc(const char *iso); /* an instant of a manifest; what is none, as it is */
struct pb_text pb_format_int(int64_t v);       /* PB_NA = en dash */
struct pb_text pb_format_unit(double v, const char *unit); /* evidence: value in a finding's unit */
/* Names of powers of ten on an axis: the smaller one (i = 0: 1e3, "k") and the larger (i = 1: 1e6, "M"). */
double pb_format_power(unsigned i, const char **name);
/* "120 – 128 k", in the unit of the estimate; empty when the interval is not known. */
struct pb_text pb_format_count_range(struct pb_ci ci);
struct pb_text pb_format_bytes_range(struct pb_ci ci);
struct pb_text pb_format_ns_range(struct pb_ci ci);
struct pb_text pb_format_pct_range(double lo, double hi);

#endif
