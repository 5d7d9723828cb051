/*
 * Rules R-C6 to R-C9, and what R-C1 measures of double caching: known answers, noise, missing counters,
 * boundaries.
 */
#include "engine/lib/hist.h"
#include "engine/lib/json.h"
#include "tests/unit/mkfiles.h"
#include "tests/unit/ruletest.h"

/* The step with the largest throughput of mkrun.h's example. */
#define TOP 6

static void done(struct mk_run *m, struct pb_findings *fs)
{
	pb_findings_fini(fs);
	mkf_free(m);
}

static void cached(struct mk_run *m, const char *cache)
{
	mk_default(m);
	m->path = "virtio-blk";
	m->managed = 1;
	m->cache = cache;
	m->safety = "C";
}

/* 4 KiB reads and writes an I/O each, as the guest moved them. */
static void engine(struct mk_run *m, double reads, double writes)
{
	const struct mkf_col cols[] = {{"target_depth", 0, 0, "64"},
				       {"submitted", 1, 0, NULL},
				       {"completed", 1, 0, NULL},
				       {"failed", 0, 0, NULL},
				       {"read_bytes", 4096 * reads, 0, NULL},
				       {"write_bytes", 4096 * writes, 0, NULL},
				       {"depth_ns", 0, 0, NULL},
				       {NULL, 0, 0, NULL}};

	mkf_one(m, "guest/guest0/engine.csv", "job", "0", cols);
}

/* What the host's disk moved of them. */
static void disk(struct mk_run *m, double reads, double writes)
{
	const struct mkf_col cols[] = {{"role", 0, 0, "disk"},
				       {"reads", reads, 0, NULL},
				       {"read_merges", 0, 0, NULL},
				       {"read_bytes", 4096 * reads, 0, NULL},
				       {"writes", writes, 0, NULL},
				       {"write_merges", 0, 0, NULL},
				       {"write_bytes", 4096 * writes, 0, NULL},
				       {NULL, 0, 0, NULL}};

	mkf_one(m, "host/block.csv", "block", "nvme1n1", cols);
}

static void memory(struct mk_run *m, const char *dirty, const char *writeback)
{
	const struct mkf_col cols[] = {{"free_bytes", -100, 4e9, NULL},
				       {"dirty_bytes", 0, 0, dirty},
				       {"writeback_bytes", 0, 0, writeback},
				       {NULL, 0, 0, NULL}};

	mkf_one(m, "host/memory.csv", "scope", "system", cols);
}

/* 900 I/Os in 100 us and 100 in tail_us. */
static void latency(struct mk_run *m, const char *dir, unsigned tail_us)
{
	const unsigned us[] = {100, tail_us}, count[] = {900, 100};
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "t_ns,t_end_ns,depth,dir,bin,lat_ns,count\n");
	for (int i = 0; i < 2; i++)
		fprintf(f, "%lld,%lld,64,%s,%u,%llu,%u\n", (long long)mk_start(TOP),
			(long long)(mk_start(TOP) + MK_WINDOW), dir, pb_hist_bin(us[i] * 1000ULL),
			(unsigned long long)pb_hist_mid(pb_hist_bin(us[i] * 1000ULL)), count[i]);
	fclose(f);
	mkf_put(m, "guest/guest0/latency.csv", text);
}

/* 11,520 writes/s of 4 KiB are 47 MB/s. */
static void bursts(struct mk_run *m, const char *dirty, unsigned tail_us, const char *patch)
{
	cached(m, "writeback");
	m->rw = "randwrite";
	m->writes = true;
	m->patch = patch;
	engine(m, 0, 1);
	disk(m, 0, 1);
	memory(m, dirty, "0");
	latency(m, "write", tail_us);
}

static bool bursts_speak(const char *cache, const char *dirty, unsigned tail_us)
{
	struct mk_run m;
	bool loud;

	bursts(&m, dirty, tail_us, NULL);
	m.cache = cache;
	loud = rt_speaks(&m, "R-C6");
	mkf_free(&m);
	return loud;
}

static void writeback_in_bursts(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	bursts(&m, "90000000", 2000,
	       "{\"environment\": {\"dirty_background_bytes\": \"0\", \"dirty_background_ratio\": \"10\", "
	       "\"dirty_bytes\": \"0\", \"dirty_ratio\": \"20\"}}");
	rt_analyze(&m, &fs);
	assert_true(rt_list_has(&rt_loud(&fs, "R-C6")->apply, "vm.dirty_bytes="));
	assert_true(rt_list_has(&rt_loud(&fs, "R-C6")->undo, "vm.dirty_background_ratio=10"));
	assert_null(rt_loud(&fs, "R-C6")->params); /* the kernel refuses 0 as the way back */
	done(&m, &fs);
	bursts(&m, "90000000", 2000, "{\"environment\": {\"dirty_background_bytes\": \"200000000\"}}");
	rt_analyze(&m, &fs);
	assert_string_equal(pb_json_str(rt_loud(&fs, "R-C6")->params, "path", ""),
			    "/proc/sys/vm/dirty_background_bytes");
	assert_true(rt_list_has(&rt_loud(&fs, "R-C6")->undo, "vm.dirty_background_bytes=200000000"));
	done(&m, &fs);
	assert_false(bursts_speak("writeback", "45000000", 2000)); /* less than a second's worth */
	assert_false(bursts_speak("writeback", "90000000", 900));  /* no tail */
	assert_false(bursts_speak("none", "90000000", 2000));      /* somebody else's dirty pages */
	bursts(&m, "90000000", 2000, NULL);
	m.drop_file = "host/block.csv";
	mkf_free(&m);
	engine(&m, 0, 1);
	assert_true(rt_says_missing(&m, "cache-lacks", "R-C6 needs host/memory.csv"));
	assert_true(rt_says_missing(&m, "cache-lacks", "R-C6 needs host/block.csv"));
	mkf_free(&m);
}

static void schedulers(void **state)
{
	static const char deadline[] = "{\"guest\": {\"disk\": {\"scheduler\": \"mq-deadline\"}}}";
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.patch = deadline;
	m.busy[0] = .55; /* with the 40% and 4% that the model has */
	rt_analyze(&m, &fs);
	assert_true(rt_list_has(&rt_loud(&fs, "R-C7")->apply,
				"in the guest: echo none > /sys/block/nvme0n1/queue/scheduler"));
	assert_string_equal(pb_json_str(rt_loud(&fs, "R-C7")->params, "kind", ""), "guest-setting");
	pb_findings_fini(&fs);
	m.busy[0] = .4;
	assert_false(rt_speaks(&m, "R-C7"));
	m.busy[0] = .55;
	m.drop_file = "guest/guest0/cpu.csv";
	assert_true(rt_says_missing(&m, "cache-lacks", "R-C7 needs guest/guest0/cpu.csv"));
	m.drop_file = NULL;
	m.patch = NULL; /* none already */
	assert_false(rt_speaks(&m, "R-C7"));
	m.path = "local";
	m.patch = deadline;
	m.busy[0] = .95;
	rt_analyze(&m, &fs);
	assert_string_equal(pb_json_str(rt_loud(&fs, "R-C7")->params, "path", ""),
			    "/sys/block/nvme1n1/queue/scheduler");
	pb_findings_fini(&fs);
}

static void mixed(struct mk_run *m, const char *cache, unsigned tail_us, const char *writeback)
{
	cached(m, cache);
	m->rw = "randrw";
	m->writes = true;
	engine(m, .7, .3);
	memory(m, "1000", writeback);
	latency(m, "read", tail_us);
}

static bool reads_wait(const char *cache, unsigned tail_us, const char *writeback)
{
	struct mk_run m;
	bool loud;

	mixed(&m, cache, tail_us, writeback);
	loud = rt_speaks(&m, "R-C8");
	mkf_free(&m);
	return loud;
}

static void reads_behind_writeback(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mixed(&m, "writeback", 2000, "5000000");
	rt_analyze(&m, &fs);
	assert_string_equal(pb_json_str(rt_loud(&fs, "R-C8")->params, "path", ""),
			    "/sys/block/nvme1n1/queue/wbt_lat_usec");
	assert_true(rt_list_has(&rt_loud(&fs, "R-C8")->undo, "echo -1 >"));
	done(&m, &fs);
	assert_false(reads_wait("writeback", 900, "5000000"));
	assert_false(reads_wait("writeback", 2000, "0"));
	assert_false(reads_wait("none", 2000, "5000000"));
	mixed(&m, "writeback", 2000, "");
	assert_true(rt_says_missing(&m, "cache-lacks", "R-C8 needs host/memory.csv, column writeback_bytes"));
	mkf_free(&m);
}

/* The guest's CPU 0 spends `soft` of its time in softirqs, the other one `other`. */
static void softirqs(struct mk_run *m, const char *file, double soft, double other)
{
	static const char *const cpus[] = {"0", "1"};
	const struct mkf_col a[] = {{"user_ns", 0, .1e9, NULL}, {"system_ns", 0, .1e9, NULL},
				    {"idle_ns", 0, .1e9, NULL}, {"iowait_ns", 0, 0, NULL},
				    {"irq_ns", 0, 0, NULL},     {"softirq_ns", 0, soft * 1e9, NULL},
				    {NULL, 0, 0, NULL}};
	const struct mkf_col b[] = {{"user_ns", 0, .3e9, NULL}, {"system_ns", 0, .3e9, NULL},
				    {"idle_ns", 0, .3e9, NULL}, {"iowait_ns", 0, 0, NULL},
				    {"irq_ns", 0, 0, NULL},     {"softirq_ns", 0, other * 1e9, NULL},
				    {NULL, 0, 0, NULL}};
	const struct mkf_col *const rows[] = {a, b};

	mkf_put(m, file, mkf_counters(m, "cpu", cpus, 2, rows, MK_TICK));
}

static bool spreads(double soft, double other)
{
	struct mk_run m;
	bool loud;

	mk_default(&m);
	softirqs(&m, "guest/guest0/cpu.csv", soft, other);
	loud = rt_speaks(&m, "R-C9");
	mkf_free(&m);
	return loud;
}

static void completions_on_one_cpu(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	softirqs(&m, "guest/guest0/cpu.csv", .6, .05);
	rt_analyze(&m, &fs);
	assert_true(rt_list_has(&rt_loud(&fs, "R-C9")->apply,
				"in the guest: echo 2 > /sys/block/nvme0n1/queue/rq_affinity"));
	done(&m, &fs);
	assert_false(spreads(.48, .05));
	assert_false(spreads(.6, .15)); /* spread already */
	m.path = "local";
	softirqs(&m, "host/cpu.csv", .6, .05);
	rt_analyze(&m, &fs);
	assert_string_equal(pb_json_str(rt_loud(&fs, "R-C9")->params, "kind", ""), "setting");
	done(&m, &fs);
	mk_default(&m);
	m.drop_file = "guest/guest0/cpu.csv";
	assert_true(rt_says_missing(&m, "cache-lacks", "R-C9 needs guest/guest0/cpu.csv"));
}

static void double_caching_is_measured(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	cached(&m, "writeback");
	m.safety = "P";
	engine(&m, 1, 0);
	disk(&m, .2, 0);
	memory(&m, "0", "0");
	rt_analyze(&m, &fs);
	assert_true(fabs(rt_evidence(rt_loud(&fs, "R-C1"), "host/block.csv", "read_bytes")->value - .8) <
		    .01);
	assert_string_equal(rt_loud(&fs, "R-C1")->confidence, "high");
	done(&m, &fs);
	engine(&m, 1, 0);
	disk(&m, .95, 0);
	memory(&m, "0", "0");
	rt_analyze(&m, &fs);
	assert_null(rt_evidence(rt_loud(&fs, "R-C1"), "host/block.csv", "read_bytes"));
	done(&m, &fs);
	rt_analyze(&m, &fs); /* the mode alone is reason enough, and says what it lacks */
	assert_true(rt_lacks(&fs, "R-C1", "host/block.csv"));
	done(&m, &fs);
}

static void flush_per_write_comes_first(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	cached(&m, "writethrough"); /* direct I/O through a cache as well: one finding, the dearer reason */
	m.rw = "randwrite";
	m.writes = true;
	m.durability = "flush";
	rt_analyze(&m, &fs);
	assert_non_null(rt_loud(&fs, "R-C2"));
	assert_null(rt_find(&fs, "R-C1"));
	assert_string_equal(pb_json_str(rt_loud(&fs, "R-C2")->params, "kind", ""), "attach");
	pb_findings_fini(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writeback_in_bursts),        cmocka_unit_test(schedulers),
		cmocka_unit_test(reads_behind_writeback),     cmocka_unit_test(completions_on_one_cpu),
		cmocka_unit_test(double_caching_is_measured), cmocka_unit_test(flush_per_write_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
