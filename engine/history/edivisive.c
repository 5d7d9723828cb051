/*
 * E-divisive on ranks over seeded intervals. In each interval, the split that makes the energy distance
 * of its two sides largest; of all intervals, the strongest split is the next change, as long as
 * chance seldom makes one as strong in a whole series of that length.
 */
#include "engine/history/edivisive.h"

#include <errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Moving one change changes its neighbours' segments; a few passes settle it, more would only cost. */
#define PASSES_MAX 5
/* Lengths of intervals: each the one before divided by this (the authors' choice). */
#define DECAY M_SQRT2
/* Lengths for which chance is asked: each the one before times this. A series counts as the next longer one,
 * in which chance does a little better. */
#define LENGTHS 1.25
#define WORD 64

/* What the strongest split is in series of one length that have no change. */
struct null {
	size_t n;
	double *q; /* ascending, one for each permutation */
};

struct pb_edivisive {
	struct pb_edivisive_options o;
	gsl_rng *rng;
	struct null *nulls;
	size_t n_nulls;
	/* Work space for series of `cap` points. */
	size_t cap;
	unsigned *place; /* of each point among all, from 0: distinct, equal values in random order */
	size_t *order;
	unsigned *rank;   /* of each point of an interval within it, from 1 */
	uint64_t *member; /* a bit for each place: is it in the interval? */
	unsigned *before; /* members before each word */
	uint64_t *
		tree; /* Fenwick tree by rank over the points left of the split: count << 40 | sum of ranks */
};

struct split {
	size_t at;
	double q;
};

struct pb_edivisive *pb_edivisive_new(const struct pb_edivisive_options *o)
{
	struct pb_edivisive *e;

	if (o->min_segment < 2 || !(o->alpha > 0 && o->alpha < 1) || o->permutations == 0)
		return NULL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->o = *o;
	e->rng = gsl_rng_alloc(gsl_rng_taus2);
	if (!e->rng) {
		free(e);
		return NULL;
	}
	return e;
}

static void free_room(struct pb_edivisive *e)
{
	free(e->place);
	free(e->order);
	free(e->rank);
	free(e->member);
	free(e->before);
	free(e->tree);
}

void pb_edivisive_free(struct pb_edivisive *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n_nulls; i++)
		free(e->nulls[i].q);
	free(e->nulls);
	free_room(e);
	gsl_rng_free(e->rng);
	free(e);
}

static int make_room(struct pb_edivisive *e, size_t n)
{
	if (n <= e->cap)
		return 0;
	free_room(e);
	e->place = calloc(n, sizeof(*e->place));
	e->order = calloc(n, sizeof(*e->order));
	e->rank = calloc(n, sizeof(*e->rank));
	e->member = calloc(n / WORD + 1, sizeof(*e->member));
	e->before = calloc(n / WORD + 1, sizeof(*e->before));
	e->tree = calloc(n + 1, sizeof(*e->tree));
	e->cap = e->place && e->order && e->rank && e->member && e->before && e->tree ? n : 0;
	return e->cap ? 0 : -ENOMEM;
}

/* Ranks of the points [from, from + len) among themselves. Places are distinct numbers below n. */
static void rank_interval(struct pb_edivisive *e, size_t n, size_t from, size_t len)
{
	const unsigned *place = e->place + from;
	unsigned seen = 0;

	memset(e->member, 0, (n / WORD + 1) * sizeof(*e->member));
	for (size_t i = 0; i < len; i++)
		e->member[place[i] / WORD] |= UINT64_C(1) << place[i] % WORD;
	for (size_t w = 0; w <= n / WORD; w++) {
		e->before[w] = seen;
		seen += (unsigned)__builtin_popcountll(e->member[w]);
	}
	for (size_t i = 0; i < len; i++) {
		size_t w = place[i] / WORD;
		uint64_t up_to = UINT64_MAX >> (WORD - 1 - place[i] % WORD);

		e->rank[i] = e->before[w] + (unsigned)__builtin_popcountll(e->member[w] & up_to);
	}
}

/* Sum of the distances from rank k to the `left` ranks passed before, whose sum is left_sum; k joins them. */
static double pass_over(struct pb_edivisive *e, size_t len, unsigned k, double left, double left_sum)
{
	uint64_t below = 0;
	double count, sum;

	for (unsigned i = k; i; i &= i - 1)
		below += e->tree[i];
	for (size_t i = k; i <= len; i += i & -i)
		e->tree[i] += UINT64_C(1) << 40 | k;
	count = (double)(below >> 40);
	sum = (double)(below & ((UINT64_C(1) << 40) - 1));
	return k * count - sum + (left_sum - sum) - k * (left - count);
}

/*
 * The split of an interval with the largest Q (formula 5 of Matteson and James): twice the mean distance
 * across less the mean distances within both sides, times ab / (a + b). Distances are in shares of the
 * interval's length, so that Q compares across lengths. A rank's distances to all others are known
 * beforehand, which leaves one look-up for each point.
 */
static struct split best_split(struct pb_edivisive *e, size_t n, size_t from, size_t len)
{
	struct split best = {.at = from, .q = -INFINITY};
	double total = (double)len * ((double)len * (double)len - 1) / 6, rows = 0, within = 0, sum = 0;
	size_t min = e->o.min_segment;

	rank_interval(e, n, from, len);
	memset(e->tree, 0, (len + 1) * sizeof(*e->tree));
	for (size_t i = 0; i + min < len; i++) {
		double k = e->rank[i], l = (double)len;
		double a = (double)i + 1, b = l - a, across, q;

		within += pass_over(e, len, e->rank[i], (double)i, sum);
		sum += k;
		rows += k * (k - 1) / 2 + (l - k) * (l - k + 1) / 2;
		if (i + 1 < min)
			continue;
		across = rows - 2 * within;
		q = 2 * (across - b * within / (a - 1) - a * (total - within - across) / (b - 1)) / (l * l);
		if (q > best.q)
			best = (struct split){.at = from + i + 1, .q = q};
	}
	return best;
}

/* The strongest split in the seeded intervals of a series of n points that lie within [from, to), and in that
 * whole. */
static struct split strongest(struct pb_edivisive *e, size_t n, size_t from, size_t to)
{
	size_t least = 2 * e->o.min_segment;
	struct split best = {.at = from, .q = -INFINITY};
	double length = (double)n / DECAY;

	if (to - from < least)
		return best;
	best = best_split(e, n, from, to - from);
	while (length >= (double)least) {
		size_t len = (size_t)ceil(length), many = 2 * (size_t)ceil((double)n / length) - 1;

		length /= DECAY;
		for (size_t i = 0; i < many; i++) {
			size_t at = (n - len) * i / (many - 1);
			struct split s;

			if (at < from || at + len > to)
				continue;
			s = best_split(e, n, at, len);
			if (s.q > best.q)
				best = s;
		}
	}
	return best;
}

/* What chance does in series of n points: found once for each n. NULL on no memory. */
static const struct null *chance(struct pb_edivisive *e, size_t n)
{
	struct null *all, *one;

	for (size_t i = 0; i < e->n_nulls; i++)
		if (e->nulls[i].n == n)
			return &e->nulls[i];
	all = reallocarray(e->nulls, e->n_nulls + 1, sizeof(*all));
	if (!all)
		return NULL;
	e->nulls = all;
	one = &all[e->n_nulls];
	*one = (struct null){.n = n, .q = calloc(e->o.permutations, sizeof(*one->q))};
	if (!one->q || make_room(e, n) < 0) {
		free(one->q);
		return NULL;
	}
	gsl_rng_set(e->rng, e->o.seed);
	for (size_t i = 0; i < n; i++)
		e->place[i] = (unsigned)i;
	for (unsigned i = 0; i < e->o.permutations; i++) {
		gsl_ran_shuffle(e->rng, e->place, n, sizeof(*e->place));
		one->q[i] = strongest(e, n, 0, n).q;
	}
	gsl_sort(one->q, 1, e->o.permutations);
	e->n_nulls++;
	return one;
}

static const struct null *chance_for(struct pb_edivisive *e, size_t n)
{
	double length = 2.0 * (double)e->o.min_segment;

	while ((size_t)length < n)
		length = ceil(length * LENGTHS);
	return chance(e, (size_t)length);
}

static double p_of(const struct pb_edivisive *e, const struct null *null, double q)
{
	unsigned weaker = 0;

	/* Equal but for rounding is as strong. */
	while (weaker < e->o.permutations && null->q[weaker] < q * (1 - 1e-9))
		weaker++;
	return (e->o.permutations - weaker + 1.0) / (e->o.permutations + 1.0);
}

/*
 * Places of all values. Equal ones stand in random order, as points without a change would: in order of
 * time they would look like a slope. False when all are equal.
 */
static bool take_series(struct pb_edivisive *e, const double *x, size_t n)
{
	size_t tied;

	gsl_rng_set(e->rng, e->o.seed);
	gsl_sort_index(e->order, x, 1, n);
	for (size_t i = 0; i < n; i += tied) {
		for (tied = 1; i + tied < n && x[e->order[i + tied]] <= x[e->order[i]]; tied++)
			;
		if (tied > 1)
			gsl_ran_shuffle(e->rng, e->order + i, tied, sizeof(*e->order));
	}
	for (size_t i = 0; i < n; i++)
		e->place[e->order[i]] = (unsigned)i;
	return x[e->order[0]] < x[e->order[n - 1]];
}

/* Splits until no segment has a change. b has room, and is kept sorted. Returns how many. */
static size_t divide(struct pb_edivisive *e, const struct null *null, size_t n, struct pb_break *b)
{
	size_t found = 0, i = 0;

	/* Segment i lies before b[i]; all segments before it hold no change. */
	while (i <= found) {
		size_t from = i ? b[i - 1].at : 0, to = i < found ? b[i].at : n;
		struct split s = strongest(e, n, from, to);
		double p = p_of(e, null, s.q);

		if (p > e->o.alpha) {
			i++;
			continue;
		}
		memmove(b + i + 1, b + i, (found - i) * sizeof(*b));
		b[i] = (struct pb_break){.at = s.at, .p = p};
		found++;
	}
	return found;
}

/*
 * A split is placed while others are still unknown. Each is looked for again between its neighbours; one
 * that is none any more goes. Returns how many are left.
 */
static size_t settle(struct pb_edivisive *e, const struct null *null, size_t n, struct pb_break *b,
		     size_t found)
{
	bool moved = true;

	for (int pass = 0; pass < PASSES_MAX && moved; pass++) {
		moved = false;
		for (size_t i = 0; i < found;) {
			size_t from = i ? b[i - 1].at : 0, to = i + 1 < found ? b[i + 1].at : n;
			struct split s = best_split(e, n, from, to - from);
			double p = p_of(e, null, s.q);

			moved |= p > e->o.alpha || s.at != b[i].at;
			if (p > e->o.alpha) {
				found--;
				memmove(b + i, b + i + 1, (found - i) * sizeof(*b));
				continue;
			}
			b[i++] = (struct pb_break){.at = s.at, .p = p};
		}
	}
	return found;
}

int pb_edivisive_find(struct pb_edivisive *e, const double *x, size_t n, struct pb_break **found,
		      size_t *n_found)
{
	const struct null *null;
	struct pb_break *b;

	*found = NULL;
	*n_found = 0;
	if (n > PB_EDIVISIVE_POINTS_MAX)
		return -E2BIG;
	if (n < 2 * e->o.min_segment)
		return 0;
	null = chance_for(e, n);
	b = calloc(n / e->o.min_segment + 1, sizeof(*b));
	if (!null || !b || make_room(e, n) < 0) {
		free(b);
		return -ENOMEM;
	}
	if (take_series(e, x, n))
		*n_found = settle(e, null, n, b, divide(e, null, n, b));
	if (*n_found)
		*found = b;
	else
		free(b);
	return 0;
}
