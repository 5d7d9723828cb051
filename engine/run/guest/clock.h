/*
 * Guest clock against host clock: host = guest + offset + drift * (guest - reference), with an error
 * bound. From ping exchanges, which work over every transport, and from ptp_kvm where the guest has
 * it. Both clocks are CLOCK_MONOTONIC_RAW.
 */
#ifndef PB_RUN_GUEST_CLOCK_H
#define PB_RUN_GUEST_CLOCK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/lib/err.h"
#include "engine/run/guest/agent_client.h"

#define PB_CLOCK_POINTS 256

/* One comparison of the clocks: the best (shortest round trip) of a burst of pings, or one reading of
 * ptp_kvm. */
struct pb_clock_point {
	int64_t host_ns, guest_ns;
	int64_t width_ns; /* the true host time lies within host_ns +- half of this: the round trip */
	bool ptp;
};

struct pb_clock {
	struct pb_clock_point p[PB_CLOCK_POINTS];
	unsigned n, pings;
	char ptp_why[128]; /* why ptp_kvm is not used; "" = it is, or it has not been asked yet */
	/* Filled by pb_clock_fit. */
	int64_t ref_guest_ns;
	double offset_ns; /* at ref_guest_ns */
	double drift;     /* dimensionless; 1e-6 = 1 ppm */
	double bound_ns;
	bool steady; /* one straight line passes through all that was measured */
};

/* CLOCK_REALTIME and CLOCK_MONOTONIC_RAW of one instant, known to width_ns. */
struct pb_clock_pair {
	int64_t raw_ns, real_ns, width_ns;
};

/* A burst of `count` pings, the best of which is kept as a point; and one reading of ptp_kvm if the guest has
 * it. */
int pb_clock_ping(struct pb_clock *k, struct pb_conn *c, unsigned count, struct pb_err *err);
/* Adds a point (tests, recorded streams). When PB_CLOCK_POINTS are reached, the worse of each two neighbours
 * goes. */
void pb_clock_add(struct pb_clock *k, int64_t host_send_ns, int64_t guest_ns, int64_t host_recv_ns);
/*
 * Adds what ptp_kvm said: the host's CLOCK_REALTIME at guest_ns, known to width_ns, read between the two
 * pairs of the host's own clocks. False, with ptp_why, when that cannot be: the host's time was set
 * meanwhile, or the guest says something else than the pairs.
 */
bool pb_clock_add_ptp(struct pb_clock *k, const struct pb_clock_pair *before, int64_t guest_ns,
		      int64_t host_real_ns, int64_t width_ns, const struct pb_clock_pair *after);
/*
 * Least squares over the points, weighted by 1/width^2; drift only when they span 2 s and are at least 3. The
 * bound holds between the first and the last point: at a point the true offset lies within half its width
 * (RFC 5905 section 10 in words), two clocks without a step are a straight line apart, so the bound is the
 * farthest that a line through all these intervals can get from the fit. When no line does, steady is
 * false, and the bound is the largest distance of an offset from the fit around it, plus half a width.
 * ptp_kvm readings that contradict the pings are dropped first. -ENODATA without points.
 */
int pb_clock_fit(struct pb_clock *k);
int64_t pb_clock_to_host(const struct pb_clock *k, int64_t guest_ns);
json_t *pb_clock_json(const struct pb_clock *k); /* manifest's "clock" */

#endif
