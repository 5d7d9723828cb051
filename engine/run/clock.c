/*
 * Clock alignment by pings. No ptp and no TSC arithmetic here: pings work over every transport.
 */
#include "engine/run/clock.h"

#include <errno.h>
#include <math.h>

#include "engine/collectors/sampler.h"

#define DRIFT_SPAN_NS 2000000000.0

void pb_clock_add(struct pb_clock *k, int64_t host_send_ns, int64_t guest_ns, int64_t host_recv_ns)
{
	if (k->n >= PB_CLOCK_POINTS || host_recv_ns < host_send_ns)
		return;
	k->p[k->n].host_ns = host_send_ns + (host_recv_ns - host_send_ns) / 2;
	k->p[k->n].guest_ns = guest_ns;
	k->p[k->n].rtt_ns = host_recv_ns - host_send_ns;
	k->n++;
}

int pb_clock_ping(struct pb_clock *k, struct pb_conn *c, unsigned count, struct pb_err *err)
{
	int64_t best_send = 0, best_recv = INT64_MAX, best_guest = 0;

	for (unsigned i = 0; i < count; i++) {
		int64_t guest, recv, send = pb_now_ns();
		int rc = pb_agent_ping(c, &guest, err);

		if (rc < 0)
			return rc;
		recv = pb_now_ns();
		k->pings++;
		if (recv - send < best_recv - best_send) {
			best_send = send;
			best_recv = recv;
			best_guest = guest;
		}
	}
	if (count)
		pb_clock_add(k, best_send, best_guest, best_recv);
	return 0;
}

/* Offset of one point relative to the reference offset, small enough for doubles. */
static double point_offset(const struct pb_clock *k, unsigned i)
{
	return (double)((k->p[i].host_ns - k->p[i].guest_ns) - (k->p[0].host_ns - k->p[0].guest_ns));
}

static double point_x(const struct pb_clock *k, unsigned i)
{
	return (double)(k->p[i].guest_ns - k->ref_guest_ns);
}

int pb_clock_fit(struct pb_clock *k)
{
	double sx = 0, sy = 0, sxx = 0, sxy = 0, n = k->n, mean, worst = 0;

	if (!k->n)
		return -ENODATA;
	k->ref_guest_ns = k->p[0].guest_ns;
	for (unsigned i = 0; i < k->n; i++) {
		double x = point_x(k, i), y = point_offset(k, i);

		sx += x;
		sy += y;
		sxx += x * x;
		sxy += x * y;
	}
	k->drift = 0;
	if (k->n >= 3 && point_x(k, k->n - 1) >= DRIFT_SPAN_NS)
		k->drift = (n * sxy - sx * sy) / (n * sxx - sx * sx);
	mean = (sy - k->drift * sx) / n;
	for (unsigned i = 0; i < k->n; i++) {
		double off = fabs(point_offset(k, i) - mean - k->drift * point_x(k, i)) +
			     (double)k->p[i].rtt_ns / 2;

		worst = off > worst ? off : worst;
	}
	k->bound_ns = worst;
	k->offset_ns = mean + (double)(k->p[0].host_ns - k->p[0].guest_ns);
	return 0;
}

int64_t pb_clock_to_host(const struct pb_clock *k, int64_t guest_ns)
{
	return guest_ns + (int64_t)llround(k->offset_ns + k->drift * (double)(guest_ns - k->ref_guest_ns));
}

json_t *pb_clock_json(const struct pb_clock *k)
{
	return json_pack("{s:s,s:I,s:f,s:I,s:i}", "method", "ping", "offset_ns",
			 (json_int_t)llround(k->offset_ns), "drift_ppm", k->drift * 1e6, "bound_ns",
			 (json_int_t)ceil(k->bound_ns), "pings", (int)k->pings);
}
