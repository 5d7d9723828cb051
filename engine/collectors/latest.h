/*
 * The latest row of every series while sampling goes on: what the live table and the metrics page show. It
 * looks on in the writer's thread; the sampling thread does not know of it.
 */
#ifndef PB_COLLECTORS_LATEST_H
#define PB_COLLECTORS_LATEST_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/collectors/writer.h"

#define PB_LATEST_ROWS_MAX 4096u /* series of one collector; more are counted, not kept */

enum pb_latest_role {
	PB_LATEST_LABEL,   /* tells series apart; columns without a role of their own that hold text do too */
	PB_LATEST_COUNTER, /* counts upwards */
	PB_LATEST_GAUGE    /* a state */
};

struct pb_latest_column {
	char *name;
	enum pb_latest_role role;
	int cpu; /* N of a column "cpuN", else -1 */
};

struct pb_latest_row {
	int64_t t_ns, then_ns; /* of now, of then */
	double *now, *then;    /* per column; NAN = empty or text */
	char **text;           /* of labels, per column; NULL = empty or a number */
};

struct pb_latest_source {
	const struct pb_collector *c;
	char *why; /* why it is unavailable, NULL = it runs */
	struct pb_latest_column *col;
	size_t ncols;
	struct pb_latest_row *row;
	size_t n, cap, hint;
	int64_t newest_ns;
	uint64_t rows, left_out; /* rows seen; those that were no series any more */
};

struct pb_latest {
	pthread_mutex_t lock; /* everything below */
	struct pb_latest_source *src;
	size_t n;
	uint64_t generation; /* grows with every change */
	struct pb_watch watch;
};

/* 0 or -ENOMEM. Give &l->watch to the sampler; it must not move afterwards. */
int pb_latest_init(struct pb_latest *l);
void pb_latest_fini(struct pb_latest *l); /* once the sampler has been stopped */
/* A source by its collector's name, NULL when it was not asked for. The lock must be held. */
const struct pb_latest_source *pb_latest_find(const struct pb_latest *l, const char *name);
/* Index of a column, -1 when there is none. */
int pb_latest_column(const struct pb_latest_source *s, const char *name);
/* Rates are from here on: `then` becomes `now`. Those of a new series are from its first row. The lock must
 * be held. */
void pb_latest_mark(struct pb_latest *l);
/* Per second since then; NAN when either value is missing or no time has passed. */
double pb_latest_rate(const struct pb_latest_row *r, size_t col);

#endif
