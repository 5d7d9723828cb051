/*
 * Learning the counter's rate. A reading during which the thread was thrown
 * off its CPU says nothing about the rate and is not learnt from.
 */
#include "engine/ioengine/ticks.h"
#include "engine/ioengine/slot.h"

#define FIRST_NS 10000000u      /* to know a rate at all */
#define SPAN_NS 100000000u      /* to rely on it */
#define LONGEST_NS (1ull << 31) /* shifted by 32 bits it still fits */
#define CLOSE_COUNTS 1000u      /* between the readings of both clocks */

uint64_t pb_ticks_sync(struct pb_ticks *t)
{
	uint64_t before = pb_ticks_count(), ns, past_ns;
	struct timespec now;

	fio_gettime(&now, NULL);
	ns = pb_ts_ns(&now);
	past_ns = ns - t->ns;
	if (fio_clock_source != CS_CPUCLOCK || pb_ticks_count() - before > CLOSE_COUNTS)
		return ns;
	if (t->ns && past_ns < FIRST_NS)
		return ns;
	t->span = 0;
	if (t->ns && past_ns < LONGEST_NS && before > t->count) {
		t->ns_per_2_32 = (past_ns << 32) / (before - t->count);
		t->span = (uint64_t)((double)SPAN_NS / (double)past_ns * (double)(before - t->count));
	}
	t->ns = ns;
	t->count = before;
	return ns;
}
