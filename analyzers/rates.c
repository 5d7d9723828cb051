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

/* Matches with their columns and codes looked up once: a table has many rows. */
static void filter_init(struct pb_rows *r, const struct pb_match *match)
{
	for (; match && match->column && r->n_match < PB_MATCH_MAX; match++, r->n_match++) {
		r->col[r->n_match] = pb_table_col(r->t, match->column);
		if (!pb_table_code_of(r->t, r->col[r->n_match], match->value, &r->code[r->n_match]))
			r->next = r->end; /* no row has that text */
	}
}

static bool filter_passes(const struct pb_rows *r, size_t row)
{
	for (size_t i = 0; i < r->n_match; i++)
		if (pb_table_code(r->t, row, r->col[i]) != r->code[i])
			return false;
	return true;
}

void pb_rows_init(struct pb_rows *r, const struct pb_table *t, const struct pb_match *match, int64_t t0_ns,
		  int64_t t1_ns)
{
	bool all = t0_ns == INT64_MIN && t1_ns == INT64_MAX;

	*r = (struct pb_rows){.t = t, .t0 = t0_ns, .t1 = t1_ns, .time = -1};
	if (!t)
		return;
	r->end = pb_table_rows(t);
	if (!all && pb_table_sorted(t) && pb_table_col(t, "t_ns") == 0) {
		r->next = pb_table_first_at(t, t0_ns);
		r->end = t1_ns == INT64_MAX ? r->end : pb_table_first_at(t, t1_ns + 1);
	} else if (!all) {
		r->check_time = true;
		r->time = pb_table_col(t, "t_ns");
	}
	filter_init(r, match);
}

bool pb_rows_next(struct pb_rows *r, size_t *row)
{
	for (; r->next < r->end; r->next++) {
		int64_t at = r->check_time ? pb_table_i64(r->t, r->next, r->time) : 0;

		if (r->check_time && (at == PB_NA || at < r->t0 || at > r->t1))
			continue;
		if (!filter_passes(r, r->next))
			continue;
		*row = r->next++;
		return true;
	}
	return false;
}

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

/* The same from rows sorted by time: outwards from the instant, to the first sample on each side. */
static void bracket_find(struct bracket *b, const struct pb_rows *all, int col, int64_t at)
{
	const struct pb_table *t = all->t;
	size_t before = at == INT64_MAX ? pb_table_rows(t) : pb_table_first_at(t, at + 1);
	size_t after = pb_table_first_at(t, at);

	for (; before-- > 0 && b->t_before == PB_NA;)
		if (filter_passes(all, before) && !isnan(pb_table_num(t, before, col)))
			bracket_add(b, at, pb_table_i64(t, before, 0), pb_table_num(t, before, col));
	for (; after < pb_table_rows(t) && b->t_after == PB_NA; after++)
		if (filter_passes(all, after) && !isnan(pb_table_num(t, after, col)))
			bracket_add(b, at, pb_table_i64(t, after, 0), pb_table_num(t, after, col));
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

double pb_rate(const struct pb_table *t, const char *column, const struct pb_match *match, int64_t t0_ns,
	       int64_t t1_ns)
{
	struct bracket lo = {.t_before = PB_NA, .t_after = PB_NA}, hi = lo;
	int col = t ? pb_table_col(t, column) : -1, time = t ? pb_table_col(t, "t_ns") : -1;
	int64_t from = t0_ns, to = t1_ns;
	struct pb_rows rows;
	double v0, v1;
	size_t row;

	if (col < 0 || t1_ns <= t0_ns || !pb_table_filled(t, col))
		return NAN;
	pb_rows_init(&rows, t, match, INT64_MIN, INT64_MAX);
	if (rows.next < rows.end && time == 0 && pb_table_sorted(t)) {
		bracket_find(&lo, &rows, col, t0_ns);
		bracket_find(&hi, &rows, col, t1_ns);
	}
	while (!(time == 0 && pb_table_sorted(t)) && pb_rows_next(&rows, &row)) {
		int64_t at = pb_table_i64(t, row, time);
		double v = pb_table_num(t, row, col);

		if (at == PB_NA || isnan(v))
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

/* Codes met so far. Rows of one instant come in the same order each time, so the one after the last met is
 * looked at first. */
struct seen {
	int64_t *code;
	size_t n, cap, last;
};

static bool seen_has(struct seen *s, int64_t code)
{
	size_t next = s->n ? (s->last + 1) % s->n : 0;

	if (s->n && s->code[next] == code) {
		s->last = next;
		return true;
	}
	for (size_t i = 0; i < s->n; i++) {
		if (s->code[i] == code) {
			s->last = i;
			return true;
		}
	}
	return false;
}

static int seen_add(struct seen *s, int64_t code)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 32;
		int64_t *grown = reallocarray(s->code, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		s->code = grown;
		s->cap = cap;
	}
	s->last = s->n;
	s->code[s->n++] = code;
	return 0;
}

static bool has_text(const struct pb_strv *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i], text) == 0)
			return true;
	return false;
}

int pb_distinct(const struct pb_table *t, const char *key, const struct pb_match *match, struct pb_strv *out)
{
	int ret = 0, col = t ? pb_table_col(t, key) : -1;
	struct seen seen = {0};
	struct pb_rows rows;
	size_t row;

	pb_rows_init(&rows, col < 0 ? NULL : t, match, INT64_MIN, INT64_MAX);
	while (ret == 0 && pb_rows_next(&rows, &row)) {
		int64_t code = pb_table_code(t, row, col);

		if (code == PB_NA || seen_has(&seen, code))
			continue;
		ret = seen_add(&seen, code);
		/* The list may have come with texts in it. */
		if (ret == 0 && !has_text(out, pb_table_str(t, row, col)))
			ret = pb_strv_add(out, pb_table_str(t, row, col));
	}
	free(seen.code);
	pb_strv_sort(out);
	return ret < 0 ? -ENOMEM : 0;
}

double pb_rate_sum(const struct pb_table *t, const char *column, const struct pb_match *match,
		   const char *key, int64_t t0_ns, int64_t t1_ns)
{
	struct pb_strv values = {0};
	struct pb_match all[PB_MATCH_MAX + 1] = {{0}};
	double sum = NAN;
	size_t n = 0;

	for (; match && match[n].column && n < PB_MATCH_MAX - 1; n++)
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

double pb_rate_idle(const struct pb_table *t, const struct pb_match *match, int64_t t0_ns, int64_t t1_ns)
{
	double idle = pb_rate(t, "idle_ns", match, t0_ns, t1_ns);

	if (!t || !pb_table_filled(t, pb_table_col(t, "iowait_ns")))
		return idle;
	return idle + pb_rate(t, "iowait_ns", match, t0_ns, t1_ns);
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
