/*
 * Latency histograms in fio's bins: 29 groups of 64 = 1856 bins of
 * nanoseconds, exact below 128 ns, width at most 1/64 of the value above
 * (fio stat.h, plat_val_to_idx). Header-only, because the engine uses it too.
 */
#ifndef PB_LIB_HIST_H
#define PB_LIB_HIST_H

#include <stdint.h>

#define PB_HIST_BITS 6
#define PB_HIST_GROUP (1u << PB_HIST_BITS)
#define PB_HIST_GROUPS 29u
#define PB_HIST_BINS (PB_HIST_GROUP * PB_HIST_GROUPS) /* 1856 */

/* Bin of a latency. The last bin also takes everything longer (about 17 s and up). */
static inline unsigned pb_hist_bin(uint64_t ns)
{
	/* short ones have the first group's shift: no branch, because this is done for every I/O */
	unsigned shift = (63u ^ (unsigned)__builtin_clzll(ns | PB_HIST_GROUP)) - PB_HIST_BITS;
	/* ns >> shift has its leading bit still, which is the one group more */
	unsigned bin = shift * PB_HIST_GROUP + (unsigned)(ns >> shift);

	return bin < PB_HIST_BINS ? bin : PB_HIST_BINS - 1u;
}

/* Middle of a bin in ns, as fio reports it. */
static inline uint64_t pb_hist_mid(unsigned bin)
{
	unsigned shift;
	uint64_t base;

	if (bin < 2u * PB_HIST_GROUP)
		return bin;
	shift = bin / PB_HIST_GROUP - 1u;
	base = (uint64_t)(PB_HIST_GROUP + bin % PB_HIST_GROUP) << shift;
	return base + (((uint64_t)1 << shift) >> 1);
}

#endif
