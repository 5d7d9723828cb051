/*
 * Rates of cumulative counters over a window of the host clock. Differences
 * only: what a rate means is said by the rules.
 */
#include "analyzers/rates.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* [ours] a rate needs samples over this share of the window */
#define COVERAGE_MIN 0.90
#define CPUS_MAX 1024
#define MATCH_MAX 7

/* Two samples around an instant; t is PB_NA while unset. */
struct bracket {
	int64_t t_before, t_after;
	double before, after;
};

static void bracket_add(struct bracket *b, int64_t at, int64_t t, double v)
{
	if (t <= at && (b->t_before == PB_NA || t >= b->t_before)) {
		b->t_before = t;
		b->before = v;
	}
	if (t >= at && (b->t_after == PB_NA || t < b->t_after)) {
		b->t_after = t;
		b->after = v;
	}
}

/* The counter at an instant; when it lies outside the samples, the nearest sample and its time. */
static double bracket_value(const struct bracket *b, int64_t *at)
{
	if (b->t_before == PB_NA || b->t_after == PB_NA) {
		*at = b->t_before == PB_NA ? b->t_after : b->t_before;
		return b->t_before == PB_NA ? b->after : b->before;
	}
	if (b->t_after == b->t_before)
		return b->before;
	return b->before +
	       (b->after - b->before) * (double)(*at - b->t_before) / (double)(b->t_after - b->t_before);
}

/* Matches with their columns looked up once: a table has many rows. */
struct filter {
	struct {
		int col;
		const char *value;
	} m[MATCH_MAX];
	size_t n;
};

static void filter_init(struct filter *f, const struct pb_table *t, const struct pb_match *match)
{
	f->n = 0;
	for (; match && match->column && f->n < MATCH_MAX; match++) {
		f->m[f->n].col = pb_table_col(t, match->column);
		f->m[f->n++].value = match->value;
	}
}

static bool filter_passes(const struct filter *f, const struct pb_table *t, size_t row)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(pb_table_str(t, row, f->m[i].col), f->m[i].value) != 0)
			return false;
	return true;
}

double pb_rate(const struct pb_table *t, const char *column, const struct pb_match *match, int64_t t0_ns,
	       int64_t t1_ns)
{
	struct bracket lo = {.t_before = PB_NA, .t_after = PB_NA}, hi = lo;
	int col = t ? pb_table_col(t, column) : -1, time = t ? pb_table_col(t, "t_ns") : -1;
	int64_t from = t0_ns, to = t1_ns;
	struct filter filter;
	double v0, v1;

	if (col < 0 || t1_ns <= t0_ns)
		return NAN;
	filter_init(&filter, t, match);
	for (size_t row = 0; row < pb_table_rows(t); row++) {
		int64_t at = pb_table_i64(t, row, time);
		double v = pb_table_num(t, row, col);

		if (at == PB_NA || isnan(v) || !filter_passes(&filter, t, row))
			continue;
		bracket_add(&lo, t0_ns, at, v);
		bracket_add(&hi, t1_ns, at, v);
	}
	if (lo.t_before == PB_NA && lo.t_after == PB_NA)
		return NAN;
	v0 = bracket_value(&lo, &from);
	v1 = bracket_value(&hi, &to);
	if ((double)(to - from) < COVERAGE_MIN * (double)(t1_ns - t0_ns))
		return NAN;
	return (v1 - v0) / ((double)(to - from) / 1e9);
}

int pb_distinct(const struct pb_table *t, const char *key, const struct pb_match *match, struct pb_strv *out)
{
	int col = t ? pb_table_col(t, key) : -1;
	const char *last = NULL;
	struct filter filter;

	if (col >= 0)
		filter_init(&filter, t, match);
	for (size_t row = 0; col >= 0 && row < pb_table_rows(t); row++) {
		const char *v = pb_table_str(t, row, col);
		bool known = last && strcmp(v, last) == 0;

		if (!*v || known || !filter_passes(&filter, t, row))
			continue;
		for (size_t i = 0; i < out->n && !known; i++)
			known = strcmp(out->v[i], v) == 0;
		if (!known && pb_strv_add(out, v) < 0)
			return -ENOMEM;
		last = v;
	}
	pb_strv_sort(out);
	return 0;
}

double pb_rate_sum(const struct pb_table *t, const char *column, const struct pb_match *match,
		   const char *key, int64_t t0_ns, int64_t t1_ns)
{
	struct pb_strv values = {0};
	struct pb_match all[MATCH_MAX + 1] = {{0}};
	double sum = NAN;
	size_t n = 0;

	for (; match && match[n].column && n < MATCH_MAX - 1; n++)
		all[n] = match[n];
	if (t)
		pb_distinct(t, key, match, &values);
	for (size_t i = 0; i < values.n; i++) {
		double r;

		all[n] = (struct pb_match){key, values.v[i]};
		r = pb_rate(t, column, all, t0_ns, t1_ns);
		if (!isnan(r))
			sum = isnan(sum) ? r : sum + r;
	}
	pb_strv_fini(&values);
	return sum;
}

double pb_kvm_rate(const struct pb_table *t, const char *column, int64_t t0_ns, int64_t t1_ns)
{
	static const struct pb_match vm[] = {{"scope", "vm"}, {NULL, NULL}};
	struct pb_strv scopes = {0};
	double sum = pb_rate(t, column, vm, t0_ns, t1_ns);

	if (!isnan(sum))
		return sum;
	pb_distinct(t, "scope", NULL, &scopes);
	for (size_t i = 0; i < scopes.n; i++) {
		const struct pb_match m[] = {{"scope", scopes.v[i]}, {NULL, NULL}};
		double r = strncmp(scopes.v[i], "vcpu", 4) == 0 ? pb_rate(t, column, m, t0_ns, t1_ns) : NAN;

		if (!isnan(r))
			sum = isnan(sum) ? r : sum + r;
	}
	pb_strv_fini(&scopes);
	return sum;
}

unsigned pb_cpu_columns(const struct pb_table *t, int *cpus, unsigned max)
{
	unsigned n = 0;

	for (size_t col = 0; t && col < pb_table_cols(t) && n < max; col++) {
		const char *name = pb_table_name(t, col);
		char *end;
		long cpu;

		if (strncmp(name, "cpu", 3) != 0 || name[3] < '0' || name[3] > '9')
			continue;
		cpu = strtol(name + 3, &end, 10);
		if (*end == '\0' && cpu < CPUS_MAX)
			cpus[n++] = (int)cpu;
	}
	return n;
}

double pb_vector_rate(const struct pb_table *t, const char *name, int64_t t0_ns, int64_t t1_ns, int *cpu)
{
	const struct pb_match match[] = {{"name", name}, {NULL, NULL}};
	int cpus[CPUS_MAX];
	unsigned n = pb_cpu_columns(t, cpus, CPUS_MAX);
	double sum = NAN, most = 0;

	if (cpu)
		*cpu = -1;
	for (unsigned i = 0; i < n; i++) {
		char column[16];
		double r;

		snprintf(column, sizeof(column), "cpu%d", cpus[i]);
		r = pb_rate(t, column, match, t0_ns, t1_ns);
		if (isnan(r))
			continue;
		sum = isnan(sum) ? r : sum + r;
		if (r > most && cpu)
			*cpu = cpus[i];
		most = r > most ? r : most;
	}
	return sum;
}
