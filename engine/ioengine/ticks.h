/*
 * fio's clock at the price of reading the CPU's counter. Where fio itself takes
 * its time from that counter, a reading is a multiplication away; the rate is
 * learnt from fio's clock and compared with it again every 100 ms. Elsewhere
 * every reading is fio's.
 */
#ifndef PB_IOENGINE_TICKS_H
#define PB_IOENGINE_TICKS_H

#include <stdint.h>

struct pb_ticks {
	uint64_t ns, count;   /* fio's clock and the counter at the same moment */
	uint64_t ns_per_2_32; /* nanoseconds in 2^32 counts; 0 = not known (yet) */
	uint64_t span;        /* counts for which this holds */
};

/* Reads fio's clock, and learns from it. */
uint64_t pb_ticks_sync(struct pb_ticks *t);

/* The counter; 0 on CPUs where we do not know one. */
static inline uint64_t pb_ticks_count(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	return 0;
#endif
}

/* Now, on fio's clock, in ns. 0: it has to be read again, by pb_ticks_sync. */
static inline uint64_t pb_ticks_now(const struct pb_ticks *t)
{
	uint64_t gone = pb_ticks_count() - t->count;

	/* a counter that went backwards is a very large number, too */
	return __builtin_expect(gone < t->span, 1) ? t->ns + (gone * t->ns_per_2_32 >> 32) : 0;
}

#endif
