/*
 * Rules of the irq, vm and cost families: known answers, noise, missing
 * columns, boundaries.
 */
#include "engine/lib/json.h"
#include "tests/unit/ruletest.h"

/* Vectors on housekeeping CPUs, so that R-I2 has nothing to say. */
static void tidy(struct mk_run *m)
{
	mk_default(m);
	m->vec_cpu[0] = m->vec_cpu[1] = 2;
	m->vec_cpu[2] = 3;
}

static json_t *first_move(const struct pb_finding *f)
{
	return json_array_get(json_object_get(f->params, "vectors"), 0);
}

static void moves_vectors_off_the_vcpus(void **state)
{
	struct pb_findings fs;
	struct pb_evidence *e;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "R-I2");
	assert_non_null(f);
	assert_string_equal(json_string_value(json_object_get(f->params, "kind")), "irq-affinity");
	assert_int_equal(json_array_size(json_object_get(f->params, "vectors")), MK_VECS);
	assert_string_equal(json_string_value(json_object_get(first_move(f), "name")),
			    "vfio-msix[0](" MK_BDF ")");
	assert_string_equal(json_string_value(json_object_get(first_move(f), "old")), "0-3");
	assert_string_equal(json_string_value(json_object_get(first_move(f), "new")), "2"); /* 3 is busier */
	assert_true(rt_list_has(&f->apply, "echo 2 > /proc/irq/33/smp_affinity_list"));
	assert_true(rt_list_has(&f->undo, "echo 0-3 > /proc/irq/33/smp_affinity_list"));
	e = rt_evidence(f, "host/interrupts.csv", "cpu0");
	assert_non_null(e);
	assert_true(fabs(e->value - 11520 * .92 / 2) < 60);
	assert_null(rt_find(&fs, "irq-ok"));
	pb_findings_fini(&fs);
}

static void silent_when_vectors_are_elsewhere(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	tidy(&m);
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "R-I2"));
	assert_non_null(rt_find(&fs, "irq-ok"));
	pb_findings_fini(&fs);
}

static void a_quiet_vector_is_no_reason(void **state)
{
	struct mk_run m;

	(void)state;
	tidy(&m);
	m.vec_cpu[0] = 0; /* the admin queue: hardly ever */
	assert_false(rt_speaks(&m, "R-I2"));
}

static void never_an_smt_sibling(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.topology = "pack:1 numa:1 core:2 pu:2"; /* 0+1 and 2+3 */
	m.vcpu_cpu[1] = 2;
	m.vec_cpu[2] = 2;
	rt_analyze(&m, &fs);
	assert_null(rt_loud(&fs, "R-I2"));
	assert_non_null(rt_find(&fs, "R-I2")); /* says that there is no room */
	pb_findings_fini(&fs);
	m.vcpu_cpu[1] = 1;
	m.vec_cpu[2] = 1;
	assert_true(rt_speaks(&m, "R-I2"));
}

static void far_vectors_come_home(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	tidy(&m);
	m.numa_node = 0;
	m.local_cpus = "0-2";
	rt_analyze(&m, &fs);
	assert_non_null(rt_loud(&fs, "R-I2")); /* vector 2 is on 3 */
	assert_int_equal(json_array_size(json_object_get(rt_loud(&fs, "R-I2")->params, "vectors")), 1);
	assert_string_equal(json_string_value(json_object_get(first_move(rt_loud(&fs, "R-I2")), "new")), "2");
	pb_findings_fini(&fs);
	m.numa_node = -1; /* firmware did not say: nothing is far */
	assert_false(rt_speaks(&m, "R-I2"));
}

static void crowded_cpu_boundary(void **state)
{
	struct mk_run m;

	(void)state;
	tidy(&m);
	m.vec_cpu[2] = 2;
	m.irqtime[2] = .24;
	assert_false(rt_speaks(&m, "R-I2"));
	m.irqtime[2] = .27;
	assert_true(rt_speaks(&m, "R-I2"));
}

static void ratio_boundary(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.host_ratio = .55;
	assert_true(rt_speaks(&m, "R-I2"));
	m.host_ratio = .45; /* neither remapped nor posted */
	assert_false(rt_speaks(&m, "R-I2"));
	m.host_ratio = .05;
	assert_false(rt_speaks(&m, "R-I2"));
}

static void placement_says_what_it_lacks(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.drop_file = "host/threads.csv";
	assert_true(rt_says_missing(&m, "R-I2", "host/threads.csv"));
	mk_default(&m);
	m.drop_file = "host/cpu.csv";
	assert_true(rt_says_missing(&m, "R-I2", "host/cpu.csv"));
	mk_default(&m);
	m.drop_file = "host/affinity.csv"; /* still speaks, without undo */
	rt_analyze(&m, &fs);
	assert_true(rt_lacks(&fs, "R-I2", "host/affinity.csv"));
	assert_int_equal(rt_loud(&fs, "R-I2")->undo.n, 0);
	assert_true(json_is_null(json_object_get(first_move(rt_loud(&fs, "R-I2")), "old")));
	pb_findings_fini(&fs);
	mk_default(&m);
	m.drop_file = "guest/guest0/interrupts.csv";
	rt_analyze(&m, &fs);
	assert_true(rt_lacks(&fs, "R-I2", "guest/guest0/interrupts.csv"));
	assert_string_equal(rt_loud(&fs, "R-I2")->confidence, "low");
	pb_findings_fini(&fs);
}

static void managed_vectors_are_never_written(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.path = "virtio-blk";
	m.managed = 1;
	rt_analyze(&m, &fs);
	assert_non_null(rt_find(&fs, "R-I1"));
	for (size_t i = 0; i < fs.n; i++)
		assert_false(rt_list_has(&fs.v[i]->apply, "smp_affinity"));
	pb_findings_fini(&fs);
	m.managed = 0;
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "R-I1"));
	pb_findings_fini(&fs);
	m.managed = -1;
	assert_true(rt_says_missing(&m, "R-I1", "managed"));
	mk_default(&m);
	m.managed = 1; /* a vfio vector the kernel calls managed is left alone too */
	assert_false(rt_speaks(&m, "R-I2"));
}

static void posted_is_healthy(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.host_ratio = 0;
	rt_analyze(&m, &fs);
	assert_int_equal(rt_find(&fs, "R-I3")->severity, PB_SEV_INFO);
	assert_true(strstr(rt_find(&fs, "R-I3")->title, "healthy") != NULL);
	assert_non_null(rt_evidence(rt_find(&fs, "R-I3"), "host/interrupts.csv", "PIW"));
	assert_null(rt_find(&fs, "R-I2"));
	pb_findings_fini(&fs);
	mk_default(&m); /* remapped: nothing to say */
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "R-I3"));
	pb_findings_fini(&fs);
}

static void posted_boundary_and_lack(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.host_ratio = .09;
	rt_analyze(&m, &fs);
	assert_non_null(strstr(rt_find(&fs, "R-I3")->title, "healthy"));
	pb_findings_fini(&fs);
	m.host_ratio = .12;
	rt_analyze(&m, &fs);
	assert_null(strstr(rt_find(&fs, "R-I3")->title, "healthy"));
	pb_findings_fini(&fs);
	m.host_ratio = 0;
	m.drop_file = "guest/guest0/interrupts.csv"; /* quiet host lines alone prove nothing */
	rt_analyze(&m, &fs);
	assert_null(strstr(rt_find(&fs, "R-I3")->title, "healthy"));
	assert_true(rt_lacks(&fs, "R-I3", "guest/guest0/interrupts.csv"));
	pb_findings_fini(&fs);
	mk_default(&m);
	m.drop_file = "host/interrupts.csv";
	assert_true(rt_says_missing(&m, "R-I3", "host/interrupts.csv"));
}

static void irqbalance_is_named(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	assert_false(rt_speaks(&m, "R-I6"));
	m.irqbalance = true;
	rt_analyze(&m, &fs);
	assert_true(rt_list_has(&rt_loud(&fs, "R-I6")->apply, "--banmod=vfio"));
	pb_findings_fini(&fs);
	m.host_ratio = 0; /* posted: it may move what it likes */
	assert_false(rt_speaks(&m, "R-I6"));
	mk_default(&m);
	m.irqbalance = true;
	m.drop_file = "host/interrupts.csv"; /* R-I3 says it for the family */
	assert_false(rt_speaks(&m, "R-I6"));
	assert_true(rt_says_missing(&m, "R-I3", "host/interrupts.csv"));
}

static void storm_is_critical(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	tidy(&m);
	m.irq_per_io = 1.6;
	rt_analyze(&m, &fs);
	assert_int_equal(rt_loud(&fs, "R-I10")->severity, PB_SEV_CRITICAL);
	assert_ptr_equal(fs.v[0], rt_loud(&fs, "R-I10"));
	pb_findings_fini(&fs);
	m.irq_per_io = 1.45;
	assert_false(rt_speaks(&m, "R-I10"));
	m.drop_file = "steps.csv";
	assert_true(rt_says_missing(&m, "R-I10", "interrupts"));
}

/* A flush completes with an interrupt of its own, and no load generator counts it as an I/O. */
static void flushes_are_no_storm(void **state)
{
	struct mk_run m;

	(void)state;
	tidy(&m);
	m.writes = true;
	m.rw = "randwrite";
	m.irq_per_io = 1.6;
	m.durability = "none";
	assert_true(rt_speaks(&m, "R-I10"));
	m.durability = "flush";
	assert_false(rt_speaks(&m, "R-I10"));
	m.irq_per_io = 3.2;
	assert_true(rt_speaks(&m, "R-I10"));
}

static void rates_are_listed(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	rt_analyze(&m, &fs);
	assert_int_equal(rt_find(&fs, "irq-rates")->n_evidence, 4);
	pb_findings_fini(&fs);
	m.drop_file = "guest/guest0/interrupts.csv";
	assert_true(rt_says_missing(&m, "irq-rates", "guest/guest0/interrupts.csv"));
}

static void waiting_vcpus_are_pinned(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m); /* 0.4% */
	m.lab = false;
	assert_false(rt_speaks(&m, "R-V2"));
	m.vcpu_wait = .0095;
	assert_false(rt_speaks(&m, "R-V2"));
	m.vcpu_wait = .0105;
	rt_analyze(&m, &fs);
	assert_true(rt_list_has(&rt_loud(&fs, "R-V2")->apply, "taskset -pc 2 4100"));
	assert_true(rt_list_has(&rt_loud(&fs, "R-V2")->undo, "taskset -pc 0-3 4100"));
	assert_null(rt_find(&fs, "vm-ok"));
	pb_findings_fini(&fs);
	m.lab = true; /* kernel threads of an emulated CPU take longer */
	m.vcpu_wait = .145;
	assert_false(rt_speaks(&m, "R-V2"));
	m.vcpu_wait = .155;
	assert_true(rt_speaks(&m, "R-V2"));
	rt_blank(&m, "host/threads.csv", "wait_ns");
	assert_true(rt_says_missing(&m, "R-V2", "wait_ns"));
}

static void trapped_doorbells(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.mmio_per_io = .009;
	assert_false(rt_speaks(&m, "R-V4"));
	m.mmio_per_io = .011;
	rt_analyze(&m, &fs);
	assert_true(rt_list_has(&rt_loud(&fs, "R-V4")->apply, "x-msix-relocation=auto"));
	pb_findings_fini(&fs);
	m.drop_file = "host/kvm.csv";
	assert_true(rt_says_missing(&m, "R-V4", "host/kvm.csv"));
	mk_default(&m);
	m.path = "virtio-blk"; /* a virtio doorbell exits by design */
	m.mmio_per_io = 1;
	assert_false(rt_speaks(&m, "R-V4"));
}

static void attribution_adds_up(void **state)
{
	struct pb_findings fs;
	struct pb_evidence *e;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	rt_analyze(&m, &fs);
	f = rt_find(&fs, "attribution");
	e = rt_evidence(f, "host/kvm.csv", "exits");
	assert_true(fabs(e->value - 2.1) < .02);
	e = rt_evidence(f, "host/threads.csv", "run_ns");
	assert_true(fabs(e->value - 2 * .62 / 11520 * 1e6) < 2); /* microseconds */
	pb_findings_fini(&fs);
	m.kvm_vm = true; /* debugfs has one row for the VM: the same totals */
	rt_analyze(&m, &fs);
	e = rt_evidence(rt_find(&fs, "attribution"), "host/kvm.csv", "exits");
	assert_true(fabs(e->value - 2.1) < .02);
	pb_findings_fini(&fs);
	m.drop_file = "host/kvm.csv";
	assert_true(rt_says_missing(&m, "attribution", "host/kvm.csv"));
	mk_default(&m);
	m.path = "local"; /* no guest: nothing of QEMU's is missed */
	rt_analyze(&m, &fs);
	assert_false(rt_lacks(&fs, "attribution", "kvm"));
	pb_findings_fini(&fs);
}

static double cell(const json_t *params, size_t row, const char *column)
{
	return pb_json_num(json_array_get(json_object_get(params, "steps"), row), column, NAN);
}

static void every_depth_has_its_costs(void **state)
{
	static const char *const known[] = {"guest_irqs", "host_irqs", "exits",  "injections",
					    "vcpu_us",    "switches",  "irq_us", "ios_s"};
	struct pb_findings fs;
	const json_t *params;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	rt_analyze(&m, &fs);
	params = rt_find(&fs, "attribution")->params;
	assert_int_equal(json_array_size(json_object_get(params, "steps")), m.steps);
	for (int i = 0; i < m.steps; i++) {
		assert_int_equal((int)cell(params, (size_t)i, "depth"), m.step[i].depth);
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (!(cell(params, (size_t)i, known[k]) >= 0))
				fail_msg("depth %d: no %s", m.step[i].depth, known[k]);
		assert_true(fabs(cell(params, (size_t)i, "exits") - m.exits_per_io) < .05);
		assert_true(fabs(cell(params, (size_t)i, "guest_irqs") - m.irq_per_io) < .02);
		assert_true(fabs(cell(params, (size_t)i, "ios_s") / m.step[i].iops - 1) < .08);
	}
	/* what is not there is null and has a reason */
	assert_true(isnan(cell(params, 0, "link_counted")));
	assert_non_null(
		strstr(pb_json_str(json_object_get(params, "missing"), "link_counted", ""), "pciebw"));
	pb_findings_fini(&fs);
}

static void costs_say_what_they_lack(void **state)
{
	struct pb_findings fs;
	const json_t *params;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.drop_file = "host/threads.csv";
	rt_analyze(&m, &fs);
	params = rt_find(&fs, "attribution")->params;
	assert_true(isnan(cell(params, 0, "vcpu_us")));
	assert_true(cell(params, 0, "exits") > 0); /* and nothing else is gone */
	assert_non_null(
		strstr(pb_json_str(json_object_get(params, "missing"), "qemu_us", ""), "threads.csv"));
	pb_findings_fini(&fs);
	mk_default(&m);
	m.path = "local"; /* no guest: no exits to lack */
	rt_analyze(&m, &fs);
	params = rt_find(&fs, "attribution")->params;
	assert_null(json_object_get(json_object_get(params, "missing"), "exits"));
	assert_true(cell(params, 0, "guest_irqs") > 0);
	pb_findings_fini(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_vectors_off_the_vcpus),
		cmocka_unit_test(silent_when_vectors_are_elsewhere),
		cmocka_unit_test(a_quiet_vector_is_no_reason),
		cmocka_unit_test(never_an_smt_sibling),
		cmocka_unit_test(far_vectors_come_home),
		cmocka_unit_test(crowded_cpu_boundary),
		cmocka_unit_test(ratio_boundary),
		cmocka_unit_test(placement_says_what_it_lacks),
		cmocka_unit_test(managed_vectors_are_never_written),
		cmocka_unit_test(posted_is_healthy),
		cmocka_unit_test(posted_boundary_and_lack),
		cmocka_unit_test(irqbalance_is_named),
		cmocka_unit_test(storm_is_critical),
		cmocka_unit_test(flushes_are_no_storm),
		cmocka_unit_test(rates_are_listed),
		cmocka_unit_test(waiting_vcpus_are_pinned),
		cmocka_unit_test(trapped_doorbells),
		cmocka_unit_test(attribution_adds_up),
		cmocka_unit_test(every_depth_has_its_costs),
		cmocka_unit_test(costs_say_what_they_lack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
