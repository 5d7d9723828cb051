/*
 * Fuzz target for the shared page's reader: the input is laid over the start
 * of a page (and, read as it is, over a short file). A page that is accepted must be summed within its
 * bounds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/page_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const struct pb_page *p)
{
	static uint64_t bins[PB_HIST_BINS];
	struct pb_page_row row;
	unsigned i;

	if (pb_page_jobs(p) > PB_PAGE_JOBS || strlen(pb_page_backend(p)) >= sizeof(p->job[0].backend) ||
	    strlen(pb_page_backend_why(p)) >= sizeof(p->job[0].backend_why))
		abort();
	pb_page_total(p, &row);
	for (i = 0; i < pb_page_jobs(p); i++)
		pb_page_row(p, i, &row);
	for (i = 0; i < PB_PAGE_DIRS; i++)
		pb_page_hist(p, (enum pb_page_dir)i, bins);
	for (i = 0; i < 4; i++) {
		uint64_t share = pb_page_share(p->target, p->members, p->claimed, 1 + i);

		if (share < 1 || share > 1 + i)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pb_page *page;
	size_t n = size < sizeof(*page) ? size : sizeof(*page);
	void *exact = malloc(size ? size : 1); /* so that reading past the end is seen */

	if (!page)
		page = malloc(sizeof(*page));
	if (!page || !exact)
		return 0;
	if (size)
		memcpy(exact, data, size);
	if (!pb_page_reject(exact, size) && size < sizeof(*page))
		abort();
	free(exact);
	memset(page, 0, sizeof(*page));
	if (n)
		memcpy(page, data, n);
	if (!pb_page_reject(page, sizeof(*page)))
		read_all(page);
	pb_page_format(page, 1);
	read_all(page);
	return 0;
}
