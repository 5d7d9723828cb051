/*
 * One pass over the table: each pair of neighbouring samples of a series gives its value at the window edges
 * that lie between them.
 */
#include "engine/compare/cputime.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 8
#define SERIES_MAX 16384 /* as many CPUs or threads as a table may have; more are not counted */

struct series {
	int64_t code, at_ns;
	double value;
	double *edge; /* 2n: value at the start and end of each window; NAN = not enclosed */
};

struct edge {
	int64_t at_ns;
	size_t place; /* in series.edge */
};

struct pass {
	const struct pb_table *t;
	int time, key, col[COLUMNS_MAX], n_col;
	struct edge *edges; /* 2 * n_w, in order of time */
	size_t n_w;
	struct series *s;
	size_t n, cap, next; /* next: rows come in the same order every time */
};

static bool find_columns(struct pass *p, const char *key, const char *const *columns)
{
	p->time = pb_table_col(p->t, "t_ns");
	p->key = pb_table_col(p->t, key);
	for (p->n_col = 0; columns[p->n_col] && p->n_col < COLUMNS_MAX; p->n_col++) {
		p->col[p->n_col] = pb_table_col(p->t, columns[p->n_col]);
		if (p->col[p->n_col] < 0)
			return false;
	}
	return p->time >= 0 && p->key >= 0;
}

static struct series *add_series(struct pass *p, int64_t code)
{
	size_t cap = p->cap ? 2 * p->cap : 64;
	struct series *s;

	if (p->n == p->cap) {
		s = realloc(p->s, cap * sizeof(*s));
		if (!s)
			return NULL;
		p->s = s;
		p->cap = cap;
	}
	s = &p->s[p->n];
	*s = (struct series){.code = code, .at_ns = INT64_MAX, .edge = malloc(2 * p->n_w * sizeof(*s->edge))};
	if (!s->edge)
		return NULL;
	for (size_t i = 0; i < 2 * p->n_w; i++)
		s->edge[i] = NAN;
	p->n++;
	return s;
}

/* *out stays NULL when there are too many. 0 or -ENOMEM. */
static int series_of(struct pass *p, int64_t code, struct series **out)
{
	*out = NULL;
	for (size_t k = 0; k < p->n; k++) {
		size_t i = (p->next + k) % p->n;

		if (p->s[i].code == code) {
			p->next = i + 1;
			*out = &p->s[i];
			return 0;
		}
	}
	if (p->n == SERIES_MAX)
		return 0;
	*out = add_series(p, code);
	return *out ? 0 : -ENOMEM;
}

/* The first edge at at_ns or later. */
static size_t first_edge(const struct pass *p, int64_t at_ns)
{
	size_t lo = 0, hi = 2 * p->n_w;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->edges[mid].at_ns < at_ns)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void sample(const struct pass *p, struct series *s, int64_t at_ns, double value)
{
	size_t i = s->at_ns <= at_ns ? first_edge(p, s->at_ns) : 2 * p->n_w;

	for (; i < 2 * p->n_w && p->edges[i].at_ns <= at_ns; i++) {
		double share = at_ns > s->at_ns
				       ? (double)(p->edges[i].at_ns - s->at_ns) / (double)(at_ns - s->at_ns)
				       : 0;

		s->edge[p->edges[i].place] = s->value + share * (value - s->value);
	}
	s->at_ns = at_ns;
	s->value = value;
}

static int read_rows(struct pass *p)
{
	for (size_t row = 0; row < pb_table_rows(p->t); row++) {
		int64_t at = pb_table_i64(p->t, row, p->time), code = pb_table_code(p->t, row, p->key);
		double value = 0;
		struct series *s;

		for (int i = 0; i < p->n_col; i++)
			value += pb_table_num(p->t, row, p->col[i]);
		if (at == PB_NA || code == PB_NA || isnan(value))
			continue;
		if (series_of(p, code, &s) < 0)
			return -ENOMEM;
		if (s)
			sample(p, s, at, value);
	}
	return 0;
}

static int by_time(const void *va, const void *vb)
{
	const struct edge *a = va, *b = vb;

	return (a->at_ns > b->at_ns) - (a->at_ns < b->at_ns);
}

static int make_edges(struct pass *p, const struct pb_window *w)
{
	p->edges = malloc((2 * p->n_w + 1) * sizeof(*p->edges));
	if (!p->edges)
		return -ENOMEM;
	for (size_t i = 0; i < p->n_w; i++) {
		p->edges[2 * i] = (struct edge){w[i].t0_ns, 2 * i};
		p->edges[2 * i + 1] = (struct edge){w[i].t1_ns, 2 * i + 1};
	}
	qsort(p->edges, 2 * p->n_w, sizeof(*p->edges), by_time);
	return 0;
}

int pb_cputime(const struct pb_table *t, const char *key, const char *const *columns,
	       const struct pb_window *w, size_t n, double *spent_ns)
{
	struct pass p = {.t = t, .n_w = n};
	int rc = make_edges(&p, w);

	for (size_t i = 0; i < n; i++)
		spent_ns[i] = NAN;
	if (rc == 0 && find_columns(&p, key, columns))
		rc = read_rows(&p);
	for (size_t k = 0; k < p.n; k++) {
		for (size_t i = 0; i < n; i++) {
			double grown = p.s[k].edge[2 * i + 1] - p.s[k].edge[2 * i];

			/* A thread id that was used again starts anew: that is no time given back. */
			if (grown >= 0)
				spent_ns[i] = isnan(spent_ns[i]) ? grown : spent_ns[i] + grown;
		}
		free(p.s[k].edge);
	}
	free(p.s);
	free(p.edges);
	return rc;
}
