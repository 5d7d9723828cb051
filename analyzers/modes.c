/*
 * Finds two modes in the histograms of guest/NAME/latency.csv, on a grid of one microsecond: bins widen with
 * latency, counts per microsecond do not.
 */
#include "analyzers/modes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/run.h"
#include "analyzers/sweep.h"

/* docs/rules.md D5: the second mode lies 5 to 50 us beyond the first */
#define EXTRA_LO 5
#define EXTRA_HI 50
#define GRID 2000 /* us: a disk that is slower has no such mode to see */
/* [ours] counts are smoothed over this many us to both sides; a valley is half as high as the lower mode */
#define SMOOTH 1
#define VALLEY 0.5

struct grid {
	double n[GRID], total;
};

static void grid_read(struct grid *g, const struct pb_table *t, const struct pb_point *p)
{
	int time = pb_table_col(t, "t_ns"), depth = pb_table_col(t, "depth"), lat = pb_table_col(t, "lat_ns"),
	    count = pb_table_col(t, "count");

	memset(g, 0, sizeof(*g));
	for (size_t row = 0; row < pb_table_rows(t); row++) {
		double us = pb_table_num(t, row, lat) / 1e3, n = pb_table_num(t, row, count);

		if (pb_table_i64(t, row, depth) != p->depth || pb_table_i64(t, row, time) < p->t0_ns ||
		    pb_table_i64(t, row, time) > p->t1_ns || isnan(us) || isnan(n))
			continue;
		g->total += n;
		if (us < GRID)
			g->n[(int)us] += n;
	}
}

static double height(const struct grid *g, int us)
{
	double sum = 0;

	for (int i = us - SMOOTH; i <= us + SMOOTH; i++)
		sum += i >= 0 && i < GRID ? g->n[i] : 0;
	return sum;
}

static int highest(const struct grid *g, int from, int to)
{
	int best = from;

	for (int us = from; us < to && us < GRID; us++)
		if (height(g, us) > height(g, best))
			best = us;
	return best;
}

/* Share of the I/Os at [from, to] us. */
static double share(const struct grid *g, int from, int to)
{
	double sum = 0;

	for (int us = from < 0 ? 0 : from; us <= to && us < GRID; us++)
		sum += g->n[us];
	return g->total > 0 ? sum / g->total : 0;
}

/* The second mode's place and where it begins, in us; false when there is one mode only. */
static bool two_modes(const struct grid *g, int *first, int *second, int *valley)
{
	*first = highest(g, 0, GRID);
	*second = highest(g, *first + EXTRA_LO, *first + EXTRA_HI + 1);
	if (*second >= GRID)
		return false;
	*valley = *first;
	for (int us = *first; us < *second; us++)
		if (height(g, us) < height(g, *valley))
			*valley = us;
	return height(g, *valley) <= VALLEY * height(g, *second) &&
	       share(g, *valley, *first + EXTRA_HI) >= PB_MODES_SHARE;
}

static void compare(struct pb_modes *m, const struct pb_table *t, const struct pb_sweep *s, struct grid *g)
{
	int first, second, valley, beyond;

	grid_read(g, t, &s->p[0]);
	if (!two_modes(g, &first, &second, &valley))
		return;
	m->first_ns = first * 1e3;
	m->extra_ns = (second - first) * 1e3;
	m->share = share(g, valley, first + EXTRA_HI);
	m->t0_ns = s->p[0].t0_ns;
	m->t1_ns = s->p[0].t1_ns;
	m->busy_depth = s->p[1].depth;
	grid_read(g, t, &s->p[1]);
	beyond = highest(g, 0, GRID);
	m->busy_share = share(g, beyond + valley - first, beyond + EXTRA_HI);
	m->second = g->total > 0 && m->busy_share < m->share / 2;
}

int pb_modes_read(struct pb_modes *m, struct pb_run *run)
{
	struct pb_sweep *s = malloc(sizeof(*s));
	struct grid *g = malloc(sizeof(*g));
	const struct pb_table *t;
	char file[300];

	*m = (struct pb_modes){0};
	if (s && g) {
		pb_sweep_read(s, run);
		pb_sweep_valid(s);
		t = pb_run_table(run, pb_run_guest_file(run, file, sizeof(file), "latency.csv"));
		if (t && s->n >= 2 && s->p[0].depth == 1)
			compare(m, t, s, g);
	}
	free(s);
	free(g);
	return s && g ? 0 : -ENOMEM;
}
