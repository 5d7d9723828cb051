/* The clock of every stamp the agent makes: CLOCK_MONOTONIC_RAW in ns. */
#ifndef PB_AGENT_CLOCK_H
#define PB_AGENT_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t pb_clock_raw_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

#endif
