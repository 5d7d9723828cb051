/*
 * Rules of thumb: known answers, what they lack, and that noise has no period.
 */
#include "analyzers/jitter.h"
#include "engine/lib/json.h"
#include "tests/unit/mkfiles.h"
#include "tests/unit/ruletest.h"

static void done(struct mk_run *m, struct pb_findings *fs)
{
	pb_findings_fini(fs);
	mkf_free(m);
}

/* Reproducible noise in -1..1. */
static double noise(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return (double)(*seed >> 8 & 0xffff) / 32768 - 1;
}

static void a_period_is_found(void **state)
{
	double x[128], bound, r;
	unsigned seed = 7;

	(void)state;
	for (unsigned i = 0; i < 128; i++)
		x[i] = 100 + (i % 10 == 0 ? 40 : 0) + noise(&seed);
	assert_int_equal(pb_jitter_period(x, 128, &bound, &r), 10);
	assert_true(r > bound);
	for (unsigned i = 0; i < 128; i++)
		x[i] = 100 + 10 * sin(i * 2 * M_PI / 16) + 5 * noise(&seed);
	assert_in_range(pb_jitter_period(x, 128, &bound, &r), 15, 17);
}

static void noise_and_drift_have_none(void **state)
{
	double x[128], bound, r;
	unsigned seed = 1, found = 0;

	(void)state;
	for (int k = 0; k < 200; k++) {
		for (unsigned i = 0; i < 128; i++)
			x[i] = noise(&seed);
		found += pb_jitter_period(x, 128, &bound, &r) > 0;
	}
	assert_in_range(found, 0, 16); /* 5% of 200, and half as many again for chance */
	for (unsigned i = 0; i < 128; i++)
		x[i] = 100 + .5 * i;
	assert_int_equal(pb_jitter_period(x, 128, &bound, &r), 0);
	for (unsigned i = 0; i < 128; i++)
		x[i] = 100;
	assert_int_equal(pb_jitter_period(x, 128, &bound, &r), 0);
	assert_int_equal(pb_jitter_period(x, 31, &bound, &r), 0); /* too few to say */
	assert_true(isnan(bound));
	pb_jitter_period(x, 32, &bound, &r);
	assert_false(isnan(bound));
}

/* Latency that is doubled for one interval of 20 ms in five. */
static void pulsing(struct mk_run *m, int64_t tick)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	double depth_ns = 0;
	unsigned i = 0, seed = 3;

	fprintf(f, "t_ns,job,target_depth,submitted,completed,failed,read_bytes,write_bytes,depth_ns\n");
	for (int64_t t = MK_T0; t <= mk_finish(m); t += tick, i++) {
		depth_ns += 1000 * ((i % 5 ? 100 : 200) + 10 * noise(&seed));
		fprintf(f, "%lld,0,64,%u,%u,0,%u,0,%.0f\n", (long long)t, 1000 * i, 1000 * i, 4096000 * i,
			depth_ns);
	}
	fclose(f);
	mkf_put(m, "guest/guest0/engine.csv", text);
}

static void jitter_at_intervals(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	pulsing(&m, 20000000);
	rt_analyze(&m, &fs);
	f = rt_find(&fs, "thumb-jitter");
	assert_int_equal(f->severity, PB_SEV_INFO);
	assert_non_null(rt_evidence(f, "guest/guest0/engine.csv", "depth_ns"));
	assert_non_null(strstr(f->what, "every 100 ms"));
	done(&m, &fs);
	rt_analyze(&m, &fs); /* ten samples a window: the jitter, and what the period lacks */
	assert_non_null(rt_find(&fs, "thumb-jitter"));
	assert_true(rt_lacks(&fs, "thumb-lacks", "thumb-jitter needs guest/guest0/engine.csv"));
	pb_findings_fini(&fs);
	rt_blank(&m, "steps.csv", "lat_p999_ns");
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "thumb-jitter"));
	assert_true(rt_lacks(&fs, "thumb-lacks", "thumb-jitter needs steps.csv"));
	pb_findings_fini(&fs);
}

/* One vCPU thread: run of a CPU, guest of it inside the guest. */
static void vcpu(struct mk_run *m, double run, double guest)
{
	const struct mkf_col cols[] = {{"pid", 0, 0, "41"},
				       {"role", 0, 0, "vcpu0"},
				       {"name", 0, 0, "x"},
				       {"run_ns", 0, run * 1e9, NULL},
				       {"wait_ns", 0, 0, NULL},
				       {"switches", 1, 0, NULL},
				       {"last_cpu", 0, 0, "0"},
				       {"allowed_cpus", 0, 0, "0-3"},
				       {"guest_ns", 0, guest * 1e9, NULL},
				       {NULL, 0, 0, NULL}};

	mkf_one(m, "host/threads.csv", "tid", "42", cols);
}

static const char *cpu_title(double run, double guest)
{
	static char title[200];
	struct pb_findings fs;
	struct mk_run m;

	mk_default(&m);
	for (int i = 0; i < MK_CPUS; i++)
		m.irqtime[i] = 0;
	vcpu(&m, run, guest);
	rt_analyze(&m, &fs);
	snprintf(title, sizeof(title), "%s", rt_find(&fs, "thumb-cpu")->title);
	assert_int_equal(rt_find(&fs, "thumb-cpu")->severity, PB_SEV_INFO);
	done(&m, &fs);
	return title;
}

static void thirty_percent_is_checked(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	assert_non_null(strstr(cpu_title(1.7, .4), "more than")); /* 1.3 of 4 CPUs */
	assert_non_null(strstr(cpu_title(1.7, .6), "less than"));
	mk_default(&m); /* no guest_ns */
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "thumb-cpu"));
	assert_true(rt_lacks(&fs, "thumb-lacks", "thumb-cpu needs host/threads.csv, column guest_ns"));
	assert_non_null(rt_find(&fs, "thumb-qemu")); /* which says that this part is missing */
	assert_true(rt_lacks(&fs, "thumb-qemu", "guest_ns"));
	pb_findings_fini(&fs);
	m.drop_file = "host/threads.csv";
	assert_true(rt_says_missing(&m, "thumb-lacks", "thumb-qemu needs host/threads.csv, column run_ns"));
}

static void cpus_for_100000(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	vcpu(&m, 1.152, .576);
	rt_analyze(&m, &fs);
	assert_true(fabs(rt_evidence(rt_find(&fs, "thumb-qemu"), "host/threads.csv", "run_ns")->value - 10) <
		    .1);
	assert_true(fabs(rt_evidence(rt_find(&fs, "thumb-qemu"), "host/threads.csv", "guest_ns")->value - 5) <
		    .1);
	done(&m, &fs);
}

static void host_disk(struct mk_run *m, double ios, double merged)
{
	const struct mkf_col cols[] = {{"role", 0, 0, "disk"},           {"reads", ios, 0, NULL},
				       {"read_merges", merged, 0, NULL}, {"writes", 0, 0, NULL},
				       {"write_merges", 0, 0, NULL},     {NULL, 0, 0, NULL}};

	mkf_one(m, "host/block.csv", "block", "nvme1n1", cols);
}

static void merges_are_counted(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.path = "virtio-blk";
	m.managed = 1;
	m.rw = "read";
	m.device_share = 1; /* the model's guest merges a quarter */
	host_disk(&m, .5, .25);
	rt_analyze(&m, &fs);
	f = rt_find(&fs, "thumb-merges");
	assert_true(fabs(rt_evidence(f, "guest/guest0/block.csv", "read_merges")->value - .25) < .01);
	assert_true(fabs(rt_evidence(f, "host/block.csv", "read_merges")->value - 1. / 3) < .01);
	assert_true(fabs(rt_evidence(f, "host/block.csv", "reads")->value - .5 / .75) < .01);
	done(&m, &fs);
	m.device_share = 0;
	host_disk(&m, 1, .005); /* half a percent is nobody */
	rt_analyze(&m, &fs);
	assert_non_null(strstr(rt_find(&fs, "thumb-merges")->title, "one by one"));
	assert_true(rt_lacks(&fs, "thumb-lacks", "thumb-merges needs guest/guest0/block.csv"));
	done(&m, &fs);
	m.rw = "randread";
	host_disk(&m, 1, 0);
	rt_analyze(&m, &fs);
	assert_non_null(strstr(rt_find(&fs, "thumb-merges")->title, "nothing to merge"));
	done(&m, &fs);
	m.device_share = 1;
	rt_analyze(&m, &fs);
	assert_true(rt_lacks(&fs, "thumb-lacks", "thumb-merges needs host/block.csv"));
	pb_findings_fini(&fs);
	m.path = "vfio"; /* there the host has no block device, and lacks none */
	rt_analyze(&m, &fs);
	assert_false(rt_lacks(&fs, "thumb-lacks", "thumb-merges"));
	pb_findings_fini(&fs);
}

static void layers(struct mk_run *m, const char *unit)
{
	static const char *const names[] = {"dm-0", "nvme1n1"};
	const struct mkf_col top[] = {{"role", 0, 0, "disk"},   {"reads", 1, 0, NULL},
				      {"writes", 0, 0, NULL},   {"read_ns", 100000, 0, unit},
				      {"write_ns", 0, 0, unit}, {NULL, 0, 0, NULL}};
	const struct mkf_col below[] = {{"role", 0, 0, "below"},  {"reads", 1, 0, NULL},
					{"writes", 0, 0, NULL},   {"read_ns", 80000, 0, unit},
					{"write_ns", 0, 0, unit}, {NULL, 0, 0, NULL}};
	const struct mkf_col *const rows[] = {top, below};

	mk_default(m);
	m->path = "local";
	mkf_put(m, "host/block.csv", mkf_counters(m, "block", names, 2, rows, MK_TICK));
}

static void layers_take_time(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	layers(&m, NULL);
	rt_analyze(&m, &fs);
	assert_true(fabs(rt_evidence(rt_find(&fs, "thumb-layers"), "host/block.csv", "read_ns")->value - 20) <
		    .1);
	done(&m, &fs);
	layers(&m, "");
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "thumb-layers"));
	assert_true(rt_lacks(&fs, "thumb-lacks", "thumb-layers needs host/block.csv"));
	done(&m, &fs);
	mk_default(&m);
	m.path = "local"; /* a plain disk */
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "thumb-layers"));
	assert_false(rt_lacks(&fs, "thumb-lacks", "thumb-layers"));
	pb_findings_fini(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_period_is_found),   cmocka_unit_test(noise_and_drift_have_none),
		cmocka_unit_test(jitter_at_intervals), cmocka_unit_test(thirty_percent_is_checked),
		cmocka_unit_test(cpus_for_100000),     cmocka_unit_test(merges_are_counted),
		cmocka_unit_test(layers_take_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
