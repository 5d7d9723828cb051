/*
 * Differences of histograms, and ranks in them. A percentile needs as many I/Os as one of them stands for:
 * p99 of 50 I/Os would be their maximum under another name.
 */
#include "engine/agent/quantiles.h"

#include <string.h>

#define ENOUGH 1000 /* one of which is slower than p99.9 */
#define LONGEST_NS 1000000000LL

const char pb_quantiles_header[] = "t_ns,span_ns,completed,p50_ns,p99_ns,p999_ns\n";

static void read_bins(const struct pb_page *page, uint64_t bins[PB_HIST_BINS])
{
	uint64_t one[PB_HIST_BINS];

	memset(bins, 0, sizeof(one));
	for (unsigned dir = 0; dir < PB_PAGE_DIRS; dir++) {
		pb_page_hist(page, (enum pb_page_dir)dir, one);
		for (unsigned b = 0; b < PB_HIST_BINS; b++)
			bins[b] += one[b];
	}
}

/* The latency that one in `parts` I/Os exceeds (nearest rank), or an empty cell. */
static void add_quantile(struct pb_buf *out, const uint64_t bins[PB_HIST_BINS], uint64_t n, uint64_t parts)
{
	uint64_t rank = n - n / parts, seen = 0;
	unsigned b;

	pb_buf_str(out, ",");
	if (n < parts)
		return;
	for (b = 0; b < PB_HIST_BINS - 1; b++) {
		seen += bins[b];
		if (seen >= rank)
			break;
	}
	pb_buf_printf(out, "%llu", (unsigned long long)pb_hist_mid(b));
}

void pb_quantiles_sample(struct pb_quantiles *q, const struct pb_page *page, uint64_t completed,
			 int64_t now_ns, bool end, struct pb_buf *out)
{
	uint64_t now[PB_HIST_BINS], grown[PB_HIST_BINS], n = 0;
	unsigned b;

	if (q->since_ns && !end && completed - q->completed < ENOUGH && now_ns - q->since_ns < LONGEST_NS)
		return;
	read_bins(page, now);
	for (b = 0; b < PB_HIST_BINS; b++) {
		/* a page is foreign data: a counter may have been set back */
		grown[b] = now[b] > q->last[b] ? now[b] - q->last[b] : 0;
		n += grown[b];
	}
	if (q->since_ns && now_ns > q->since_ns) {
		pb_buf_printf(out, "%lld,%lld,%llu", (long long)now_ns, (long long)(now_ns - q->since_ns),
			      (unsigned long long)n);
		add_quantile(out, grown, n, 2);
		add_quantile(out, grown, n, 100);
		add_quantile(out, grown, n, 1000);
		pb_buf_str(out, "\n");
	}
	memcpy(q->last, now, sizeof(now));
	q->completed = completed;
	q->since_ns = now_ns;
}
