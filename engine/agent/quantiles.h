/*
 * Latency percentiles over time: rows of quantiles.csv (docs/run-directory.md) from the histograms of the
 * engine's page. Does not look at the clock.
 */
#ifndef PB_AGENT_QUANTILES_H
#define PB_AGENT_QUANTILES_H

#include "engine/lib/buf.h"
#include "engine/lib/page_read.h"

struct pb_quantiles {
	int64_t since_ns;            /* end of the last row; 0 = nothing read yet */
	uint64_t completed;          /* the page's counter then */
	uint64_t last[PB_HIST_BINS]; /* the histograms then, all directions and jobs together */
};

extern const char pb_quantiles_header[]; /* with its newline */

/*
 * Appends a row for the I/Os completed since the last one when they are enough for a p99.9, or when a second
 * has passed, or with `end` set; otherwise only looks at `completed`, the page's total. The first call only
 * takes what is there as the beginning. An interval too short for a percentile has an empty cell.
 */
void pb_quantiles_sample(struct pb_quantiles *q, const struct pb_page *page, uint64_t completed,
			 int64_t now_ns, bool end, struct pb_buf *out);

#endif
