/*
 * The real agent with the real fio and engine on a loop device, over its own
 * protocol: depth is steered and held, counts agree with fio's, a failing disk
 * is seen. Needs root, loop devices and a finished build; skips otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "engine/lib/base64.h"
#include "engine/lib/json.h"
#include "engine/lib/page.h"
#include "engine/lib/profile.h"
#include "engine/lib/proto.h"
#include "tests/unit/built.h"
#include "tests/unit/loopdev.h"

#define DISK_BYTES ((size_t)64 << 20)
#define IODEPTH 32

struct talk {
	struct loopdev loop;
	struct pb_lines lines;
	pid_t pid;
	int in, out; /* our ends */
	int id;
	bool ready;
};

static bool start_agent(struct talk *t)
{
	int to[2], from[2];
	char path[PATH_MAX];

	if (!built_find("passbench-agent", path, sizeof(path)) || pipe2(to, O_CLOEXEC) ||
	    pipe2(from, O_CLOEXEC))
		return false;
	t->pid = fork();
	if (!t->pid) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		execl(path, path, "--stdio", (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	t->in = from[0];
	t->out = to[1];
	return t->pid > 0 && !pb_lines_init(&t->lines, t->in, t->out);
}

static int setup(void **state)
{
	struct talk *t = calloc(1, sizeof(*t));

	signal(SIGPIPE, SIG_IGN);
	*state = t;
	if (!t || !loopdev_make(&t->loop, DISK_BYTES))
		return t ? 0 : -1;
	t->ready = start_agent(t);
	if (!t->ready)
		loopdev_remove(&t->loop);
	return 0;
}

static int teardown(void **state)
{
	struct talk *t = *state;

	if (t->ready) {
		close(t->out); /* the host goes away: the agent stops fio and ends */
		waitpid(t->pid, NULL, 0);
		close(t->in);
		pb_lines_fini(&t->lines);
		loopdev_remove(&t->loop);
	}
	free(t);
	return 0;
}

/* Asks and returns the whole answer, whether ok or not. fields is stolen. */
static json_t *ask(struct talk *t, const char *request, json_t *fields)
{
	json_t *req = fields ? fields : json_object(), *j = NULL;
	int id = ++t->id;

	json_object_set_new(req, "id", json_integer(id));
	json_object_set_new(req, "request", json_string(request));
	assert_int_equal(pb_lines_write(&t->lines, req, 5000, NULL), 0);
	json_decref(req);
	for (;;) {
		assert_int_equal(pb_lines_read(&t->lines, 60000, &j, NULL), 0);
		if (pb_json_i64(j, "id", -1) == id)
			return j;
		assert_true(json_is_integer(json_object_get(j, "hello")));
		json_decref(j);
	}
}

static json_t *ask_ok(struct talk *t, const char *request, json_t *fields)
{
	json_t *j = ask(t, request, fields);

	if (!json_is_true(json_object_get(j, "ok")))
		fail_msg("%s: %s", request, pb_json_str(j, "error", "no error text"));
	return j;
}

static void ask_refused(struct talk *t, const char *request, json_t *fields, int status, const char *word)
{
	json_t *j = ask(t, request, fields);

	assert_true(json_is_false(json_object_get(j, "ok")));
	assert_int_equal(pb_json_i64(j, "status", 0), status);
	if (!strstr(pb_json_str(j, "error", ""), word))
		fail_msg("'%s' is not in: %s", word, pb_json_str(j, "error", ""));
	json_decref(j);
}

static json_t *start_fields(const struct talk *t, const char *profile, json_t *write_serial)
{
	struct pb_buf job = {0};
	struct pb_profile p;
	json_t *j;

	assert_int_equal(pb_profile_parse(&p, "test", profile, strlen(profile), NULL), 0);
	assert_int_equal(pb_profile_render(&p, IODEPTH, &job), 0);
	j = json_pack("{s:s,s:{s:s},s:i,s:i,s:o,s:i}", "job", job.data, "disk", "path", t->loop.path,
		      "iodepth_max", IODEPTH, "depth", 1, "write_serial", write_serial, "interval_ms", 20);
	pb_buf_fini(&job);
	pb_profile_fini(&p);
	assert_non_null(j);
	return j;
}

#define READS "[j]\nrw=randread\nbs=4k\nnorandommap=1\n"

struct row {
	int64_t t_ns, submitted, completed, failed, read_bytes, write_bytes, depth_ns;
};

static struct row parse_row(const json_t *a)
{
	int64_t v[7];

	assert_int_equal(json_array_size(a), 7);
	for (size_t i = 0; i < 7; i++)
		v[i] = json_integer_value(json_array_get(a, i));
	return (struct row){v[0], v[1], v[2], v[3], v[4], v[5], v[6]};
}

static struct row now(struct talk *t, int64_t *hist_total)
{
	json_t *j = ask_ok(t, "hist", NULL), *pair;
	struct row r = parse_row(json_object_get(j, "row"));
	int64_t sum = 0;
	size_t i;

	json_array_foreach(json_object_get(j, "read"), i, pair) sum +=
		json_integer_value(json_array_get(pair, 1));
	json_decref(j);
	if (hist_total)
		*hist_total = sum;
	return r;
}

static void set_depth(struct talk *t, int target)
{
	json_decref(ask_ok(t, "depth", json_pack("{s:i}", "target", target)));
}

/* Mean depth over a window. On a loaded machine the job itself may wait for a CPU, so a few windows are
 * tried. */
static void depth_is_held(struct talk *t, int target)
{
	double depth = 0;

	set_depth(t, target);
	for (int tries = 0; tries < 20; tries++) {
		struct row a, b;

		poll(NULL, 0, 50);
		a = now(t, NULL);
		poll(NULL, 0, 200);
		b = now(t, NULL);
		depth = (double)(b.depth_ns - a.depth_ns) / (double)(b.t_ns - a.t_ns);
		assert_true(b.completed > a.completed);
		assert_true(depth <= target * 1.05);
		if (depth >= target * 0.95)
			return;
	}
	fail_msg("depth %.3f instead of %d", depth, target);
}

static int64_t fio_total(struct talk *t)
{
	json_t *j = ask_ok(t, "fetch",
			   json_pack("{s:s,s:i,s:i}", "name", "fio.json", "offset", 0, "max", 32768)),
	       *fio;
	struct pb_buf text = {0};
	int64_t total;

	assert_true(json_is_true(json_object_get(j, "eof")));
	assert_int_equal(pb_base64_decode(&text, pb_json_str(j, "data", "")), 0);
	json_decref(j);
	assert_int_equal(pb_json_parse(&fio, text.data, text.len, "fio.json", NULL), 0);
	j = json_array_get(json_object_get(fio, "jobs"), 0);
	total = pb_json_i64(json_object_get(j, "read"), "total_ios", -1);
	json_decref(fio);
	pb_buf_fini(&text);
	return total;
}

static void check_csv(struct talk *t)
{
	static const char *const names[] = {"engine.csv", "interrupts.csv", "cpu.csv", "quantiles.csv"};
	static const char *const heads[] = {"t_ns,job,target_depth,submitted,", "t_ns,irq,name,kind,cpu",
					    "t_ns,cpu,user_ns,", "t_ns,span_ns,completed,p50_ns,"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *j = ask_ok(t, "fetch",
				   json_pack("{s:s,s:i,s:i}", "name", names[i], "offset", 0, "max", 1000));
		struct pb_buf text = {0};

		assert_int_equal(pb_base64_decode(&text, pb_json_str(j, "data", "")), 0);
		assert_memory_equal(text.data, heads[i], strlen(heads[i]));
		assert_non_null(strchr(text.data, '\n'));
		assert_true(strchr(text.data, '\n')[1] != '\0'); /* at least one row */
		json_decref(j);
		pb_buf_fini(&text);
	}
}

static void one_job_becomes_a_depth_curve(void **state)
{
	struct talk *t = *state;
	unsigned long long sum;
	int64_t hist, fio;
	struct row last;
	json_t *j;

	if (!t->ready)
		skip();
	sum = loopdev_sum(&t->loop);
	j = ask_ok(t, "start", start_fields(t, READS, json_null()));
	assert_string_equal(pb_json_str(j, "backend", ""), "uring");
	assert_int_equal(pb_json_i64(j, "jobs", 0), 1);
	json_decref(j);
	depth_is_held(t, 1);
	depth_is_held(t, 16);
	depth_is_held(t, 4);
	j = ask_ok(t, "rows", json_pack("{s:i,s:i}", "since", 0, "max", 5));
	assert_int_equal(json_array_size(json_object_get(j, "rows")), 5);
	assert_int_equal(pb_json_i64(j, "next", 0), 5);
	assert_true(json_is_true(json_object_get(j, "running")));
	json_decref(j);
	ask_refused(t, "start", start_fields(t, READS, json_null()), 2, "running");
	j = ask_ok(t, "stop", NULL);
	assert_int_equal(pb_json_i64(j, "exit", -1), 0);
	json_decref(j);
	last = now(t, &hist);
	fio = fio_total(t);
	assert_int_equal(last.failed, 0);
	assert_int_equal(last.submitted, last.completed);
	assert_int_equal(hist, last.completed);
	assert_int_equal(last.read_bytes, 4096 * last.completed);
	assert_true(last.completed > 0 && fio >= last.completed * 99 / 100 &&
		    fio <= last.completed * 101 / 100);
	check_csv(t);
	assert_int_equal(loopdev_sum(&t->loop), sum);
}

/* Three jobs share the total, and all of their counts are in it. */
static void several_jobs_share_the_target(void **state)
{
	struct talk *t = *state;
	json_t *j;

	if (!t->ready)
		skip();
	json_decref(ask_ok(t, "start", start_fields(t, READS "numjobs=3\n", json_null())));
	depth_is_held(t, 8);
	j = ask_ok(t, "stop", NULL);
	assert_int_equal(pb_json_i64(j, "exit", -1), 0);
	json_decref(j);
	assert_int_equal(now(t, NULL).failed, 0);
}

/* The file behind the disk is cut off under it: reads fail with EIO, and nobody may take that for a result.
 */
static void a_failing_disk_is_seen(void **state)
{
	struct talk *t = *state;
	json_t *j, *fault;
	struct row seen;
	int64_t hist;

	if (!t->ready)
		skip();
	json_decref(ask_ok(t, "start", start_fields(t, READS, json_null())));
	assert_int_equal(ftruncate(t->loop.file_fd, 4096), 0);
	for (int tries = 0; tries < 500 && !now(t, NULL).failed; tries++)
		poll(NULL, 0, 20);
	set_depth(t, 4); /* fio goes on, and still does as it is told */
	seen = now(t, NULL);
	assert_true(seen.failed > 0);
	/* more than an answer describes (PB_PAGE_FAULTS) */
	for (int tries = 0; tries < 500 && (now(t, NULL).failed == seen.failed || now(t, NULL).failed < 16);
	     tries++)
		poll(NULL, 0, 20);
	assert_true(now(t, NULL).failed > seen.failed);
	j = ask_ok(t, "stop", NULL);
	assert_int_equal(pb_json_i64(j, "exit", -1), 0);
	json_decref(j);
	seen = now(t, &hist);
	assert_int_equal(hist, seen.completed); /* no failed I/O is a latency */
	assert_int_equal(seen.read_bytes, 4096 * seen.completed);
	j = ask_ok(t, "faults", NULL);
	assert_int_equal(pb_json_i64(j, "failed", -1), seen.failed);
	assert_int_equal(json_array_size(json_object_get(j, "faults")), 16);
	fault = json_array_get(json_object_get(j, "faults"), 0);
	assert_true(json_integer_value(json_array_get(fault, 0)) > 0);
	assert_int_equal(json_integer_value(json_array_get(fault, 2)), PB_PAGE_READ);
	assert_int_equal(json_integer_value(json_array_get(fault, 3)), EIO);
	assert_true(json_integer_value(json_array_get(fault, 4)) >=
		    4096); /* the first block is still there */
	assert_int_equal(json_integer_value(json_array_get(fault, 4)) % 4096, 0);
	assert_int_equal(json_integer_value(json_array_get(fault, 5)), 4096);
	json_decref(j);
}

static void writes_need_the_serial(void **state)
{
	static const char writes[] = "[j]\nrw=randwrite\nbs=4k\n";
	struct talk *t = *state;
	unsigned long long sum;
	json_t *j;

	if (!t->ready)
		skip();
	sum = loopdev_sum(&t->loop);
	/* without it fio itself refuses (--readonly), with a wrong one the agent does */
	ask_refused(t, "start", start_fields(t, writes, json_null()), 5, "fio ended before any I/O");
	ask_refused(t, "start", start_fields(t, writes, json_string("WRONG")), 3, "serial");
	assert_int_equal(loopdev_sum(&t->loop), sum);
	/* a loop device has no serial: it goes by its name */
	json_decref(ask_ok(t, "start", start_fields(t, writes, json_string(t->loop.name))));
	j = ask_ok(t, "stop", NULL);
	assert_int_equal(pb_json_i64(j, "exit", -1), 0);
	json_decref(j);
	assert_true(now(t, NULL).write_bytes > 0);
	assert_true(loopdev_sum(&t->loop) != sum);
}

static void a_disk_in_use_is_refused(void **state)
{
	struct talk *t = *state;
	int fd;

	if (!t->ready)
		skip();
	fd = open(t->loop.path, O_RDONLY | O_EXCL | O_CLOEXEC);
	assert_true(fd >= 0);
	ask_refused(t, "start", start_fields(t, READS, json_null()), 3, "exclusively");
	close(fd);
}

static json_t *own_engine_fields(const struct talk *t, const char *engine)
{
	return json_pack("{s:s,s:{s:s},s:i,s:i,s:i,s:s}", "job",
			 "[j]\nioengine=${PASSBENCH_ENGINE}\nfilename=${PASSBENCH_DISK}\nrw=randread\n"
			 "bs=4k\niodepth=4\nnumber_ios=500\nnorandommap=1\nthread=1\n",
			 "disk", "path", t->loop.path, "iodepth_max", 4, "depth", 4, "interval_ms", 20,
			 "engine", engine);
}

static void fios_own_engine_runs_to_compare_with(void **state)
{
	struct talk *t = *state;
	bool running = true;
	json_t *j;

	if (!t->ready)
		skip();
	j = ask_ok(t, "start", own_engine_fields(t, "io_uring"));
	assert_string_equal(pb_json_str(j, "engine", ""), "io_uring");
	assert_string_equal(pb_json_str(j, "backend", ""), "");
	json_decref(j);
	while (running) {
		j = ask_ok(t, "rows", json_pack("{s:i,s:i}", "since", 0, "max", 1));
		running = json_is_true(json_object_get(j, "running"));
		json_decref(j);
		poll(NULL, 0, 20);
	}
	j = ask_ok(t, "stop", NULL);
	assert_int_equal(pb_json_i64(j, "exit", -1), 0);
	json_decref(j);
	assert_int_equal(fio_total(t), 500);
	assert_int_equal(now(t, NULL).completed, 0);
	ask_refused(t, "start", own_engine_fields(t, "null"), 2, "engine must be");
	j = own_engine_fields(t, "io_uring");
	json_object_set_new(j, "backend", json_string("uring"));
	ask_refused(t, "start", j, 2, "has no backend");
}

static void nonsense_is_answered(void **state)
{
	struct talk *t = *state;
	json_t *j;

	if (!t->ready)
		skip();
	ask_refused(t, "dance", NULL, 2, "dance");
	ask_refused(t, "stop", NULL, 2, "not been started");
	ask_refused(t, "rows", json_pack("{s:i,s:i}", "since", 0, "max", 1), 2, "not been started");
	ask_refused(t, "start", NULL, 2, "job");
	ask_refused(t, "start",
		    json_pack("{s:s,s:{s:s},s:i,s:i,s:i}", "job", "[j]\n", "disk", "serial", "no such",
			      "iodepth_max", 1, "depth", 1, "interval_ms", 20),
		    2, "no disk");
	ask_refused(t, "start",
		    json_pack("{s:s,s:{s:s},s:i,s:i,s:i}", "job", "this is no job\n", "disk", "path",
			      t->loop.path, "iodepth_max", 1, "depth", 1, "interval_ms", 20),
		    5, "fio ended");
	j = ask_ok(t, "ping", NULL);
	assert_true(pb_json_i64(j, "t_ns", 0) > 0);
	json_decref(j);
	json_decref(ask_ok(t, "disks", NULL));
	json_decref(ask_ok(t, "quit", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_job_becomes_a_depth_curve, setup, teardown),
		cmocka_unit_test_setup_teardown(several_jobs_share_the_target, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failing_disk_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_need_the_serial, setup, teardown),
		cmocka_unit_test_setup_teardown(a_disk_in_use_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(fios_own_engine_runs_to_compare_with, setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense_is_answered, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
