/*
 * What a comparison could have seen at all: how many runs it takes, and the smallest change that would have
 * been found. Looks at noise and numbers of runs only, never at the result.
 */
#ifndef PB_COMPARE_POWER_H
#define PB_COMPARE_POWER_H

#define PB_POWER 0.8 /* share of comparisons in which a change of the printed size is found */

/* The smallest p that na and nb runs can give, two-sided: 2 / C(na + nb, na); 1 when an arm is empty. */
double pb_power_least_p(unsigned na, unsigned nb);
/* Runs of each arm from which the smallest p is not above alpha (0 < alpha < 1). */
unsigned pb_power_runs(double alpha);
/*
 * The change, as a ratio above 1, that a Mann-Whitney test at the level finds in PB_POWER of all comparisons,
 * given the spread of the two samples (values > 0): Student's t on logs, with the efficiency of the rank test
 * (3/pi for normal noise: Lehmann, Nonparametrics, 1975, 2.4). NAN for fewer than two values in an arm or a
 * level that is NAN.
 */
double pb_power_detectable(const double *a, unsigned na, const double *b, unsigned nb, double level);

#endif
