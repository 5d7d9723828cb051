/*
 * Makes an engine page and samples it every 100 ms, as the agent does, until it is ended; with a third
 * argument it also changes the target every millisecond. For benchmarks and sanitizer runs of the engine.
 */
#include <stdlib.h>
#include <unistd.h>

#include "engine/lib/page_read.h"

#define STEERED 8

int main(int argc, char **argv)
{
	static uint64_t bins[PB_HIST_BINS];
	struct pb_page *page = NULL;
	struct pb_page_row row;

	if (argc < 3 || pb_page_create(&page, argv[1], strtoull(argv[2], NULL, 10), NULL))
		return 2;
	for (unsigned n = 0;; n++) {
		usleep(argc > 3 ? 1000 : 100000);
		if (argc > 3)
			pb_page_steer(page, 1 + n % STEERED);
		pb_page_total(page, &row);
		for (unsigned i = 0; i < pb_page_jobs(page); i++)
			pb_page_row(page, i, &row);
		for (unsigned d = 0; d < PB_PAGE_DIRS && n % 10 == 0; d++)
			pb_page_hist(page, (enum pb_page_dir)d, bins);
	}
}
