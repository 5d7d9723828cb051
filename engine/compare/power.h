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
 * The shift between two samples of normal noise, in standard deviations, that a two-sided Mann-Whitney test
 * at the level finds in PB_POWER of all comparisons. Up to 400 pairs from fixed draws (for each the smallest
 * shift that the test would call); above, Student's t with the efficiency of the rank test (3/pi: Lehmann,
 * Nonparametrics, 1975, 2.4), which is too optimistic for few runs. NAN for fewer than two values in an arm
 * or a level out of reach.
 */
double pb_power_shift(unsigned na, unsigned nb, double level);
/* The standard deviation of the logs within the two samples (values > 0), pooled; NAN for fewer than two
 * values. */
double pb_power_noise(const double *a, unsigned na, const double *b, unsigned nb);

#endif
