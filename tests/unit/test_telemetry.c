/* The agent's sampling thread over a page of our own: rows, files, and the last sample. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>

#include "engine/agent/telemetry.h"
#include "engine/lib/json.h"
#include "tests/unit/faketree.h"

struct fixture {
	struct faketree f;
	struct pb_page *page;
	struct pb_telemetry *t;
};

static int start(struct fixture *x, unsigned interval_ms, const struct pb_smart *before)
{
	const struct pb_telemetry_opts o = {.root = &x->f.root,
					    .page = x->page,
					    .disk = "nvme0n1",
					    .before = before,
					    .interval_ms = interval_ms,
					    .rows_ms = 10};

	return pb_telemetry_start(&x->t, &o, NULL);
}

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	fake_make(&x->f);
	fake_put(&x->f, "proc/interrupts", "  CPU0\n 5: 7 nvme0q1\n");
	fake_put(&x->f, "sys/block/nvme0n1/stat", "1 2 3 4 5 6 7 8 9 10 11\n");
	fake_put(&x->f, "proc/stat", "cpu0 1 2 3 4 5 6 7 8 9 10\n");
	x->page = calloc(1, sizeof(*x->page));
	pb_page_format(x->page, 4);
	pb_page_set(&x->page->claimed, 2);
	*state = x;
	return start(x, 10, NULL);
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	pb_telemetry_free(x->t);
	fake_remove(&x->f);
	free(x->page);
	free(x);
	return 0;
}

/* Waits until there are n rows; the sum of all is returned as a JSON array. */
static json_t *wait_rows(struct pb_telemetry *t, size_t n)
{
	json_t *rows = json_array();

	for (int tries = 0; tries < 3000 && json_array_size(rows) < n; tries++) {
		json_array_clear(rows);
		pb_telemetry_rows(t, 0, 500, rows);
		poll(NULL, 0, 5);
	}
	assert_true(json_array_size(rows) >= n);
	return rows;
}

static json_int_t cell(const json_t *rows, size_t row, size_t col)
{
	return json_integer_value(json_array_get(json_array_get(rows, row), col));
}

static void rows_are_numbered_and_bounded(void **state)
{
	struct fixture *x = *state;
	json_t *rows = wait_rows(x->t, 4), *some = json_array();

	assert_int_equal(pb_telemetry_rows(x->t, 1, 2, some), 3);
	assert_int_equal(json_array_size(some), 2);
	assert_true(json_equal(json_array_get(some, 0), json_array_get(rows, 1)));
	assert_true(cell(rows, 1, 0) > cell(rows, 0, 0)); /* time goes on */
	json_array_clear(some);
	pb_telemetry_stop(x->t);
	assert_int_equal(pb_telemetry_rows(x->t, UINT64_MAX, 10, some),
			 pb_telemetry_rows(x->t, 0, SIZE_MAX, some));
	json_decref(rows);
	json_decref(some);
}

static void the_last_sample_is_taken_at_the_stop(void **state)
{
	struct fixture *x = *state;
	json_t *rows;
	size_t last;

	json_decref(wait_rows(x->t, 1));
	pb_page_set(&x->page->job[0].completed, 70);
	pb_page_set(&x->page->job[1].completed, 7);
	pb_page_set(&x->page->job[1].bytes[PB_PAGE_WRITE], 512);
	pb_telemetry_stop(x->t);
	pb_telemetry_stop(x->t); /* twice is fine */
	rows = json_array();
	last = (size_t)pb_telemetry_rows(x->t, 0, SIZE_MAX, rows) - 1;
	assert_int_equal(cell(rows, last, 2), 77);
	assert_int_equal(cell(rows, last, 5), 512);
	json_decref(rows);
}

static void files_can_be_read_in_pieces(void **state)
{
	struct fixture *x = *state;
	struct pb_buf whole = {0}, pieces = {0};

	json_decref(wait_rows(x->t, 3));
	pb_telemetry_stop(x->t);
	for (unsigned i = 0; i < PB_GUEST_SOURCES; i++) {
		size_t size = pb_telemetry_size(x->t, i);

		pb_buf_clear(&whole);
		pb_buf_clear(&pieces);
		assert_int_equal(pb_telemetry_read(x->t, i, 0, SIZE_MAX, &whole), 0);
		assert_int_equal(whole.len, size);
		while (pieces.len < size)
			assert_int_equal(pb_telemetry_read(x->t, i, pieces.len, 7, &pieces), 0);
		assert_string_equal(pieces.data, whole.data);
		assert_int_equal(pb_telemetry_read(x->t, i, SIZE_MAX, 7, &pieces), 0);
		assert_int_equal(pieces.len, size);
		assert_memory_equal(whole.data, "t_ns,", 5);
	}
	/* both jobs of the page are in engine.csv, with the target */
	pb_buf_clear(&whole);
	pb_telemetry_read(x->t, 0, 0, SIZE_MAX, &whole);
	assert_non_null(strstr(whole.data, ",0,4,0,0,0,0,0,0\n"));
	assert_non_null(strstr(whole.data, ",1,4,0,0,0,0,0,0\n"));
	pb_buf_fini(&whole);
	pb_buf_fini(&pieces);
}

/* Rows every 10 ms, a line of the files for every third row and one at the stop. */
static void rows_may_be_denser_than_files(void **state)
{
	struct fixture *x = *state;
	struct pb_buf text = {0};
	json_t *rows;
	size_t lines = 0, n;

	pb_telemetry_free(x->t);
	x->t = NULL;
	assert_int_equal(start(x, 35, NULL), 0);
	json_decref(wait_rows(x->t, 7));
	pb_telemetry_stop(x->t);
	rows = json_array();
	n = (size_t)pb_telemetry_rows(x->t, 0, SIZE_MAX, rows);
	pb_telemetry_read(x->t, 0, 0, SIZE_MAX, &text);
	for (const char *p = text.data; (p = strchr(p, '\n')); p++)
		lines++;
	/* the header, then two jobs a line */
	assert_int_equal(lines, 1 + 2 * ((n - 1 + 2) / 3 + 1));
	json_decref(rows);
	pb_buf_fini(&text);
}

static void a_source_says_why_it_has_nothing(void **state)
{
	struct fixture *x = *state;

	pb_telemetry_stop(x->t);
	assert_string_equal(pb_telemetry_status(x->t, PB_GUEST_ENGINE), "ok");
	assert_string_equal(pb_telemetry_status(x->t, PB_GUEST_BLOCK), "ok");
	assert_string_equal(pb_telemetry_status(x->t, PB_GUEST_SMART), "unavailable: not asked");
	pb_telemetry_free(x->t);
	x->t = NULL;
	unlinkat(x->f.dir.fd, "sys/block/nvme0n1/stat", 0);
	assert_int_equal(start(x, 10, NULL), 0);
	pb_telemetry_stop(x->t);
	assert_string_equal(pb_telemetry_status(x->t, PB_GUEST_BLOCK),
			    "unavailable: cannot read /sys/block/DISK/stat");
	assert_string_equal(pb_telemetry_status(x->t, PB_GUEST_CPU), "ok"); /* nothing else is gone */
}

/* What the disk said before stays when it can no longer be asked. */
static void smart_before_is_kept(void **state)
{
	struct fixture *x = *state;
	struct pb_smart before = {.t_ns = 77, .ok = true};
	struct pb_buf text = {0};

	pb_telemetry_free(x->t);
	x->t = NULL;
	assert_int_equal(start(x, 10, &before), 0);
	pb_telemetry_stop(x->t);
	assert_int_equal(pb_telemetry_read(x->t, PB_GUEST_SMART, 0, SIZE_MAX, &text), 0);
	assert_non_null(strstr(text.data, "\n77,0,,0,0,"));
	assert_string_equal(pb_telemetry_status(x->t, PB_GUEST_SMART), "ok");
	pb_buf_fini(&text);
}

static void what_could_be_recorded_is_known_before(void **state)
{
	struct fixture *x = *state;
	json_t *list = pb_telemetry_probe(&x->f.root, "nvme0n1");

	assert_int_equal(json_array_size(list), PB_GUEST_SOURCES);
	for (unsigned i = 0; i < PB_GUEST_SMART; i++)
		assert_string_equal(pb_json_str(json_array_get(list, i), "status", ""), "ok");
	assert_string_equal(pb_json_str(json_array_get(list, PB_GUEST_SMART), "status", ""),
			    "unavailable: not an NVMe disk"); /* no controller in this tree */
	json_decref(list);
	list = pb_telemetry_probe(&x->f.root, "sdz");
	assert_string_equal(pb_json_str(json_array_get(list, PB_GUEST_BLOCK), "status", ""),
			    "unavailable: cannot read /sys/block/DISK/stat");
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rows_are_numbered_and_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(the_last_sample_is_taken_at_the_stop, setup, teardown),
		cmocka_unit_test_setup_teardown(files_can_be_read_in_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(rows_may_be_denser_than_files, setup, teardown),
		cmocka_unit_test_setup_teardown(a_source_says_why_it_has_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(what_could_be_recorded_is_known_before, setup, teardown),
		cmocka_unit_test_setup_teardown(smart_before_is_kept, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
