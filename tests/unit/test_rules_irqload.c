/*
 * Rules of the irq family about load, posting and coalescing: known answers, noise, missing counters,
 * boundaries.
 */
#include "engine/lib/json.h"
#include "tests/unit/mkfiles.h"
#include "tests/unit/ruletest.h"

/* Vectors on CPUs without vCPUs, so that R-I2 has nothing to say. */
static void tidy(struct mk_run *m)
{
	mk_default(m);
	m->vec_cpu[0] = m->vec_cpu[1] = 2;
	m->vec_cpu[2] = 3;
}

static void done(struct mk_run *m, struct pb_findings *fs)
{
	pb_findings_fini(fs);
	mkf_free(m);
}

/* ---- R-I4, R-I5 ---- */

static void iommu(struct mk_run *m, const char *vendor, int capable, int enabled)
{
	static char patch[100];
	char text[400];

	snprintf(patch, sizeof(patch), "{\"host\": {\"iommu\": \"%s\"}}", vendor);
	m->patch = patch;
	snprintf(text, sizeof(text),
		 "t_ns,scope,item,of_disk,value,text\n%lld,host,posted_capable,,%d,VT-d\n"
		 "%lld,host,posted_enabled,,%d,kvm_intel is off\n",
		 MK_T0, capable, MK_T0, enabled);
	mkf_text(m, "host/iommu.csv", text);
}

static bool posting(const char *rule, const char *vendor, int capable, int enabled, double exits)
{
	struct mk_run m;
	bool loud;

	tidy(&m);
	iommu(&m, vendor, capable, enabled);
	mkf_kvm(&m, exits, .4, .4, .1, .02);
	loud = rt_speaks(&m, rule);
	mkf_free(&m);
	return loud;
}

static void posting_that_is_off(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	assert_true(posting("R-I4", "intel", 1, 0, .9));
	assert_false(posting("R-I5", "intel", 1, 0, .9));
	assert_true(posting("R-I5", "amd", 1, 0, .9));
	assert_false(posting("R-I4", "amd", 1, 0, .9));
	assert_false(posting("R-I4", "intel", 0, 0, .9)); /* this IOMMU cannot */
	assert_false(posting("R-I4", "intel", 1, 1, .9));
	assert_true(posting("R-I4", "intel", 1, 0, .51));
	assert_false(posting("R-I4", "intel", 1, 0, .49)); /* not bound by interrupts */
	tidy(&m);
	m.host_ratio = 0; /* posted already */
	iommu(&m, "intel", 1, 0);
	mkf_kvm(&m, .9, .4, .4, .1, .02);
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "R-I4"));
	done(&m, &fs);
}

static void posting_says_what_it_lacks(void **state)
{
	struct mk_run m;

	(void)state;
	tidy(&m);
	assert_true(rt_says_missing(&m, "irq-lacks", "R-I4 needs host/iommu.csv"));
	iommu(&m, "intel", 1, 0);
	m.drop_file = "host/kvm.csv";
	assert_true(rt_says_missing(&m, "irq-lacks", "R-I4 needs host/kvm.csv"));
	assert_false(rt_speaks(&m, "R-I4"));
	mkf_free(&m);
}

/* ---- R-I8, R-I9 ---- */

/* Much work on a disk that can coalesce: each of two vectors completes half of it. */
static void bulk(struct mk_run *m, double scale)
{
	tidy(m);
	for (int i = 0; i < m->steps; i++)
		m->step[i].iops *= scale;
	m->step[6].depth = 256; /* 1.1 ms each at 230,000/s: eight of them come in 69 us */
	m->irqtime[0] = m->irqtime[1] = .3 / scale; /* the model's share is at 11,520 IOPS */
	m->patch = "{\"disk\": {\"model\": \"ACME 1\"}}";
}

static void batches_that_would_fill_at_once(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	bulk(&m, 20);
	m.step[6].iops *= 1.01; /* the deepest one is the top */
	rt_analyze(&m, &fs);
	assert_non_null(rt_loud(&fs, "R-I8"));
	assert_true(rt_list_has(&rt_loud(&fs, "R-I8")->apply, "set-feature /dev/nvme0 -f 8 -V 0x0107"));
	assert_true(rt_list_has(&rt_loud(&fs, "R-I8")->apply, "in the guest: "));
	assert_string_equal(pb_json_str(rt_loud(&fs, "R-I8")->params, "value", ""), "263");
	pb_findings_fini(&fs);
	m.irq_per_io = .75; /* batched already */
	assert_false(rt_speaks(&m, "R-I8"));
	m.irq_per_io = .92;
	m.irqtime[0] = m.irqtime[1] = .2 / 20; /* the CPU has time */
	assert_false(rt_speaks(&m, "R-I8"));
	bulk(&m, 20);
	m.step[6].depth = 128; /* the batch takes an eighth of an I/O */
	assert_false(rt_speaks(&m, "R-I8"));
	bulk(&m, 15); /* 86,000 completions a second on a vector */
	assert_false(rt_speaks(&m, "R-I8"));
	bulk(&m, 20);
	m.patch = NULL; /* QEMU's disk ignores the feature */
	assert_false(rt_speaks(&m, "R-I8"));
	bulk(&m, 20);
	m.path = "virtio-blk"; /* the disk's driver is not the guest's */
	assert_false(rt_speaks(&m, "R-I8"));
	bulk(&m, 20);
	m.drop_file = "guest/guest0/cpu.csv";
	m.step[6].iops *= 1.01;
	assert_true(rt_says_missing(&m, "irq-lacks", "R-I8 needs guest/guest0/cpu.csv"));
	m.drop_file = "guest/guest0/interrupts.csv";
	assert_true(rt_says_missing(&m, "irq-lacks", "R-I8 needs guest/guest0/interrupts.csv"));
}

static void coalescing_at_low_depth(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	tidy(&m);
	m.patch =
		"{\"guest\": {\"disk\": {\"nvme\": {\"coalescing_threshold\": 8, \"coalescing_us\": 200}}}}";
	rt_analyze(&m, &fs); /* the depth in use is 16 */
	assert_int_equal(rt_find(&fs, "R-I9")->severity, PB_SEV_INFO);
	assert_int_equal(rt_find(&fs, "R-I9")->apply.n, 0);
	pb_findings_fini(&fs);
	m.steps = 3; /* 1, 2, 4 */
	rt_analyze(&m, &fs);
	assert_true(rt_list_has(&rt_loud(&fs, "R-I9")->apply, "-f 8 -V 0x0000"));
	assert_true(rt_list_has(&rt_loud(&fs, "R-I9")->undo, "-f 8 -V 0x0207"));
	pb_findings_fini(&fs);
	m.patch =
		"{\"guest\": {\"disk\": {\"nvme\": {\"coalescing_threshold\": 1, \"coalescing_us\": 200}}}}";
	assert_false(rt_speaks(&m, "R-I9")); /* batches of one: off */
	m.patch = NULL;
	assert_true(rt_says_missing(&m, "irq-lacks", "R-I9 needs manifest.json, guest.disk.nvme"));
	m.path = "virtio-blk";
	assert_false(rt_says_missing(&m, "irq-lacks", "R-I9"));
}

/* ---- storms, one CPU, neighbours ---- */

/* More I/Os a second at the same cost in handlers. */
static void quick(struct mk_run *m, double scale)
{
	for (int i = 0; i < m->steps; i++)
		m->step[i].iops *= scale;
	for (int i = 0; i < MK_CPUS; i++)
		m->irqtime[i] /= scale;
}

static void storms(void **state)
{
	unsigned sides = 0;
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	tidy(&m);
	quick(&m, 30); /* 159,000 interrupts/s a vector */
	rt_analyze(&m, &fs);
	for (size_t i = 0; i < fs.n; i++)
		if (strcmp(fs.v[i]->rule, "irq-storm") == 0)
			sides += rt_evidence(fs.v[i], "host/interrupts.csv", "cpu2") ||
				 rt_evidence(fs.v[i], "guest/guest0/interrupts.csv", "cpu0");
	assert_int_equal(sides, 2);
	assert_null(rt_find(&fs, "R-I10")); /* handled: load, not a fault */
	pb_findings_fini(&fs);
	tidy(&m);
	quick(&m, 28);
	assert_false(rt_speaks(&m, "irq-storm"));
	m.irqtime[3] = .3 / 28;
	assert_true(rt_speaks(&m, "irq-storm"));
	m.irqtime[3] = .2 / 28;
	assert_false(rt_speaks(&m, "irq-storm"));
	tidy(&m); /* the time is somebody else's when hardly any are the disk's */
	m.irqtime[3] = .5;
	assert_false(rt_speaks(&m, "irq-storm"));
	m.drop_file = "host/cpu.csv";
	assert_true(rt_says_missing(&m, "irq-lacks", "irq-storm needs host/cpu.csv"));
	m.drop_file = "host/interrupts.csv";
	assert_true(rt_says_missing(&m, "irq-lacks", "irq-storm needs host/interrupts.csv"));
	m.drop_file = "guest/guest0/interrupts.csv";
	assert_true(rt_says_missing(&m, "irq-lacks", "irq-one-cpu needs guest/guest0/interrupts.csv"));
}

static void all_vectors_on_one_cpu(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.path = "virtio-blk"; /* under VFIO R-I2 speaks, with the writes that move them */
	m.managed = 1;
	m.vec_cpu[0] = m.vec_cpu[1] = m.vec_cpu[2] = 2;
	m.irqtime[2] = .3;
	rt_analyze(&m, &fs);
	assert_non_null(rt_evidence(rt_loud(&fs, "irq-one-cpu"), "host/cpu.csv", "irq_ns"));
	assert_null(rt_loud(&fs, "irq-storm"));
	pb_findings_fini(&fs);
	m.irqtime[2] = .2;
	assert_false(rt_speaks(&m, "irq-one-cpu"));
	m.irqtime[2] = .3;
	m.vec_cpu[2] = 3;
	assert_false(rt_speaks(&m, "irq-one-cpu"));
	m.vec_cpu[2] = 2;
	m.irqtime[0] = m.irqtime[1] = m.irqtime[3] = .2; /* nobody else has time for them */
	assert_false(rt_speaks(&m, "irq-one-cpu"));
	m.drop_file = "host/cpu.csv";
	assert_true(rt_says_missing(&m, "irq-lacks", "irq-one-cpu needs host/cpu.csv"));
	mk_default(&m);
	m.vec_cpu[0] = m.vec_cpu[1] = m.vec_cpu[2] = 2;
	m.irqtime[2] = .3;
	assert_false(rt_speaks(&m, "irq-one-cpu"));
	assert_true(rt_speaks(&m, "R-I2"));
}

static void a_busy_neighbour(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	tidy(&m);
	m.vec_cpu[2] = 2;
	m.busy[2] = .6;
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "irq-neighbour");
	assert_non_null(f);
	assert_string_equal(pb_json_str(f->params, "kind", ""), "irq-affinity");
	assert_true(rt_list_has(&f->apply, "echo 3 > /proc/irq/33/smp_affinity_list"));
	assert_true(rt_list_has(&f->undo, "echo 0-3 > /proc/irq/33/smp_affinity_list"));
	assert_true(fabs(rt_evidence(f, "host/cpu.csv", "cpu")->value - .61) < .03);
	pb_findings_fini(&fs);
	m.busy[2] = .45;
	assert_false(rt_speaks(&m, "irq-neighbour"));
	m.busy[2] = .6;
	m.host_ratio = 0; /* posted: no host CPU takes them */
	assert_false(rt_speaks(&m, "irq-neighbour"));
	m.host_ratio = 1;
	m.busy[3] = .6; /* nowhere to go: advice without a move */
	rt_analyze(&m, &fs);
	assert_non_null(rt_loud(&fs, "irq-neighbour"));
	assert_null(rt_loud(&fs, "irq-neighbour")->params);
	pb_findings_fini(&fs);
	m.path = "virtio-blk"; /* managed vectors stay, the neighbour goes */
	m.managed = 1;
	rt_analyze(&m, &fs);
	assert_non_null(rt_loud(&fs, "irq-neighbour"));
	assert_null(rt_loud(&fs, "irq-neighbour")->params);
	assert_false(rt_list_has(&rt_loud(&fs, "irq-neighbour")->apply, "smp_affinity"));
	pb_findings_fini(&fs);
}

static void the_guest_is_no_neighbour(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m); /* vectors on the vCPUs' CPUs, which their vCPUs keep busy */
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "irq-neighbour"));
	pb_findings_fini(&fs);
	m.threads_every = 17; /* few samples in the window: those around it tell what ran in it */
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "irq-neighbour"));
	pb_findings_fini(&fs);
	tidy(&m);
	m.busy[2] = .6;
	m.drop_file = "host/threads.csv";
	assert_true(rt_says_missing(&m, "irq-lacks", "irq-neighbour needs host/threads.csv"));
	assert_false(rt_speaks(&m, "irq-neighbour"));
	m.drop_file = "host/cpu.csv";
	assert_true(rt_says_missing(&m, "irq-lacks", "irq-neighbour needs host/cpu.csv"));
}

/* An iothread that moves between two CPUs every other sample; its time is the guest's on both. */
static void a_thread_that_wanders_is_no_neighbour(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	struct mk_run m;

	(void)state;
	tidy(&m);
	m.busy[2] = .7;
	fprintf(f, "t_ns,pid,tid,role,name,run_ns,wait_ns,switches,last_cpu,allowed_cpus\n");
	for (int64_t t = MK_T0, i = 0; t <= mk_finish(&m); t += MK_TICK, i++) {
		fprintf(f, "%lld,41,42,vcpu0,x,%.0f,0,5,0,0-3\n", (long long)t, .5 * (double)(t - MK_T0));
		fprintf(f, "%lld,41,43,iothread,x,%.0f,0,5,%d,0-3\n", (long long)t, .7 * (double)(t - MK_T0),
			i / 2 % 2 ? 2 : 3);
	}
	fclose(f);
	mkf_put(&m, "host/threads.csv", text);
	assert_false(rt_speaks(&m, "irq-neighbour"));
	mkf_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(posting_that_is_off),
		cmocka_unit_test(posting_says_what_it_lacks),
		cmocka_unit_test(batches_that_would_fill_at_once),
		cmocka_unit_test(coalescing_at_low_depth),
		cmocka_unit_test(storms),
		cmocka_unit_test(all_vectors_on_one_cpu),
		cmocka_unit_test(a_busy_neighbour),
		cmocka_unit_test(the_guest_is_no_neighbour),
		cmocka_unit_test(a_thread_that_wanders_is_no_neighbour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
