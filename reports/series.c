/*
 * Series for the charts. What is written here is read by gnuplot, so labels
 * are reduced to harmless characters; times are seconds since the run's start.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/series.h"

#define SET_STEP 32

void pb_series_init(struct pb_series_set *s, double t_min, double t_max)
{
	memset(s, 0, sizeof(*s));
	s->t_min = t_min;
	s->t_max = t_max;
}

void pb_series_fini(struct pb_series_set *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		free(s->v[i].p);
	free(s->v);
	memset(s, 0, sizeof(*s));
}

void pb_series_label(char *out, size_t size, const char *text)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._:[]()/%+-";
	size_t i;

	for (i = 0; i + 1 < size && text[i]; i++)
		out[i] = strchr(allowed, text[i]) ? text[i] : '?';
	out[i] = '\0';
}

static struct pb_series *find(struct pb_series_set *s, const char *key, const char *label)
{
	struct pb_series *v;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (!strcmp(s->v[i].key, key))
			return &s->v[i];
	if (s->n == s->cap) {
		v = reallocarray(s->v, s->cap + SET_STEP, sizeof(*v));
		if (!v)
			return NULL;
		s->v = v;
		s->cap += SET_STEP;
	}
	v = &s->v[s->n++];
	memset(v, 0, sizeof(*v));
	snprintf(v->key, sizeof(v->key), "%s", key);
	pb_series_label(v->label, sizeof(v->label), label);
	v->last_t = v->last_v = NAN;
	return v;
}

/* gcc 12 loses track of a pointer stored in an element of a growing array and calls it leaked. */
#pragma GCC diagnostic push
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
static int grow_points(struct pb_series *v)
{
	size_t cap = v->cap ? v->cap * 2 : 64;
	struct pb_point *p = reallocarray(v->p, cap, sizeof(*p));

	if (!p)
		return -ENOMEM;
	v->p = p;
	v->cap = cap;
	return 0;
}
#pragma GCC diagnostic pop

static int add_point(struct pb_series *v, double t, double value)
{
	if (v->n == v->cap && grow_points(v) < 0)
		return -ENOMEM;
	v->p[v->n++] = (struct pb_point){t, value};
	return 0;
}

int pb_series_read(struct pb_series_set *s, const char *key, const char *label, double t, double counter,
		   double scale)
{
	struct pb_series *v = find(s, key, label);
	double rate, dt;

	if (!v)
		return -ENOMEM;
	dt = t - v->last_t;
	rate = (counter - v->last_v) / dt * scale;
	v->last_t = t;
	v->last_v = counter;
	if (!isfinite(rate) || dt <= 0 || rate < 0 || t < s->t_min || t > s->t_max)
		return 0;
	v->total += rate * dt;
	return add_point(v, t, rate);
}

int pb_series_point(struct pb_series_set *s, const char *key, double t, double value)
{
	struct pb_series *v = find(s, key, key);

	if (!v)
		return -ENOMEM;
	if (!(t >= s->t_min && t <= s->t_max))
		return 0;
	return add_point(v, t, isfinite(value) ? value : NAN);
}

static int by_weight(const void *a, const void *b)
{
	const struct pb_series *x = a, *y = b;

	if (x->total != y->total)
		return x->total < y->total ? 1 : -1;
	return strverscmp(x->key, y->key);
}

static int by_label(const void *a, const void *b)
{
	const struct pb_series *x = a, *y = b;
	int c = strverscmp(x->label, y->label);

	return c ? c : strverscmp(x->key, y->key);
}

void pb_series_keep(struct pb_series_set *s, size_t most)
{
	if (!s->n)
		return;
	qsort(s->v, s->n, sizeof(*s->v), by_weight);
	while (s->n && (s->n > most || s->v[s->n - 1].total <= 0))
		free(s->v[--s->n].p);
	qsort(s->v, s->n, sizeof(*s->v), by_label);
}

/* The lowest and the highest point of p[i..end) and, when it has one, a gap, in their order. At most 3. */
static size_t keep_extremes(struct pb_point *out, const struct pb_point *p, size_t i, size_t end)
{
	size_t lo = end, hi = end, gap = end, n = 0, k;

	for (k = i; k < end; k++) {
		if (isnan(p[k].v)) {
			gap = k;
			continue;
		}
		lo = lo == end || p[k].v < p[lo].v ? k : lo;
		hi = hi == end || p[k].v > p[hi].v ? k : hi;
	}
	for (k = i; k < end; k++)
		if (k == lo || k == hi || k == gap)
			out[n++] = p[k];
	return n;
}

void pb_series_thin(struct pb_series *s, size_t max)
{
	size_t buckets = max / 3, b, i, end, n, out = 0;
	struct pb_point kept[3];

	if (s->n <= max)
		return;
	for (b = 0, i = 0; b < buckets; b++, i = end) {
		end = (b + 1) * s->n / buckets;
		/* out never passes the bucket being read: a bucket has at least three points here */
		n = keep_extremes(kept, s->p, i, end);
		memcpy(s->p + out, kept, n * sizeof(*kept));
		out += n;
	}
	s->n = out;
}

double pb_series_max(const struct pb_series_set *s)
{
	double max = 0;
	size_t i, k;

	for (i = 0; i < s->n; i++)
		for (k = 0; k < s->v[i].n; k++)
			max = s->v[i].p[k].v > max ? s->v[i].p[k].v : max;
	return max;
}

void pb_series_write(const struct pb_series_set *s, FILE *f)
{
	const struct pb_series *v;
	size_t i, k;

	for (i = 0; i < s->n; i++) {
		v = &s->v[i];
		fprintf(f, "%st_s,\"%s\"\n", i ? "\n\n" : "", v->label);
		for (k = 0; k < v->n; k++)
			if (isnan(v->p[k].v))
				fprintf(f, "%.4f,NaN\n", v->p[k].t);
			else
				fprintf(f, "%.4f,%.6g\n", v->p[k].t, v->p[k].v);
	}
}
