/*
 * Rules R-Q4 to R-Q7 of the depth family: full queues, too few of them, and polling.
 */
#include "engine/lib/json.h"
#include "tests/unit/ruletest.h"

#define GUEST(name, nr, queues, vcpus)                                                                       \
	"{\"guest\": {\"name\": \"guest0\", \"backend\": \"io_uring\", \"vcpus\": " vcpus                    \
	", \"disk\": {\"name\": \"" name "\", \"nr_requests\": " nr ", \"queues\": " queues "}}}"

/* Two queues of 4: the curve grows to 8 in flight and stands still. */
static void full(struct mk_run *m, const char *path)
{
	mk_default(m);
	m->path = path;
	m->managed = strcmp(path, "vfio") != 0;
	m->patch = GUEST("nvme0n1", "4", "2", "2");
	if (strcmp(path, "virtio-blk") == 0)
		m->patch = GUEST("vda", "4", "2", "2");
	for (int i = 4; i < m->steps; i++)
		m->step[i].iops = 9900;
}

static void full_queues_want_more_requests(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	full(&m, "vfio");
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "R-Q4");
	assert_non_null(f);
	assert_true(rt_list_has(&f->apply, "echo 8 > /sys/block/nvme0n1/queue/nr_requests"));
	assert_true(rt_list_has(&f->undo, "echo 4 > /sys/block/nvme0n1/queue/nr_requests"));
	assert_string_equal(f->confidence, "high");
	assert_non_null(rt_evidence(f, "steps.csv", "mean_depth"));
	assert_null(rt_find(&fs, "R-Q5")); /* a virtqueue's knob */
	assert_string_equal(pb_json_str(f->params, "kind", ""), "guest-setting");
	assert_string_equal(pb_json_str(f->params, "value", ""), "8");
	assert_int_equal(pb_json_i64(f->params, "at_depth", 0), 64); /* 8 is the limit, 64 was measured */
	pb_findings_fini(&fs);
}

static void queues_that_are_not_full_are_left_alone(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	assert_false(rt_speaks(&m, "R-Q4"));
	full(&m, "vfio");
	m.patch = GUEST("nvme0n1", "16", "2", "2"); /* full at 32, where the curve is flat already */
	assert_false(rt_speaks(&m, "R-Q4"));
	full(&m, "vfio");
	for (int i = 4; i < m.steps; i++)
		m.step[i].iops = 9900 * (1 + .2 * (i - 3)); /* grows beyond: not what holds it */
	assert_false(rt_speaks(&m, "R-Q4"));
}

static void full_boundary(void **state)
{
	struct mk_run m;

	(void)state;
	full(&m, "vfio");
	m.step[3].mean_depth = 7.84; /* exactly 98% */
	m.step[4].mean_depth = m.step[5].mean_depth = m.step[6].mean_depth = 7.84;
	assert_true(rt_speaks(&m, "R-Q4"));
	for (int i = 3; i < m.steps; i++)
		m.step[i].mean_depth = 7.83;
	assert_false(rt_speaks(&m, "R-Q4"));
}

static void full_says_what_it_lacks(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	full(&m, "vfio");
	m.patch = "{\"guest\": {\"name\": \"guest0\", \"disk\": {\"nr_requests\": null}}}";
	assert_true(rt_says_missing(&m, "R-Q4", "nr_requests"));
	full(&m, "vfio");
	m.drop_file = "guest/guest0/interrupts.csv";
	rt_analyze(&m, &fs);
	assert_string_equal(rt_loud(&fs, "R-Q4")->confidence, "low");
	assert_true(rt_lacks(&fs, "R-Q4", "interrupts.csv"));
	pb_findings_fini(&fs);
}

static void full_virtqueues_want_to_be_larger(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	full(&m, "virtio-blk");
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "R-Q5");
	assert_non_null(f);
	assert_true(rt_list_has(&f->apply, "queue_size='8'") && rt_list_has(&f->apply, "queue-size=8"));
	assert_true(rt_list_has(&f->undo, "queue-size=4"));
	assert_null(rt_find(&fs, "R-Q4"));
	pb_findings_fini(&fs);
	mk_default(&m);
	m.path = "virtio-blk";
	m.managed = 1;
	assert_false(rt_speaks(&m, "R-Q5"));
	m.patch = "{\"guest\": {\"name\": \"guest0\", \"disk\": {\"nr_requests\": null}}}";
	assert_true(rt_says_missing(&m, "R-Q5", "nr_requests"));
}

static void one_queue_for_two_vcpus(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.path = "virtio-blk";
	m.managed = 1;
	assert_false(rt_speaks(&m, "R-Q6")); /* a queue for each vCPU */
	m.patch = GUEST("vda", "256", "1", "2");
	m.put[0].file = "guest/guest0/interrupts.csv";
	m.put[0].text = "t_ns,irq,name,kind,cpu0,cpu1\n5000000000000,25,virtio1-req.0,device,0,0\n"
			"5030000000000,25,virtio1-req.0,device,300000,0\n";
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "R-Q6");
	assert_non_null(f);
	assert_true(rt_list_has(&f->apply, "queues='2'") && rt_list_has(&f->undo, "num-queues=1"));
	pb_findings_fini(&fs);
	m.put[0].file = NULL;
	m.drop_file = "guest/guest0/interrupts.csv";
	assert_true(rt_says_missing(&m, "R-Q6", "interrupts.csv"));
}

/* One visit of each path; p50 at depth 1 is what the example's curve times speed gives. */
static void visit(const char *dir, const char *name, const char *path, double speed)
{
	struct mk_run m;
	char at[200];

	mk_default(&m);
	m.path = path;
	for (int k = 0; k < m.steps; k++)
		m.step[k].iops *= speed;
	snprintf(at, sizeof(at), "%s/paths/%s", dir, name);
	assert_int_equal(mk_write(&m, at), 0);
}

static struct pb_finding *polling(struct mk_run *m, double vfio, struct pb_findings *fs)
{
	static const char doc[] =
		"{\"schema\": 1, \"rounds\": 1, \"depths\": [1, 16], \"arms\": ["
		"{\"name\": \"bare-metal\", \"attach\": null, \"visits\": [\"1-bare\"], \"failed\": null},"
		"{\"name\": \"vfio\", \"attach\": \"vfio\", \"visits\": [\"1-vfio\"], \"failed\": null}]}";
	struct pb_err err = PB_ERR_INIT;
	struct pb_run *run = NULL;
	struct tmpdir t;
	char path[128];

	*fs = (struct pb_findings){0};
	tmpdir_make(&t);
	snprintf(path, sizeof(path), "%s/run", t.path);
	assert_int_equal(mk_write(m, path), 0);
	if (vfio > 0) {
		visit(path, "1-bare", "local", 1);
		visit(path, "1-vfio", "vfio", vfio);
		tmpdir_write(&t, "run/paths/paths.json", doc);
	}
	if (pb_run_open(&run, path, &err) < 0 || pb_analyze(run, fs, &err) < 0)
		fail_msg("%s", err.msg);
	pb_run_close(run);
	tmpdir_remove(&t);
	return rt_loud(fs, "R-Q7");
}

static void shallow_load_could_poll(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.steps = 2;
	f = polling(&m, .8, &fs);
	assert_non_null(f);
	assert_true(rt_list_has(&f->apply, "poll_queues=2"));
	pb_findings_fini(&fs);
	assert_null(polling(&m, .9, &fs)); /* waking up costs less than 15% */
	pb_findings_fini(&fs);
	assert_null(polling(&m, 0, &fs));
	assert_true(rt_lacks(&fs, "R-Q7", "host's own driver"));
	pb_findings_fini(&fs);
	m.drop_file = "guest/guest0/cpu.csv";
	assert_null(polling(&m, .8, &fs));
	assert_true(rt_lacks(&fs, "R-Q7", "cpu.csv"));
	pb_findings_fini(&fs);
	mk_default(&m); /* a deep load waits for the disk, not for its vCPU */
	assert_null(polling(&m, .8, &fs));
	assert_null(rt_find(&fs, "R-Q7"));
	pb_findings_fini(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_queues_want_more_requests),
		cmocka_unit_test(queues_that_are_not_full_are_left_alone),
		cmocka_unit_test(full_boundary),
		cmocka_unit_test(full_says_what_it_lacks),
		cmocka_unit_test(full_virtqueues_want_to_be_larger),
		cmocka_unit_test(one_queue_for_two_vcpus),
		cmocka_unit_test(shallow_load_could_poll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
