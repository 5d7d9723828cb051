/* Unit tests of engine/collectors/sampler.c and writer.c on a fake machine. Nothing depends on how fast it
 * runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "engine/collectors/sampler.h"
#include "engine/collectors/writer.h"
#include "engine/lib/json.h"
#include "tests/unit/faketree.h"

#define MS 1000000LL

struct machine {
	struct faketree tree;
	struct tmpdir out;
	struct pb_rundir dir;
	struct pb_target target;
	struct pb_strv only;
};

static int setup(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));
	char path[128];

	assert_non_null(m);
	fake_make(&m->tree);
	tmpdir_make(&m->out);
	snprintf(path, sizeof(path), "%s/run", m->out.path);
	assert_int_equal(pb_rundir_create(&m->dir, path, NULL), 0);
	fake_put(&m->tree, "proc/stat", "cpu  1 1 1 1 1 1 1 1 1 1\ncpu0 1 1 1 1 1 1 1 1 1 1\nintr 1\n");
	m->target.root = &m->tree.root;
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	struct machine *m = *state;

	pb_strv_fini(&m->only);
	pb_rundir_close(&m->dir);
	tmpdir_remove(&m->out);
	fake_remove(&m->tree);
	free(m);
	return 0;
}

static json_t *find(json_t *collectors, const char *name)
{
	size_t i;
	json_t *c;

	json_array_foreach(collectors, i, c) if (!strcmp(pb_json_str(c, "name", ""), name)) return c;
	fail_msg("no collector %s", name);
	return NULL;
}

static void nap(int64_t ns)
{
	struct timespec ts = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};

	nanosleep(&ts, NULL);
}

static void test_ok_and_unavailable(void **state)
{
	struct machine *m = *state;
	struct pb_sampler_opts opts = {.interval_ns = 10 * MS, .cpu = -1};
	struct pb_sampler *s;
	struct pb_err err = PB_ERR_INIT;
	json_t *collectors = NULL, *sampling = NULL, *c;
	struct pb_table *t;

	assert_int_equal(pb_sampler_start(&s, &m->target, &m->dir, &opts, &err), 0);
	nap(30 * MS);
	assert_int_equal(pb_sampler_stop(s, &collectors, &sampling, &err), 0);
	c = find(collectors, "cpu");
	assert_string_equal(pb_json_str(c, "status", ""), "ok");
	assert_int_equal(pb_table_read(&t, m->dir.fd, "host/cpu.csv", &err), 0);
	assert_int_equal(pb_table_rows(t), pb_json_i64(c, "rows", -1));
	assert_true(pb_table_rows(t) >= 2); /* at the start and at the end at least */
	assert_string_equal(pb_table_name(t, 0), "t_ns");
	for (size_t i = 1; i < pb_table_rows(t); i++)
		assert_true(pb_table_i64(t, i, 0) > pb_table_i64(t, i - 1, 0));
	pb_table_free(t);
	c = find(collectors, "interrupts");
	assert_non_null(strstr(pb_json_str(c, "status", ""), "unavailable: /proc/interrupts"));
	assert_int_equal(pb_json_i64(c, "rows", -1), 0);
	assert_int_equal(pb_table_read(&t, m->dir.fd, "host/interrupts.csv", &err), -ENOENT);
	{
		size_t n = 0;

		while (pb_collectors[n])
			n++;
		assert_int_equal(json_array_size(collectors), n);
	}
	assert_int_equal(pb_json_i64(sampling, "interval_ns", 0), 10 * MS);
	assert_true(pb_json_num(sampling, "cpu_share", -1) > 0);
	json_decref(collectors);
	json_decref(sampling);
}

static void test_only(void **state)
{
	struct machine *m = *state;
	struct pb_sampler_opts opts = {.interval_ns = 10 * MS, .cpu = -1, .only = &m->only};
	struct pb_sampler *s;
	json_t *collectors = NULL;

	assert_int_equal(pb_strv_add(&m->only, "cpu"), 0);
	assert_int_equal(pb_sampler_start(&s, &m->target, &m->dir, &opts, NULL), 0);
	assert_int_equal(pb_sampler_stop(s, &collectors, NULL, NULL), 0);
	assert_int_equal(json_array_size(collectors), 1);
	json_decref(collectors);
}

static void test_bad_options(void **state)
{
	struct machine *m = *state;
	struct pb_sampler_opts opts = {.interval_ns = 10 * MS, .cpu = -1, .only = &m->only};
	struct pb_sampler *s = NULL;
	struct pb_err err = PB_ERR_INIT;

	assert_int_equal(pb_strv_add(&m->only, "cpus"), 0);
	assert_int_equal(pb_sampler_start(&s, &m->target, &m->dir, &opts, &err), -EINVAL);
	assert_int_equal(err.status, PB_USAGE);
	assert_non_null(strstr(err.msg, "'cpus'"));
	assert_non_null(strstr(err.msg, "interrupts, "));
	err = (struct pb_err)PB_ERR_INIT;
	opts.only = NULL;
	opts.interval_ns = 9 * MS;
	assert_int_equal(pb_sampler_start(&s, &m->target, &m->dir, &opts, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "10 ms"));
	assert_null(s);
}

/* A source that turns to nonsense during the run: its errors are counted, everything else goes on. */
static void test_source_that_breaks(void **state)
{
	struct machine *m = *state;
	struct pb_sampler_opts opts = {.interval_ns = 10 * MS, .cpu = -1};
	struct pb_sampler *s;
	json_t *collectors = NULL;

	fake_put(&m->tree, "proc/interrupts", "  CPU0\n 5: 1  chip  0-edge  x\n");
	assert_int_equal(pb_sampler_start(&s, &m->target, &m->dir, &opts, NULL), 0);
	fake_put(&m->tree, "proc/interrupts", "gone\n");
	assert_int_equal(pb_sampler_stop(s, &collectors, NULL, NULL), 0);
	assert_true(pb_json_i64(find(collectors, "interrupts"), "errors", 0) >= 1);
	assert_string_equal(pb_json_str(find(collectors, "cpu"), "status", ""), "ok");
	json_decref(collectors);
}

static void test_long_interval_stops_at_once(void **state)
{
	struct machine *m = *state;
	struct pb_sampler_opts opts = {.interval_ns = 3600000 * MS, .cpu = 0};
	struct pb_sampler *s;
	json_t *sampling = NULL;

	assert_int_equal(pb_sampler_start(&s, &m->target, &m->dir, &opts, NULL), 0);
	assert_int_equal(pb_sampler_stop(s, NULL, &sampling, NULL), 0); /* would hang for an hour */
	assert_int_equal(pb_json_i64(sampling, "missed_ticks", -1), 0);
	json_decref(sampling);
}

/* /dev/full takes the rows and fails: the error is the stream's, nothing hangs. */
static void test_writer_on_a_full_disk(void **state)
{
	struct pb_writer *w;
	struct pb_rows *rows = pb_rows_new(1);
	FILE *f = fopen("/dev/full", "w");
	uint64_t dropped = 0;
	int64_t cpu_ns = -1;

	(void)state;
	if (!f)
		skip();
	assert_int_equal(pb_writer_start(&w, NULL), 0);
	for (int k = 0; k < 3; k++) {
		for (int i = 0; i < 1000; i++) {
			pb_rows_begin(rows, i);
			pb_rows_i64(rows, i);
			pb_rows_end(rows);
		}
		rows = pb_writer_give(w, f, &pb_coll_cpu, rows, 1, &dropped);
		assert_non_null(rows);
		assert_int_equal(pb_rows_count(rows), 0);
	}
	pb_writer_stop(w, &cpu_ns);
	assert_int_equal(dropped, 0);
	assert_true(cpu_ns > 0);
	assert_true(ferror(f) || fflush(f));
	fclose(f);
	pb_rows_free(rows);
	pb_writer_stop(NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ok_and_unavailable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_options, setup, teardown),
		cmocka_unit_test_setup_teardown(test_source_that_breaks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_interval_stops_at_once, setup, teardown),
		cmocka_unit_test(test_writer_on_a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
