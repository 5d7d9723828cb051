/*
 * Lines of a timeline: rates of cumulative counters, ordered by weight and
 * thinned to what a page can show.
 */
#ifndef PB_REPORTS_SERIES_H
#define PB_REPORTS_SERIES_H

#include <stddef.h>
#include <stdio.h>

struct pb_point {
	double t, v; /* v NAN: a gap */
};

struct pb_series {
	char key[64], label[64];
	double last_t, last_v; /* previous reading of the counter; NAN = none */
	double total;          /* integral of what was added: the weight */
	struct pb_point *p;
	size_t n, cap;
};

struct pb_series_set {
	struct pb_series *v;
	size_t n, cap;
	double t_min, t_max; /* rates outside are not kept */
};

/* Keeps the rates whose interval ends in t_min..t_max (seconds). */
void pb_series_init(struct pb_series_set *s, double t_min, double t_max);
void pb_series_fini(struct pb_series_set *s);
/*
 * One reading of a cumulative counter at t seconds; the rate since the previous one, times scale, becomes a
 * point. A reading that is NAN or runs backwards starts anew. The label is cleaned to plain ASCII. 0 or
 * -ENOMEM.
 */
int pb_series_read(struct pb_series_set *s, const char *key, const char *label, double t, double counter,
		   double scale);
/* One value of the series `key` at t seconds, which is its label, too; NAN is a gap in the line. 0 or
 * -ENOMEM. */
int pb_series_point(struct pb_series_set *s, const char *key, double t, double value);
/* Keeps the `most` heaviest series, in the natural order of their labels, and drops those that are zero
 * throughout. */
void pb_series_keep(struct pb_series_set *s, size_t most);
/* Thins a line to at most max points: the lowest and the highest of each bucket, and a gap where it has one,
 * in their order. max >= 6. */
void pb_series_thin(struct pb_series *s, size_t max);
/* Largest value of all, 0 when there is none. */
double pb_series_max(const struct pb_series_set *s);
/* One CSV block per series, a gap as NaN (gnuplot joins the points beside an empty cell), header "t_s,LABEL",
 * two empty lines between (gnuplot's index). */
void pb_series_write(const struct pb_series_set *s, FILE *f);
/* Copies text, with every character but ASCII letters, digits and " ._:[]()/%+-" replaced by '?'. */
void pb_series_label(char *out, size_t size, const char *text);

#endif
