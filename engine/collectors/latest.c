/*
 * Keeps the latest row of every series. Rows of one collector come in the same order each tick, so a row is
 * nearly always found right behind the one before it. Series that a fast collector no longer reports are
 * forgotten.
 */
#include "engine/collectors/latest.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GONE_NS 5000000000LL /* a fast series that has not been seen for so long has ended */

static bool listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = list; p && *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (!strncmp(p, name, len) && (p[len] == ' ' || !p[len]))
			return true;
	return false;
}

static int cpu_column(const char *name)
{
	char *end;
	long v;

	if (strncmp(name, "cpu", 3) || !isdigit((unsigned char)name[3]))
		return -1;
	v = strtol(name + 3, &end, 10);
	return *end || v > 65535 ? -1 : (int)v;
}

static int add_columns(struct pb_latest_source *s, const struct pb_strv *names)
{
	s->col = calloc(names->n + 1, sizeof(*s->col));
	if (!s->col)
		return -ENOMEM;
	for (size_t i = 0; i < names->n; i++) {
		struct pb_latest_column *c = &s->col[s->ncols];

		c->name = strdup(names->v[i]);
		if (!c->name)
			return -ENOMEM;
		c->cpu = cpu_column(c->name);
		c->role = listed(s->c->labels, c->name)   ? PB_LATEST_LABEL
			  : listed(s->c->gauges, c->name) ? PB_LATEST_GAUGE
							  : PB_LATEST_COUNTER;
		s->ncols++;
	}
	return 0;
}

static int add_source(void *arg, const struct pb_collector *c, const struct pb_strv *columns, const char *why)
{
	struct pb_latest *l = arg;
	struct pb_latest_source *grown, *s;
	int rc = 0;

	pthread_mutex_lock(&l->lock);
	grown = realloc(l->src, (l->n + 1) * sizeof(*grown));
	if (grown) {
		l->src = grown;
		s = &grown[l->n++];
		*s = (struct pb_latest_source){.c = c, .why = why ? strdup(why) : NULL};
		rc = why && !s->why ? -ENOMEM : 0;
		if (columns)
			rc = add_columns(s, columns);
	}
	pthread_mutex_unlock(&l->lock);
	return grown ? rc : -ENOMEM;
}

static void free_row(const struct pb_latest_source *s, struct pb_latest_row *r)
{
	for (size_t i = 0; r->text && i < s->ncols; i++)
		free(r->text[i]);
	free(r->text);
	free(r->now);
	free(r->then);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_number(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* Does this column belong to what tells series apart? Without a list of labels, text does. */
static bool is_label(const struct pb_latest_source *s, size_t col)
{
	return s->col[col].role == PB_LATEST_LABEL || !s->c->labels;
}

static bool is_row(const struct pb_latest_source *s, const struct pb_latest_row *x,
		   const struct pb_rows *rows, size_t row)
{
	for (size_t i = 0; i < s->ncols; i++)
		if (is_label(s, i) && (!same_text(x->text[i], pb_rows_text(rows, row, i)) ||
				       (s->col[i].role == PB_LATEST_LABEL &&
					!same_number(x->now[i], pb_rows_num(rows, row, i)))))
			return false;
	return true;
}

/* A new series with the texts of this row; NULL when there are too many or no memory. */
static struct pb_latest_row *new_row(struct pb_latest_source *s, const struct pb_rows *rows, size_t row)
{
	struct pb_latest_row x = {0};
	bool ok;

	if (s->n == PB_LATEST_ROWS_MAX)
		return NULL;
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 16;
		struct pb_latest_row *grown = realloc(s->row, cap * sizeof(*grown));

		if (!grown)
			return NULL;
		s->row = grown;
		s->cap = cap;
	}
	x.text = calloc(s->ncols + 1, sizeof(*x.text));
	x.now = calloc(s->ncols + 1, sizeof(*x.now));
	x.then = calloc(s->ncols + 1, sizeof(*x.then));
	ok = x.text && x.now && x.then;
	for (size_t i = 0; ok && i < s->ncols; i++) {
		const char *text = is_label(s, i) ? pb_rows_text(rows, row, i) : NULL;

		x.now[i] = NAN;
		x.text[i] = text ? strdup(text) : NULL;
		ok = !text || x.text[i];
	}
	if (!ok) {
		free_row(s, &x);
		return NULL;
	}
	s->row[s->n] = x;
	return &s->row[s->n++];
}

static struct pb_latest_row *find_row(struct pb_latest_source *s, const struct pb_rows *rows, size_t row)
{
	for (size_t k = 0; k < s->n; k++) {
		size_t i = (s->hint + k) % s->n;

		if (is_row(s, &s->row[i], rows, row)) {
			s->hint = i + 1;
			return &s->row[i];
		}
	}
	s->hint = s->n + 1;
	return new_row(s, rows, row);
}

static void forget_old(struct pb_latest_source *s)
{
	size_t kept = 0;

	if (s->c->period != PB_PERIOD_FAST)
		return;
	for (size_t i = 0; i < s->n; i++) {
		if (s->newest_ns - s->row[i].t_ns > GONE_NS)
			free_row(s, &s->row[i]);
		else
			s->row[kept++] = s->row[i];
	}
	s->n = kept;
}

static void take_row(struct pb_latest_source *s, const struct pb_rows *rows, size_t row)
{
	struct pb_latest_row *x = find_row(s, rows, row);

	s->rows++;
	s->newest_ns = pb_rows_t(rows, row);
	if (!x) {
		s->left_out++;
		return;
	}
	x->t_ns = s->newest_ns;
	for (size_t i = 0; i < s->ncols; i++) {
		double v = pb_rows_num(rows, row, i);

		if (!isnan(v) ||
		    s->col[i].role != PB_LATEST_GAUGE) /* some states are told at the start only */
			x->now[i] = v;
	}
	if (x->then_ns)
		return;
	memcpy(x->then, x->now, s->ncols * sizeof(*x->then)); /* a new series: rates are from here */
	x->then_ns = x->t_ns;
}

static void take_rows(void *arg, const struct pb_collector *c, const struct pb_rows *rows)
{
	struct pb_latest *l = arg;

	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->n; i++) {
		struct pb_latest_source *s = &l->src[i];

		if (s->c != c)
			continue;
		for (size_t row = 0; row < pb_rows_count(rows); row++)
			take_row(s, rows, row);
		forget_old(s);
	}
	l->generation++;
	pthread_mutex_unlock(&l->lock);
}

int pb_latest_init(struct pb_latest *l)
{
	memset(l, 0, sizeof(*l));
	l->watch = (struct pb_watch){.arg = l, .source = add_source, .rows = take_rows};
	return -pthread_mutex_init(&l->lock, NULL);
}

void pb_latest_fini(struct pb_latest *l)
{
	for (size_t k = 0; k < l->n; k++) {
		struct pb_latest_source *s = &l->src[k];

		for (size_t i = 0; i < s->n; i++)
			free_row(s, &s->row[i]);
		for (size_t i = 0; i < s->ncols; i++)
			free(s->col[i].name);
		free(s->col);
		free(s->row);
		free(s->why);
	}
	free(l->src);
	l->src = NULL;
	l->n = 0;
	pthread_mutex_destroy(&l->lock);
}

const struct pb_latest_source *pb_latest_find(const struct pb_latest *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->src[i].c->name, name))
			return &l->src[i];
	return NULL;
}

int pb_latest_column(const struct pb_latest_source *s, const char *name)
{
	for (size_t i = 0; i < s->ncols; i++)
		if (!strcmp(s->col[i].name, name))
			return (int)i;
	return -1;
}

void pb_latest_mark(struct pb_latest *l)
{
	for (size_t k = 0; k < l->n; k++) {
		struct pb_latest_source *s = &l->src[k];

		for (size_t i = 0; i < s->n; i++) {
			memcpy(s->row[i].then, s->row[i].now, s->ncols * sizeof(double));
			s->row[i].then_ns = s->row[i].t_ns;
		}
	}
}

double pb_latest_rate(const struct pb_latest_row *r, size_t col)
{
	double dt = (double)(r->t_ns - r->then_ns) / 1e9;

	return r->then_ns && dt > 0 ? (r->now[col] - r->then[col]) / dt : NAN;
}
