/*
 * Times as other tools print them, in nanoseconds since 1970-01-01 UTC: the axis of an imported run.
 */
#ifndef PB_IMPORT_WALLCLOCK_H
#define PB_IMPORT_WALLCLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * All return false, with *ns untouched, for any other text and for years before 1970 or after 2200.
 * "11/23/2026 18:20:11.123" (PDH: month first whatever the locale; the fraction may be missing), without
 * zone.
 */
bool pb_wallclock_pdh(const char *text, int64_t *ns);
/* "2026-11-23 18:20:11", with " UTC" behind or not, or seconds since 1970: sadf -d, and -d -U. */
bool pb_wallclock_sadf(const char *text, int64_t *ns);
/* The day in the heading of sar's text: "11/23/26", "11/23/2026" or "2026-11-23". At its midnight. */
bool pb_wallclock_day(const char *text, int64_t *ns);
/* "18:20:11" after midnight; `half` is "AM", "PM" or "" for 24 hours. */
bool pb_wallclock_time(const char *text, const char *half, int64_t *ns);

#endif
