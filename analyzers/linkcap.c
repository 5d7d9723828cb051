/*
 * Capacity of the disk's narrowest link, from tables of host/pcie.csv. What to make of it is said by the
 * families limit and pcie.
 */
#include "analyzers/linkcap.h"

#include <math.h>
#include <string.h>

/* docs/rules.md D2: header bytes of a packet */
#define HEADER_TO_MEMORY 24.0
#define HEADER_TO_DEVICE 20.0
/* The smallest payload every device must take (PCI Express base specification, Device Control register) */
#define MPS_LEAST 128.0

/* Line coding: 8b/10b up to 5 GT/s, 128b/130b up to 32, 236 of 256 bytes of a flit at 64 (docs/rules.md D2).
 */
static double coding(double gts)
{
	if (gts <= 5)
		return 0.8;
	return gts <= 32 ? 128.0 / 130.0 : 236.0 / 256.0;
}

double pb_linkcap_raw(double gts, double width)
{
	return gts > 0 && width > 0 ? gts * 1e9 * coding(gts) * width / 8 : 0;
}

/* The narrowest hop among the rows of [t0, t1]; raw bytes a second, INFINITY when none has a link. */
static double narrowest(struct pb_linkcap *c, const struct pb_table *t, int64_t t0_ns, int64_t t1_ns)
{
	int bdf = pb_table_col(t, "bdf"), time = pb_table_col(t, "t_ns");
	int speed = pb_table_col(t, "link_speed_gts"), lanes = pb_table_col(t, "link_width");
	double least = INFINITY;

	for (size_t row = 0; row < pb_table_rows(t); row++) {
		double gts = pb_table_num(t, row, speed), width = pb_table_num(t, row, lanes);
		double raw = pb_linkcap_raw(gts, width);
		int64_t at = pb_table_i64(t, row, time);

		if (at < t0_ns || at > t1_ns || !(raw > 0) || raw >= least)
			continue;
		least = raw;
		c->bdf = pb_table_str(t, row, bdf);
		c->gts = gts;
		c->width = width;
	}
	return least;
}

void pb_linkcap_read(struct pb_linkcap *c, struct pb_run *run, int64_t t0_ns, int64_t t1_ns)
{
	const struct pb_table *t = pb_run_table(run, "host/pcie.csv");
	int mps = t ? pb_table_col(t, "mps_bytes") : -1;
	double raw, least = INFINITY;

	*c = (struct pb_linkcap){.mps = MPS_LEAST};
	if (!t)
		return;
	raw = narrowest(c, t, t0_ns, t1_ns);
	if (!isfinite(raw))
		raw = narrowest(c, t, 0, INT64_MAX);
	for (size_t row = 0; row < pb_table_rows(t); row++)
		least = fmin(least,
			     pb_table_num(t, row, mps)); /* the smallest on the path; passes over NAN */
	c->mps_known = isfinite(least) && least >= MPS_LEAST;
	if (c->mps_known)
		c->mps = least;
	c->known = isfinite(raw);
	if (!c->known)
		return;
	c->read_bytes_s = raw * c->mps / (c->mps + HEADER_TO_MEMORY);
	c->write_bytes_s = raw * c->mps / (c->mps + HEADER_TO_DEVICE);
}
