/*
 * Guest clock against host clock from ping exchanges: host = guest + offset +
 * drift * (guest - reference), with an error bound. Both clocks are CLOCK_MONOTONIC_RAW.
 */
#ifndef PB_RUN_CLOCK_H
#define PB_RUN_CLOCK_H

#include <jansson.h>
#include <stdint.h>

#include "engine/lib/err.h"
#include "engine/run/agent_client.h"

#define PB_CLOCK_POINTS 256

/* One point: the best (shortest round trip) of a burst of pings. */
struct pb_clock_point {
	int64_t host_ns, guest_ns, rtt_ns;
};

struct pb_clock {
	struct pb_clock_point p[PB_CLOCK_POINTS];
	unsigned n, pings;
	/* Filled by pb_clock_fit. */
	int64_t ref_guest_ns;
	double offset_ns; /* at ref_guest_ns */
	double drift;     /* dimensionless; 1e-6 = 1 ppm */
	double bound_ns;
};

/* A burst of `count` pings; keeps the best as a point. */
int pb_clock_ping(struct pb_clock *k, struct pb_conn *c, unsigned count, struct pb_err *err);
/* Adds a point (tests, recorded streams). Points beyond PB_CLOCK_POINTS are dropped. */
void pb_clock_add(struct pb_clock *k, int64_t host_send_ns, int64_t guest_ns, int64_t host_recv_ns);
/*
 * Least squares over the points; drift only when they span 2 s and are at least 3. The bound is the
 * largest of half a round trip plus that point's residual: the true offset at
 * a ping lies within half its round trip (NTP, RFC 5905 section 10 in words).
 * -ENODATA without points.
 */
int pb_clock_fit(struct pb_clock *k);
int64_t pb_clock_to_host(const struct pb_clock *k, int64_t guest_ns);
json_t *pb_clock_json(const struct pb_clock *k); /* manifest's "clock" */

#endif
