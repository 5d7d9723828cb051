/*
 * Reads the tables into arrays. The store has been checked whole; here each value is also taken as if
 * it came from a stranger.
 */
#include "engine/history/past.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/compare/metrics.h"
#include "engine/lib/plain.h"

#define TEXT_MAX 4096

/* Where the rows of one table go. */
struct rows {
	void *v;
	size_t n, cap, size;
};

/* Room for one more, zeroed; NULL on no memory. */
static void *grow(struct rows *r)
{
	void *v;

	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 32;

		v = reallocarray(r->v, cap, r->size);
		if (!v)
			return NULL;
		r->v = v;
		r->cap = cap;
	}
	v = (char *)r->v + r->n++ * r->size;
	memset(v, 0, r->size);
	return v;
}

static char *text_of(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return pb_plain_copy(text ? text : "", TEXT_MAX);
}

/* An object of texts, plain; whatever else stands there is left out. NULL on no memory. */
static json_t *facts_of(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column), *key;
	json_t *raw = json_loads(text ? text : "", JSON_REJECT_DUPLICATES, NULL), *facts = json_object(), *v;

	json_object_foreach(raw, key, v)
	{
		char *name = pb_plain_copy(key, TEXT_MAX);
		char *value = json_is_string(v) ? pb_plain_copy(json_string_value(v), TEXT_MAX) : NULL;

		if (name && value)
			json_object_set_new(facts, name, json_string(value));
		free(name);
		free(value);
	}
	json_decref(raw);
	return facts;
}

/* Index of the row with that number among rows sorted by it: every row type starts with its number. */
static size_t index_of(const void *v, size_t n, size_t size, int64_t id)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (*(const int64_t *)((const char *)v + mid * size) < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && *(const int64_t *)((const char *)v + lo * size) == id ? lo : SIZE_MAX;
}

static int take_series(struct pb_past *p, struct rows *r, sqlite3_stmt *row)
{
	struct pb_past_series *s = grow(r);

	(void)p;
	if (!s)
		return -ENOMEM;
	s->id = sqlite3_column_int64(row, 0);
	s->name = text_of(row, 1);
	s->identity = facts_of(row, 2);
	return s->name && s->identity ? 0 : -ENOMEM;
}

static int take_environment(struct pb_past *p, struct rows *r, sqlite3_stmt *row)
{
	struct pb_past_environment *e = grow(r);

	(void)p;
	if (!e)
		return -ENOMEM;
	e->id = sqlite3_column_int64(row, 0);
	e->facts = facts_of(row, 1);
	return e->facts ? 0 : -ENOMEM;
}

static int take_metric(struct pb_past *p, struct rows *r, sqlite3_stmt *row)
{
	struct pb_past_metric *m = grow(r);

	(void)p;
	if (!m)
		return -ENOMEM;
	m->id = sqlite3_column_int64(row, 0);
	m->name = text_of(row, 1);
	m->unit = text_of(row, 2);
	m->higher_is_better = sqlite3_column_int(row, 3) != 0;
	return m->name && m->unit ? 0 : -ENOMEM;
}

static int take_run(struct pb_past *p, struct rows *r, sqlite3_stmt *row)
{
	struct pb_past_run *u = grow(r);

	if (!u)
		return -ENOMEM;
	u->id = sqlite3_column_int64(row, 0);
	u->series = index_of(p->series, p->n_series, sizeof(*p->series), sqlite3_column_int64(row, 1));
	u->environment = index_of(p->environment, p->n_environment, sizeof(*p->environment),
				  sqlite3_column_int64(row, 2));
	u->manifest = text_of(row, 3);
	u->started_utc = text_of(row, 4);
	u->added_utc = text_of(row, 5);
	u->label = text_of(row, 6);
	u->dir = text_of(row, 7);
	if (u->series == SIZE_MAX || u->environment == SIZE_MAX)
		return -EINVAL;
	return u->manifest && u->started_utc && u->added_utc && u->label && u->dir ? 0 : -ENOMEM;
}

static int take_value(struct pb_past *p, struct rows *r, sqlite3_stmt *row)
{
	struct pb_past_value *v = grow(r);

	if (!v)
		return -ENOMEM;
	v->metric = index_of(p->metric, p->n_metric, sizeof(*p->metric), sqlite3_column_int64(row, 0));
	v->run = index_of(p->run, p->n_run, sizeof(*p->run), sqlite3_column_int64(row, 1));
	v->value = sqlite3_column_double(row, 2);
	return v->metric == SIZE_MAX || v->run == SIZE_MAX ? -EINVAL : 0;
}

/* Reads one table; *v and *n are its rows also on failure, so that they can be freed. */
static int read_table(struct pb_past *p, struct pb_store *s, const char *sql, size_t size,
		      int (*take)(struct pb_past *, struct rows *, sqlite3_stmt *), void **v, size_t *n,
		      struct pb_err *err)
{
	struct rows r = {.size = size};
	sqlite3_stmt *q = pb_store_prepare(s, sql, err);
	int rc = q ? 1 : -EINVAL;

	while (rc == 1 && (rc = pb_store_step(s, q, err)) == 1) {
		int bad = take(p, &r, q);

		if (bad == -EINVAL)
			rc = pb_fail(err, PB_USAGE, EINVAL,
				     "%s is damaged (a row points nowhere): restore it from a copy", s->path);
		else if (bad < 0)
			rc = pb_fail(err, PB_MISSING, ENOMEM, "%s: out of memory", s->path);
	}
	sqlite3_finalize(q);
	*v = r.v;
	*n = r.n;
	return rc;
}

#define READ(member, sql)                                                                                    \
	read_table(p, s, sql, sizeof(*p->member), take_##member, (void **)&p->member, &p->n_##member, err)

static int read_tables(struct pb_past *p, struct pb_store *s, struct pb_err *err)
{
	int rc = READ(series, "SELECT id, name, identity FROM series ORDER BY id");

	if (rc == 0)
		rc = READ(environment, "SELECT id, facts FROM environment ORDER BY id");
	if (rc == 0)
		rc = READ(metric, "SELECT id, name, unit, higher_is_better FROM metric ORDER BY id");
	if (rc == 0)
		rc = READ(run, "SELECT id, series, environment, manifest, started_utc, added_utc, label, dir "
			       "FROM run "
			       "ORDER BY id");
	if (rc == 0)
		rc = READ(value, "SELECT metric, run, value FROM value");
	return rc;
}

static int by_time(const void *a, const void *b, void *past)
{
	const struct pb_past *p = past;
	const struct pb_past_run *x = &p->run[*(const size_t *)a], *y = &p->run[*(const size_t *)b];
	int d = (x->series > y->series) - (x->series < y->series);

	if (!d)
		d = strcmp(x->started_utc, y->started_utc);
	return d ? d : (x->id > y->id) - (x->id < y->id);
}

static int by_name(const void *a, const void *b, void *past)
{
	const struct pb_past *p = past;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int d = pb_metric_order(p->metric[x].name, p->metric[y].name);

	return d ? d : (x > y) - (x < y);
}

static int by_place(const void *a, const void *b)
{
	const struct pb_past_value *x = a, *y = b;

	if (x->metric != y->metric)
		return x->metric > y->metric ? 1 : -1;
	return (x->run > y->run) - (x->run < y->run);
}

/* Brings n rows into the order of `compare`; to[] gets the new index of each old one. NULL on no memory. */
static size_t *reorder(struct pb_past *p, void **v, size_t n, size_t size,
		       int (*compare)(const void *, const void *, void *))
{
	size_t *from = calloc(n + 1, sizeof(*from)), *to = calloc(n + 1, sizeof(*to));
	char *sorted = calloc(n + 1, size);

	if (!from || !to || !sorted) {
		free(from);
		free(to);
		free(sorted);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		from[i] = i;
	qsort_r(from, n, sizeof(*from), compare, p);
	for (size_t i = 0; i < n; i++) {
		memcpy(sorted + i * size, (char *)*v + from[i] * size, size);
		to[from[i]] = i;
	}
	free(from);
	free(*v);
	*v = sorted;
	return to;
}

static int sort(struct pb_past *p)
{
	size_t *run = reorder(p, (void **)&p->run, p->n_run, sizeof(*p->run), by_time);
	size_t *metric = reorder(p, (void **)&p->metric, p->n_metric, sizeof(*p->metric), by_name);
	bool done = run && metric;

	for (size_t i = 0; i < p->n_value && done; i++) {
		p->value[i].run = run[p->value[i].run];
		p->value[i].metric = metric[p->value[i].metric];
	}
	if (done && p->n_value)
		qsort(p->value, p->n_value, sizeof(*p->value), by_place);
	free(run);
	free(metric);
	return done ? 0 : -ENOMEM;
}

int pb_past_read(struct pb_past *p, struct pb_store *s, struct pb_err *err)
{
	struct pb_past new = {.n_run = 0};
	int rc = read_tables(&new, s, err);

	if (rc == 0 && sort(&new) < 0)
		rc = pb_fail(err, PB_MISSING, ENOMEM, "%s: out of memory", s->path);
	if (rc < 0)
		pb_past_fini(&new);
	else
		*p = new;
	return rc;
}

int pb_past_load(struct pb_past *p, const char *path, struct pb_err *err)
{
	struct pb_store s = {.db = NULL};
	int rc = pb_store_open(&s, path, PB_STORE_READ, err);

	if (rc == 0)
		rc = pb_past_read(p, &s, err);
	pb_store_close(&s);
	return rc;
}

void pb_past_fini(struct pb_past *p)
{
	for (size_t i = 0; i < p->n_series; i++) {
		free(p->series[i].name);
		json_decref(p->series[i].identity);
	}
	for (size_t i = 0; i < p->n_environment; i++)
		json_decref(p->environment[i].facts);
	for (size_t i = 0; i < p->n_run; i++) {
		free(p->run[i].manifest);
		free(p->run[i].started_utc);
		free(p->run[i].added_utc);
		free(p->run[i].label);
		free(p->run[i].dir);
	}
	for (size_t i = 0; i < p->n_metric; i++) {
		free(p->metric[i].name);
		free(p->metric[i].unit);
	}
	free(p->series);
	free(p->environment);
	free(p->run);
	free(p->metric);
	free(p->value);
	*p = (struct pb_past){.n_run = 0};
}

/* The first value of the metric. */
static size_t first_value(const struct pb_past *p, size_t metric)
{
	size_t lo = 0, hi = p->n_value;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->value[mid].metric < metric)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int pb_past_points(const struct pb_past *p, size_t series, size_t metric, struct pb_past_points *out)
{
	size_t from = first_value(p, metric), to = first_value(p, metric + 1);
	size_t room = to > from ? to - from : 1;
	struct pb_past_points pts = {.n = 0};

	pts.run = calloc(room, sizeof(*pts.run));
	pts.x = calloc(room, sizeof(*pts.x));
	if (!pts.run || !pts.x) {
		pb_past_points_fini(&pts);
		return -ENOMEM;
	}
	for (size_t i = from; i < to; i++) {
		if (p->run[p->value[i].run].series != series)
			continue;
		pts.run[pts.n] = p->value[i].run;
		pts.x[pts.n++] = p->value[i].value;
	}
	*out = pts;
	return 0;
}

void pb_past_points_fini(struct pb_past_points *pts)
{
	free(pts->run);
	free(pts->x);
	*pts = (struct pb_past_points){.n = 0};
}

size_t pb_past_find_series(const struct pb_past *p, const char *name)
{
	for (size_t i = 0; i < p->n_series; i++)
		if (strcmp(p->series[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

size_t pb_past_find_metric(const struct pb_past *p, const char *name)
{
	for (size_t i = 0; i < p->n_metric; i++)
		if (strcmp(p->metric[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

int pb_past_differences(const struct pb_past *p, size_t before, size_t after, struct pb_strv *out)
{
	const json_t *a = p->environment[p->run[before].environment].facts;
	const json_t *b = p->environment[p->run[after].environment].facts;
	struct pb_strv names = {0};
	const char *name;
	json_t *v;
	int rc = 0;

	if (a == b)
		return 0;
	json_object_foreach((json_t *)a, name, v)
	{
		const char *then = json_string_value(json_object_get(b, name));

		if (rc == 0 && then && strcmp(json_string_value(v), then) != 0)
			rc = pb_strv_add(&names, name);
	}
	pb_strv_sort(&names);
	for (size_t i = 0; i < names.n && rc == 0; i++) {
		rc = pb_strv_add(out, names.v[i]);
		if (rc == 0)
			rc = pb_strv_add(out, json_string_value(json_object_get(a, names.v[i])));
		if (rc == 0)
			rc = pb_strv_add(out, json_string_value(json_object_get(b, names.v[i])));
	}
	pb_strv_fini(&names);
	return rc;
}
