/*
 * Collecting comparisons of the guest's clock with the host's. No TSC arithmetic:
 * it needs debugfs, and pings with ptp_kvm are good to a microsecond.
 */
#include "engine/run/guest/clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/collectors/sampler.h"

/* [ours] CLOCK_REALTIME is slewed by at most 500 ppm (adjtimex(2)); twice that is a step */
#define SLEW_MAX 1e-3
#define STEP_NS 1000
#define PAIR_TRIES 5

/* Halves the number of points; of each two neighbours the narrower one stays. The first stays: with the last
 * it says which time is covered. */
static void thin(struct pb_clock *k)
{
	unsigned n = 1;

	for (unsigned i = 1; i < k->n; i += 2) {
		bool second = i + 1 < k->n && k->p[i + 1].width_ns < k->p[i].width_ns;

		k->p[n++] = k->p[second ? i + 1 : i];
	}
	k->n = n;
}

static void add_point(struct pb_clock *k, const struct pb_clock_point *p)
{
	if (k->n == PB_CLOCK_POINTS)
		thin(k);
	k->p[k->n++] = *p;
}

void pb_clock_add(struct pb_clock *k, int64_t host_send_ns, int64_t guest_ns, int64_t host_recv_ns)
{
	int64_t width = host_recv_ns - host_send_ns;

	if (width >= 0)
		add_point(k, &(struct pb_clock_point){host_send_ns + width / 2, guest_ns, width, false});
}

bool pb_clock_add_ptp(struct pb_clock *k, const struct pb_clock_pair *before, int64_t guest_ns,
		      int64_t host_real_ns, int64_t width_ns, const struct pb_clock_pair *after)
{
	double raw = (double)(after->raw_ns - before->raw_ns),
	       real = (double)(after->real_ns - before->real_ns);
	double into = (double)(host_real_ns - before->real_ns), slewed = fabs(raw - real);
	double doubt = (double)(before->width_ns + after->width_ns + width_ns) + slewed;

	if (raw <= 0 || real <= 0 || slewed > SLEW_MAX * raw + STEP_NS + doubt - slewed) {
		snprintf(k->ptp_why, sizeof(k->ptp_why),
			 "the host's time of day was set while ptp_kvm was read");
		return false;
	}
	if (width_ns < 0 || into < -doubt || into > real + doubt) {
		snprintf(k->ptp_why, sizeof(k->ptp_why), "ptp_kvm does not give this host's time");
		return false;
	}
	add_point(k, &(struct pb_clock_point){before->raw_ns + (int64_t)llround(into * raw / real), guest_ns,
					      (int64_t)ceil(doubt), true});
	return true;
}

static void read_pair(struct pb_clock_pair *best)
{
	struct timespec ts;

	for (unsigned i = 0; i < PAIR_TRIES; i++) {
		int64_t a = pb_now_ns(), b, real;

		clock_gettime(CLOCK_REALTIME, &ts);
		b = pb_now_ns();
		real = (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
		if (i == 0 || b - a < best->width_ns)
			*best = (struct pb_clock_pair){a + (b - a) / 2, real, b - a};
	}
}

/* Asks until the guest has said no once; that is never an error. */
static int ask_ptp(struct pb_clock *k, struct pb_conn *c, struct pb_err *err)
{
	struct pb_clock_pair before, after;
	struct pb_err why = PB_ERR_INIT;
	int64_t guest, real, width;
	int rc;

	if (k->ptp_why[0])
		return 0;
	read_pair(&before);
	rc = pb_agent_ptp(c, &guest, &real, &width, &why);
	read_pair(&after);
	if (rc == -EREMOTEIO) {
		snprintf(k->ptp_why, sizeof(k->ptp_why), "%.120s", why.msg);
		return 0;
	}
	if (rc < 0) {
		*err = why;
		return rc;
	}
	pb_clock_add_ptp(k, &before, guest, real, width, &after);
	return 0;
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
	return ask_ptp(k, c, err);
}

int64_t pb_clock_to_host(const struct pb_clock *k, int64_t guest_ns)
{
	return guest_ns + (int64_t)llround(k->offset_ns + k->drift * (double)(guest_ns - k->ref_guest_ns));
}

json_t *pb_clock_json(const struct pb_clock *k)
{
	unsigned ptp = 0;

	for (unsigned i = 0; i < k->n; i++)
		ptp += k->p[i].ptp;
	return json_pack("{s:s,s:I,s:f,s:I,s:i,s:i,s:b,s:s}", "method", ptp ? "ptp_kvm+ping" : "ping",
			 "offset_ns", (json_int_t)llround(k->offset_ns), "drift_ppm", k->drift * 1e6,
			 "bound_ns", (json_int_t)ceil(k->bound_ns), "pings", (int)k->pings, "points",
			 (int)k->n, "steady", k->steady, "ptp",
			 ptp             ? "ok"
			 : k->ptp_why[0] ? k->ptp_why
					 : "not asked");
}
