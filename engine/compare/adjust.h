/*
 * p values of many tests at once: the false discovery rate of Benjamini and Hochberg (J. R. Stat. Soc. B 57,
 * 1995).
 */
#ifndef PB_COMPARE_ADJUST_H
#define PB_COMPARE_ADJUST_H

#include <stddef.h>

/* q[i] = the smallest rate at which test i would be called; NAN where p[i] is NAN, which is no test. 0 or
 * -ENOMEM. */
int pb_adjust_bh(const double *p, size_t n, double *q);

#endif
