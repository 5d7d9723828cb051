/*
 * Creating and reading the engine's shared page (page.h) from outside the
 * engine. A page is foreign data: its form is checked, counts in it are only
 * ever summed, and no word of it is used as an index without a bound.
 */
#ifndef PB_LIB_PAGE_READ_H
#define PB_LIB_PAGE_READ_H

#include <stdbool.h>

#include "engine/lib/err.h"
#include "engine/lib/page.h"

/* Counters of one job or of all together. */
struct pb_page_row {
	uint64_t submitted, completed, failed;
	uint64_t read_bytes, write_bytes, trim_bytes;
	uint64_t depth_ns; /* up to the moment of reading, also when the disk has stopped answering */
};

/* Creates the file (it must not exist), formats it, maps it. *page is unmapped with pb_page_unmap. 0 or
 * -errno. */
int pb_page_create(struct pb_page **page, const char *path, uint64_t target, struct pb_err *err);
/* Maps an existing page; PB_USAGE with the reason when it is not one of this layout. */
int pb_page_map(struct pb_page **page, const char *path, struct pb_err *err);
void pb_page_unmap(struct pb_page *page); /* NULL is fine */

/* The control words: a new target for all jobs together. */
void pb_page_steer(struct pb_page *page, uint64_t target);

/* Job slots that were ever used, at most PB_PAGE_JOBS. */
unsigned pb_page_jobs(const struct pb_page *page);
/* Backend of the first job, "" before it has one. Borrowed from the page, bounded. */
const char *pb_page_backend(const struct pb_page *page);
/* Why it has that one, and not a better one. Borrowed from the page, bounded. */
const char *pb_page_backend_why(const struct pb_page *page);
/* For jobs whose process is gone without having said so: nothing is in flight any more. */
void pb_page_end(struct pb_page *page);
void pb_page_row(const struct pb_page *page, unsigned job, struct pb_page_row *row);
void pb_page_total(const struct pb_page *page, struct pb_page_row *row);
/* The nth (from 0) failed I/O of a job that the page describes; false when there is none, or it makes no
 * sense. */
bool pb_page_fault(const struct pb_page *page, unsigned job, unsigned nth, struct pb_page_fault *fault);
/* Latencies of one direction, summed over jobs. */
void pb_page_hist(const struct pb_page *page, enum pb_page_dir dir, uint64_t bins[PB_HIST_BINS]);

#endif
