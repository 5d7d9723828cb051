/*
 * The host's time of day as KVM gives it to a guest (ptp_kvm), next to the guest's own clock.
 */
#ifndef PB_AGENT_PTP_H
#define PB_AGENT_PTP_H

#include <stdint.h>

#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

struct pb_ptp {
	int64_t raw_ns;   /* our CLOCK_MONOTONIC_RAW */
	int64_t real_ns;  /* the host's CLOCK_REALTIME at that instant */
	int64_t width_ns; /* how well the instants are known to be the same; 0 = read together */
};

/* PB_MISSING with the reason when there is no such clock or it does not work. */
int pb_ptp_read(const struct pb_root *root, struct pb_ptp *p, struct pb_err *err);

#endif
