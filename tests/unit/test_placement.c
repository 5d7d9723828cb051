/*
 * Where threads run and which CPUs can take interrupts: lists, shares,
 * siblings, nodes, ranking.
 */
#include "analyzers/placement.h"
#include "tests/unit/ruletest.h"

static void read_run(const struct mk_run *m, struct pb_placement *p)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_run *run;
	struct tmpdir t;
	char path[128];

	tmpdir_make(&t);
	snprintf(path, sizeof(path), "%s/run", t.path);
	assert_int_equal(mk_write(m, path), 0);
	assert_int_equal(pb_run_open(&run, path, &err), 0);
	assert_int_equal(pb_placement_read(p, run, mk_start(6), mk_start(6) + MK_WINDOW), 0);
	pb_run_close(run);
	tmpdir_remove(&t);
}

static void cpulists(void **state)
{
	(void)state;
	assert_true(pb_cpulist_has("0-3,8,10-11", 8));
	assert_true(pb_cpulist_has("0-3,8,10-11", 3));
	assert_true(pb_cpulist_has("0-3,8,10-11", 11));
	assert_false(pb_cpulist_has("0-3,8,10-11", 9));
	assert_false(pb_cpulist_has("", 0));
	assert_false(pb_cpulist_has(NULL, 0));
	assert_false(pb_cpulist_has("x", 0));
	assert_false(pb_cpulist_has("1,", 0));
}

static void shares_and_loads(void **state)
{
	struct pb_placement p;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	read_run(&m, &p);
	assert_true(p.have_cpu && p.have_threads && p.have_topology && !p.have_node);
	assert_true(p.cpu[0].vcpu_share == 1 && p.cpu[1].vcpu_share == 1 && p.cpu[2].vcpu_share == 0);
	assert_true(p.cpu[0].busy > .6 && p.cpu[2].busy < .1);
	assert_true(fabs(p.cpu[0].irq - .04) < .005);
	assert_true(p.cpu[3].online && !p.cpu[4].online);
	pb_placement_fini(&p);
}

static void best_is_the_idlest(void **state)
{
	struct pb_placement p;
	struct mk_run m;
	int cpus[4];

	(void)state;
	mk_default(&m);
	read_run(&m, &p);
	assert_int_equal(pb_placement_housekeeping(&p, cpus, 4), 2);
	assert_int_equal(cpus[0], 2);
	assert_int_equal(cpus[1], 3);
	assert_int_equal(pb_placement_housekeeping(&p, cpus, 1), 1);
	assert_int_equal(cpus[0], 2);
	pb_placement_fini(&p);
	m.busy[2] = .5;
	read_run(&m, &p);
	assert_int_equal(pb_placement_housekeeping(&p, cpus, 1), 1);
	assert_int_equal(cpus[0], 3);
	pb_placement_fini(&p);
	m.busy[2] = m.busy[3] + .004; /* no difference to speak of: the lower number */
	read_run(&m, &p);
	assert_int_equal(pb_placement_housekeeping(&p, cpus, 1), 1);
	assert_int_equal(cpus[0], 2);
	pb_placement_fini(&p);
}

static void node_and_siblings_exclude(void **state)
{
	struct pb_placement p;
	struct mk_run m;
	int cpus[4];

	(void)state;
	mk_default(&m);
	m.numa_node = 0;
	m.local_cpus = "0,1,3";
	read_run(&m, &p);
	assert_true(p.have_node);
	assert_int_equal(pb_placement_housekeeping(&p, cpus, 4), 1);
	assert_int_equal(cpus[0], 3);
	pb_placement_fini(&p);
	mk_default(&m);
	m.vcpu_cpu[1] = 0;
	m.topology = "pack:1 numa:1 core:2 pu:2"; /* 1 shares a core with 0 */
	read_run(&m, &p);
	assert_true(p.cpu[1].sibling_busy && !p.cpu[2].sibling_busy);
	assert_int_equal(pb_placement_housekeeping(&p, cpus, 4), 2);
	assert_int_equal(cpus[0], 2);
	pb_placement_fini(&p);
}

static void unknown_load_is_not_idle(void **state)
{
	struct pb_placement p;
	struct mk_run m;
	int cpus[4];

	(void)state;
	mk_default(&m);
	rt_blank(&m, "host/cpu.csv", "idle_ns");
	read_run(&m, &p);
	assert_false(p.have_cpu);
	assert_int_equal(pb_placement_housekeeping(&p, cpus, 4), 0);
	pb_placement_fini(&p);
	mk_default(&m);
	m.topology = NULL;
	read_run(&m, &p);
	assert_false(p.have_topology);
	assert_int_equal(pb_placement_housekeeping(&p, cpus, 4), 2);
	pb_placement_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpulists),
		cmocka_unit_test(shares_and_loads),
		cmocka_unit_test(best_is_the_idlest),
		cmocka_unit_test(node_and_siblings_exclude),
		cmocka_unit_test(unknown_load_is_not_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
