/*
 * Rates of cumulative counters over a measured window, and facts about the
 * rows inside it. Samples do not fall on a window's edges, so counters are
 * interpolated between the samples around each edge.
 */
#ifndef PB_ANALYZERS_RATES_H
#define PB_ANALYZERS_RATES_H

#include "analyzers/analyzer.h"

/* Only rows whose cell in `column` equals `value` count; ends with .column = NULL. */
struct pb_match {
	const char *column, *value;
};

#define PB_MATCH_MAX 7

/* Rows of [t0, t1] on the host clock that the matches select, in the file's order. Private but for its being
 * on the stack. */
struct pb_rows {
	const struct pb_table *t;
	size_t next, end, n_match;
	int time, col[PB_MATCH_MAX];
	int64_t t0, t1, code[PB_MATCH_MAX];
	bool check_time; /* the table is not sorted by time */
};

/* t may be NULL: no rows. INT64_MIN, INT64_MAX: all rows, also those without a time. */
void pb_rows_init(struct pb_rows *r, const struct pb_table *t, const struct pb_match *match, int64_t t0_ns,
		  int64_t t1_ns);
bool pb_rows_next(struct pb_rows *r, size_t *row);

/*
 * Growth of a cumulative column per second over [t0, t1] for the one series
 * the matches select. NAN when the table is NULL, the column is missing, or
 * samples cover less than 90% of the window: a rate from less would be a guess.
 */
double pb_rate(const struct pb_table *t, const char *column, const struct pb_match *match, int64_t t0_ns,
	       int64_t t1_ns);
/* The same, summed over the distinct values of `key` among the matching rows. NAN when none has a rate. */
double pb_rate_sum(const struct pb_table *t, const char *column, const struct pb_match *match,
		   const char *key, int64_t t0_ns, int64_t t1_ns);
/*
 * Time idle of host/cpu.csv's matching CPU, waiting for I/O included, in ns a second. Systems that do not
 * tell the two apart (Windows, ESXi) leave iowait_ns empty: their idle_ns holds both.
 */
double pb_rate_idle(const struct pb_table *t, const struct pb_match *match, int64_t t0_ns, int64_t t1_ns);
/*
 * A column of host/kvm.csv for the whole guest: the row of the VM where debugfs gave one, else the sum
 * over vCPUs. NAN when neither has a rate.
 */
double pb_kvm_rate(const struct pb_table *t, const char *column, int64_t t0_ns, int64_t t1_ns);
/* Distinct values of `key` among the matching rows, naturally sorted, appended. 0 or -ENOMEM. */
int pb_distinct(const struct pb_table *t, const char *key, const struct pb_match *match, struct pb_strv *out);
/* The columns "cpu0", "cpu1" ... of an interrupts table: how many CPUs, at most max; their numbers to cpus[].
 */
unsigned pb_cpu_columns(const struct pb_table *t, int *cpus, unsigned max);
/* Sum over all CPU columns of pb_rate for one vector; the CPU with the largest share to *cpu (-1 = none
 * moves). */
double pb_vector_rate(const struct pb_table *t, const char *name, int64_t t0_ns, int64_t t1_ns, int *cpu);

#endif
