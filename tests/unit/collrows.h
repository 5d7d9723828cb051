/*
 * Running one collector by hand in a test and looking at its rows by column name.
 */
#ifndef PB_TESTS_COLLROWS_H
#define PB_TESTS_COLLROWS_H

#include "engine/collectors/collector.h"
#include "engine/collectors/rows.h"

struct collrun {
	const struct pb_collector *c;
	void *state;
	struct pb_strv columns;
	struct pb_rows *rows;
	char why[256];
};

/* Probe, start, columns. Fails the test when the collector is unavailable. */
static inline void collrun_start(struct collrun *r, const struct pb_collector *c, const struct pb_target *t)
{
	memset(r, 0, sizeof(*r));
	r->c = c;
	if (c->probe(t, r->why, sizeof(r->why)) || c->start(t, &r->state, r->why, sizeof(r->why)))
		fail_msg("%s: %s", c->name, r->why);
	assert_int_equal(c->columns(r->state, &r->columns), 0);
	r->rows = pb_rows_new(r->columns.n);
	assert_non_null(r->rows);
}

/* One sample; rows of earlier ones are dropped. The number of rows. */
static inline size_t collrun_sample(struct collrun *r, int64_t t_ns)
{
	pb_rows_clear(r->rows);
	assert_int_equal(r->c->sample(r->state, t_ns, r->rows), 0);
	return pb_rows_count(r->rows);
}

static inline void collrun_stop(struct collrun *r)
{
	r->c->stop(r->state);
	pb_rows_free(r->rows);
	pb_strv_fini(&r->columns);
}

static inline size_t collrun_col(const struct collrun *r, const char *name)
{
	for (size_t i = 0; i < r->columns.n; i++)
		if (!strcmp(r->columns.v[i], name))
			return i;
	fail_msg("no column %s", name);
	return 0;
}

/* First row whose column `key` holds this text; fails the test when there is none. */
static inline size_t collrun_row(const struct collrun *r, const char *key, const char *text)
{
	size_t col = collrun_col(r, key);

	for (size_t i = 0; i < pb_rows_count(r->rows); i++) {
		const char *s = pb_rows_text(r->rows, i, col);

		if (s && !strcmp(s, text))
			return i;
	}
	fail_msg("no row with %s = %s", key, text);
	return 0;
}

static inline bool collrun_has(const struct collrun *r, const char *key, const char *text)
{
	size_t col = collrun_col(r, key);

	for (size_t i = 0; i < pb_rows_count(r->rows); i++) {
		const char *s = pb_rows_text(r->rows, i, col);

		if (s && !strcmp(s, text))
			return true;
	}
	return false;
}

static inline int64_t collrun_i64(const struct collrun *r, size_t row, const char *col)
{
	return pb_rows_get(r->rows, row, collrun_col(r, col));
}

static inline const char *collrun_str(const struct collrun *r, size_t row, const char *col)
{
	return pb_rows_text(r->rows, row, collrun_col(r, col));
}

#endif
