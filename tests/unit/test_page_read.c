/* Creating, mapping and reading pages from outside, and refusing foreign files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/lib/page_read.h"
#include "tests/unit/tmpdir.h"

static char path[600];

static void path_in(struct tmpdir *d, const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", d->path, name);
}

static void created_pages_can_be_mapped_and_steered(void **state)
{
	struct pb_page *a = NULL, *b = NULL;
	struct pb_page_row row;
	struct tmpdir d;

	(void)state;
	tmpdir_make(&d);
	path_in(&d, "page");
	assert_int_equal(pb_page_create(&a, path, 4, NULL), 0);
	assert_int_equal(pb_page_map(&b, path, NULL), 0);
	assert_int_equal(pb_page_get(&b->target), 4);
	pb_page_steer(a, 9);
	assert_int_equal(pb_page_get(&b->target), 9);
	assert_int_equal(pb_page_get(&b->generation), 1);
	assert_int_equal(pb_page_jobs(b), 0);
	pb_page_total(b, &row);
	assert_int_equal(row.completed, 0);
	pb_page_unmap(a);
	pb_page_unmap(b);
	pb_page_unmap(NULL);
	tmpdir_remove(&d);
}

static void an_existing_file_is_not_overwritten(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_page *p = NULL;
	struct tmpdir d;
	char text[8] = "";
	int fd;

	(void)state;
	tmpdir_make(&d);
	path_in(&d, "page");
	tmpdir_write(&d, "page", "mine");
	assert_int_equal(pb_page_create(&p, path, 1, &err), -EEXIST);
	assert_null(p);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, text, sizeof(text)), 4);
	close(fd);
	tmpdir_remove(&d);
}

static void foreign_files_are_refused(void **state)
{
	struct pb_page *p = NULL;
	struct tmpdir d;

	(void)state;
	tmpdir_make(&d);
	path_in(&d, "nothing");
	assert_int_equal(pb_page_map(&p, path, NULL), -ENOENT);
	path_in(&d, "short");
	tmpdir_write(&d, "short", "PBPAGE1");
	assert_int_equal(pb_page_map(&p, path, NULL), -EINVAL);
	path_in(&d, "zero");
	tmpdir_write(&d, "zero", "");
	assert_int_equal(truncate(path, sizeof(struct pb_page)), 0);
	assert_int_equal(pb_page_map(&p, path, NULL), -EINVAL);
	assert_int_equal(pb_page_map(&p, d.path, NULL), -EISDIR);
	assert_null(p);
	tmpdir_remove(&d);
}

/* The page of a fio that was truncated, or written by another version. */
static void damaged_pages_are_refused(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_page *p = NULL;
	struct tmpdir d;

	(void)state;
	tmpdir_make(&d);
	path_in(&d, "page");
	assert_int_equal(pb_page_create(&p, path, 4, NULL), 0);
	p->version++;
	pb_page_unmap(p);
	p = NULL;
	assert_int_equal(pb_page_map(&p, path, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "version"));
	assert_int_equal(truncate(path, sizeof(struct pb_page) - 4096), 0);
	assert_int_equal(pb_page_map(&p, path, NULL), -EINVAL);
	assert_null(p);
	tmpdir_remove(&d);
}

/* Failed I/Os are described up to a bound and counted without one; nonsense in a foreign page is not handed
 * on. */
static void faults_are_described_while_there_is_room(void **state)
{
	struct pb_page *p = calloc(1, sizeof(*p));
	struct pb_page_fault f = {.error = 5, .dir = PB_PAGE_READ, .bytes = 4096}, got;

	(void)state;
	pb_page_format(p, 0);
	p->claimed = 1;
	assert_false(pb_page_fault(p, 0, 0, &got));
	for (unsigned i = 0; i < PB_PAGE_FAULTS + 3; i++) {
		f.offset = i * 4096;
		pb_page_fail(&p->job[0], &f);
	}
	assert_int_equal(p->job[0].failed, PB_PAGE_FAULTS + 3);
	assert_true(pb_page_fault(p, 0, PB_PAGE_FAULTS - 1, &got));
	assert_int_equal(got.offset, (PB_PAGE_FAULTS - 1) * 4096);
	assert_int_equal(got.error, 5);
	assert_false(pb_page_fault(p, 0, PB_PAGE_FAULTS, &got));
	assert_false(pb_page_fault(p, 1, 0, &got)); /* no such job */
	assert_false(pb_page_fault(p, 1000, 0, &got));
	p->job[0].fault[0].dir = 9;
	assert_false(pb_page_fault(p, 0, 0, &got));
	p->job[0].fault[1].offset = UINT64_MAX;
	assert_false(pb_page_fault(p, 0, 1, &got));
	free(p);
}

static void totals_are_sums_over_claimed_slots(void **state)
{
	struct pb_page *p = calloc(1, sizeof(*p));
	uint64_t *bins = calloc(PB_HIST_BINS, sizeof(*bins));
	struct pb_page_row row;

	(void)state;
	pb_page_format(p, 0);
	for (unsigned i = 0; i < 3; i++) {
		p->job[i].submitted = 10 + i;
		p->job[i].completed = 5;
		p->job[i].failed = 1;
		p->job[i].bytes[PB_PAGE_READ] = 4096;
		p->job[i].bytes[PB_PAGE_WRITE] = 512;
		p->job[i].depth_ns = 1000;
		p->job[i].lat[PB_PAGE_WRITE][100 + i] = 7;
	}
	p->claimed = 2;
	pb_page_total(p, &row);
	assert_int_equal(row.submitted, 21);
	assert_int_equal(row.completed, 10);
	assert_int_equal(row.failed, 2);
	assert_int_equal(row.read_bytes, 8192);
	assert_int_equal(row.write_bytes, 1024);
	assert_int_equal(row.depth_ns, 2000);
	pb_page_hist(p, PB_PAGE_WRITE, bins);
	assert_int_equal(bins[100] + bins[101], 14);
	assert_int_equal(bins[102], 0);
	pb_page_hist(p, PB_PAGE_READ, bins);
	assert_int_equal(bins[100], 0);
	/* a hostile count does not lead out of the page */
	p->claimed = UINT64_MAX;
	assert_int_equal(pb_page_jobs(p), PB_PAGE_JOBS);
	pb_page_total(p, &row);
	assert_int_equal(row.completed, 15);
	pb_page_row(p, 4000000000u, &row);
	assert_int_equal(row.completed, 0);
	memset(p->job[0].backend, 'x', sizeof(p->job[0].backend));
	assert_string_equal(pb_page_backend(p), "");
	free(bins);
	free(p);
}

static void a_stalled_disk_keeps_its_depth_until_fio_is_gone(void **state)
{
	struct pb_page *p = calloc(1, sizeof(*p));
	struct pb_page_row a, b;

	(void)state;
	pb_page_format(p, 4);
	p->claimed = 1;
	p->job[0].state = PB_PAGE_RUNNING;
	pb_page_put_depth(&p->job[0], 4, 1000, 1); /* the last change was just after boot */
	pb_page_total(p, &a);
	usleep(1000);
	pb_page_total(p, &b);
	assert_true(a.depth_ns > 1000);
	assert_true(b.depth_ns - a.depth_ns >= 4 * 900000);
	pb_page_end(p);
	pb_page_total(p, &a);
	assert_int_equal(a.depth_ns, 1000);
	assert_int_equal(p->job[0].state, PB_PAGE_ENDED);
	strcpy(p->job[0].backend_why, "asked for");
	assert_string_equal(pb_page_backend_why(p), "asked for");
	memset(p->job[0].backend_why, 'x', sizeof(p->job[0].backend_why));
	assert_string_equal(pb_page_backend_why(p), "");
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(created_pages_can_be_mapped_and_steered),
		cmocka_unit_test(an_existing_file_is_not_overwritten),
		cmocka_unit_test(foreign_files_are_refused),
		cmocka_unit_test(damaged_pages_are_refused),
		cmocka_unit_test(faults_are_described_while_there_is_room),
		cmocka_unit_test(totals_are_sums_over_claimed_slots),
		cmocka_unit_test(a_stalled_disk_keeps_its_depth_until_fio_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
