/*
 * Rules of the vm family about nodes, pages and iothreads: known answers, noise, missing counters,
 * boundaries.
 */
#include "engine/lib/json.h"
#include "tests/unit/mkfiles.h"
#include "tests/unit/ruletest.h"

static void done(struct mk_run *m, struct pb_findings *fs)
{
	pb_findings_fini(fs);
	mkf_free(m);
}

/* Two nodes, 0-1 and 2-3, the disk on the second. near_gib of 8 GiB of the guest's memory are there too. */
static void numa(struct mk_run *m, double near_gib)
{
	char text[300];
	double far = (8 - near_gib) * (1 << 30), near = near_gib * (1 << 30);

	mk_default(m);
	m->numa_node = 1;
	m->local_cpus = "2-3";
	m->topology = "pack:2 numa:1 core:2 pu:1";
	m->vec_cpu[0] = m->vec_cpu[1] = m->vec_cpu[2] = 2;
	m->patch = "{\"host\": {\"numa_nodes\": 2}}";
	snprintf(text, sizeof(text),
		 "t_ns,pid,kind,policy,page_bytes,node,bytes\n%lld,41,anon,default,4096,0,%.0f\n"
		 "%lld,41,anon,default,4096,1,%.0f\n%lld,41,thp,,,,%.0f\n",
		 MK_T0, far, MK_T0, near, MK_T0, 4e9);
	mkf_text(m, "host/guestmem.csv", text);
}

static void far_from_the_disk(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	numa(&m, 0); /* vCPUs on 0 and 1 */
	m.vec_cpu[0] = m.vec_cpu[1] = m.vec_cpu[2] = 3;
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "R-V1");
	assert_non_null(f);
	assert_string_equal(pb_json_str(f->params, "kind", ""), "vcpu-pin");
	assert_int_equal(json_array_size(json_object_get(f->params, "vcpus")), 2);
	assert_true(rt_list_has(&f->apply, "nodeset='1'"));
	assert_true(fabs(rt_evidence(f, "host/guestmem.csv", "node")->value - 1) < 1e-9);
	assert_non_null(rt_evidence(f, "host/threads.csv", "last_cpu"));
	assert_null(rt_find(&fs, "vm-ok"));
	done(&m, &fs);
}

static bool far(double near_gib, int cpu0, int cpu1, int node)
{
	struct mk_run m;
	bool loud;

	numa(&m, near_gib);
	m.vcpu_cpu[0] = cpu0;
	m.vcpu_cpu[1] = cpu1;
	m.numa_node = node;
	loud = rt_speaks(&m, "R-V1");
	mkf_free(&m);
	return loud;
}

static void node_boundaries(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	assert_false(far(8, 2, 3, 1));
	assert_true(far(8, 1, 3, 1));   /* one vCPU is enough */
	assert_true(far(7.5, 2, 3, 1)); /* 6.3% of the memory */
	assert_false(far(7.7, 2, 3, 1));
	assert_false(far(0, 0, 1, -1)); /* the firmware did not say */
	numa(&m, 0);
	m.numa_node = -1;
	assert_true(rt_says_missing(&m, "vm-lacks", "R-V1 needs the disk's NUMA node"));
	mkf_free(&m);
	numa(&m, 7.5); /* memory alone cannot be moved while the guest runs */
	m.vcpu_cpu[0] = 2;
	m.vcpu_cpu[1] = 3;
	rt_analyze(&m, &fs);
	assert_null(rt_loud(&fs, "R-V1")->params);
	done(&m, &fs);
	mk_default(&m); /* one node: nothing to say, nothing to lack */
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "R-V1"));
	assert_null(rt_find(&fs, "vm-lacks"));
	pb_findings_fini(&fs);
}

static void node_says_what_it_lacks(void **state)
{
	struct mk_run m;

	(void)state;
	numa(&m, 8);
	mkf_free(&m);
	m.vcpu_cpu[0] = 2;
	m.vcpu_cpu[1] = 3;
	assert_true(rt_says_missing(&m, "vm-lacks", "R-V1 needs host/guestmem.csv"));
	numa(&m, 8);
	m.drop_file = "host/threads.csv";
	assert_true(rt_says_missing(&m, "vm-lacks", "R-V1 needs host/threads.csv"));
	mkf_free(&m);
}

static void pages(struct mk_run *m, double huge_gib, double thp_gib)
{
	char text[300];

	snprintf(text, sizeof(text),
		 "t_ns,pid,kind,policy,page_bytes,node,bytes\n%lld,41,anon,default,4096,0,%.0f\n"
		 "%lld,41,huge,default,2097152,0,%.0f\n%lld,41,thp,,,,%.0f\n",
		 MK_T0, (8 - huge_gib) * (1 << 30), MK_T0, huge_gib * (1 << 30), MK_T0, thp_gib * (1 << 30));
	mkf_text(m, "host/guestmem.csv", text);
}

static bool small_pages(const char *patch, double huge_gib, double thp_gib)
{
	struct mk_run m;
	bool loud;

	mk_default(&m);
	m.patch = patch;
	pages(&m, huge_gib, thp_gib);
	loud = rt_speaks(&m, "R-V3");
	mkf_free(&m);
	return loud;
}

static void small_pages_of_a_large_guest(void **state)
{
	static const char big[] = "{\"guest\": {\"mem_mib\": 8192}}",
			  at[] = "{\"guest\": {\"mem_mib\": 4096}}",
			  below[] = "{\"guest\": {\"mem_mib\": 4095}}";
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.patch = big;
	pages(&m, 0, 0);
	rt_analyze(&m, &fs);
	assert_true(rt_list_has(&rt_loud(&fs, "R-V3")->apply, "echo 4096 > "));
	assert_true(rt_list_has(&rt_loud(&fs, "R-V3")->apply, "<page size='2' unit='M'/>"));
	assert_string_equal(rt_loud(&fs, "R-V3")->confidence, "low");
	done(&m, &fs);
	assert_true(small_pages(at, 0, 0));
	assert_false(small_pages(below, 0, 0));
	assert_false(small_pages(big, 8, 0));
	assert_false(small_pages(big, 0, 7)); /* transparent ones do as well */
	assert_true(small_pages(big, 0, .3));
	m.patch = big;
	assert_true(rt_says_missing(&m, "vm-lacks", "R-V3 needs host/guestmem.csv"));
}

/* iothreads of a virtio disk, by their share of a CPU; NAN = no such thread. */
static void threads(struct mk_run *m, double main_share, double io0, double io1)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	const double share[] = {.5, main_share, io0, io1};
	static const char *const role[] = {"vcpu0", "main", "iothread", "iothread"};

	fprintf(f, "t_ns,pid,tid,role,name,run_ns,wait_ns,switches,last_cpu,allowed_cpus\n");
	for (int64_t t = MK_T0; t <= mk_finish(m); t += MK_TICK)
		for (int i = 0; i < 4; i++)
			if (!isnan(share[i]))
				fprintf(f, "%lld,41,%d,%s,x,%.0f,0,5,%d,0-3\n", (long long)t, 41 + i, role[i],
					share[i] * (double)(t - MK_T0), i ? 3 : 0);
	fclose(f);
	mkf_put(m, "host/threads.csv", text);
}

static struct pb_finding *iothread(struct pb_findings *fs, double main_share, double io0, double io1,
				   bool own, const char *path)
{
	struct mk_run m;

	mk_default(&m);
	m.path = path;
	m.managed = 1;
	m.iothread = own;
	threads(&m, main_share, io0, io1);
	rt_analyze(&m, fs);
	mkf_free(&m);
	return rt_loud(fs, "R-V5");
}

static void iothread_out_of_time(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	assert_true(rt_list_has(&iothread(&fs, .01, .85, NAN, true, "virtio-blk")->apply,
				"<iothreads>2</iothreads>"));
	pb_findings_fini(&fs);
	assert_null(iothread(&fs, .01, .78, NAN, true, "virtio-blk"));
	pb_findings_fini(&fs);
	assert_null(iothread(&fs, .01, .85, .3, true, "virtio-blk")); /* spread already */
	pb_findings_fini(&fs);
	assert_non_null(iothread(&fs, .01, .85, .1, true, "virtio-blk"));
	pb_findings_fini(&fs);
	assert_true(rt_list_has(&iothread(&fs, .85, NAN, NAN, false, "virtio-blk")->apply, "iothread=on"));
	pb_findings_fini(&fs);
	assert_null(iothread(&fs, .78, NAN, NAN, false, "virtio-blk"));
	pb_findings_fini(&fs);
	assert_null(iothread(&fs, .01, .95, NAN, true, "vfio")); /* it carries no I/O there */
	pb_findings_fini(&fs);
	mk_default(&m);
	m.path = "virtio-blk";
	rt_blank(&m, "host/threads.csv", "run_ns");
	assert_true(rt_says_missing(&m, "vm-lacks", "R-V5 needs host/threads.csv"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(far_from_the_disk),       cmocka_unit_test(node_boundaries),
		cmocka_unit_test(node_says_what_it_lacks), cmocka_unit_test(small_pages_of_a_large_guest),
		cmocka_unit_test(iothread_out_of_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
