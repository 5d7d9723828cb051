/*
 * Reader of host/pcie.csv for the reports. A link that sleeps while nothing is asked of it trains down, so
 * what counts is the fastest row.
 */
#include "reports/hops.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/csv.h"

#define COPY(field, text) snprintf(field, sizeof(field), "%.*s", (int)sizeof(field) - 1, text)

static double first_known(double a, double b)
{
	return isfinite(a) ? a : b;
}

/* The rows of the start have all columns. */
static void begin(struct pb_hop *h, const struct pb_table *t, size_t row)
{
	COPY(h->bdf, pb_table_str(t, row, pb_table_col(t, "bdf")));
	COPY(h->kind, pb_table_str(t, row, pb_table_col(t, "kind")));
	COPY(h->driver, pb_table_str(t, row, pb_table_col(t, "driver")));
	COPY(h->acs, pb_table_str(t, row, pb_table_col(t, "acs")));
	COPY(h->shared_with, pb_table_str(t, row, pb_table_col(t, "shared_with")));
	h->node = pb_table_i64(t, row, pb_table_col(t, "numa_node"));
	h->group = pb_table_i64(t, row, pb_table_col(t, "iommu_group"));
	h->shared_disks = pb_table_i64(t, row, pb_table_col(t, "shared_disks"));
	h->max_gts = first_known(pb_table_num(t, row, pb_table_col(t, "link_max_speed_gts")),
				 pb_table_num(t, row, pb_table_col(t, "max_link_speed_gts")));
	h->max_width = first_known(pb_table_num(t, row, pb_table_col(t, "link_max_width")),
				   pb_table_num(t, row, pb_table_col(t, "max_link_width")));
	h->gts = h->width = NAN;
}

static void see(struct pb_hop *h, const struct pb_table *t, size_t row)
{
	h->gts = fmax(h->gts, pb_table_num(t, row, pb_table_col(t, "link_speed_gts")));
	h->width = fmax(h->width, pb_table_num(t, row, pb_table_col(t, "link_width")));
	h->degraded = h->gts < h->max_gts || h->width < h->max_width;
}

void pb_hops_read(struct pb_hops *h, int dirfd)
{
	struct pb_table *t = NULL;
	int at;

	memset(h, 0, sizeof(*h));
	if (pb_table_read(&t, dirfd, "host/pcie.csv", NULL) < 0)
		return;
	at = pb_table_col(t, "hop");
	for (size_t i = 0; i < pb_table_rows(t); i++) {
		int64_t hop = pb_table_i64(t, i, at);

		if (hop < 0 || hop > (int64_t)h->n || hop >= PB_HOPS_MAX)
			continue;
		if (hop == (int64_t)h->n)
			begin(&h->v[h->n++], t, i);
		see(&h->v[hop], t, i);
	}
	pb_table_free(t);
}
