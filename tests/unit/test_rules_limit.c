/*
 * The family limit: each class is named when its resource is used up, not on the healthy example, and what
 * could not be looked at is said.
 */
#include "engine/lib/json.h"
#include "tests/unit/ruletest.h"

static const char *class_of(const struct mk_run *m, struct pb_findings *fs, struct pb_finding **f)
{
	unsigned n = 0;

	rt_analyze(m, fs);
	for (size_t i = 0; i < fs->n; i++)
		n += strcmp(fs->v[i]->family, "limit") == 0;
	assert_int_equal(n, 1); /* exactly one finding */
	*f = rt_find(fs, "limit");
	assert_int_equal((*f)->severity, PB_SEV_INFO);
	return pb_json_str((*f)->params, "class", "");
}

static bool has(const struct pb_finding *f, const char *list, const char *name)
{
	const json_t *j;
	size_t i;

	json_array_foreach(json_object_get(f->params, list), i,
			   j) if (strcmp(json_string_value(j), name) == 0) return true;
	return false;
}

/* The class of m, its confidence and whether `lacks` is among what is missing (NULL: nothing is). */
static void expect(const struct mk_run *m, const char *name, const char *sure, const char *lacks)
{
	struct pb_findings fs;
	struct pb_finding *f;

	assert_string_equal(class_of(m, &fs, &f), name);
	assert_string_equal(f->confidence, sure);
	if (lacks)
		assert_true(rt_list_has(&f->missing, lacks));
	else
		assert_int_equal(f->missing.n, 0);
	pb_findings_fini(&fs);
}

static void healthy_example_is_limited_by_its_disk(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	assert_string_equal(class_of(&m, &fs, &f), "device");
	assert_string_equal(f->confidence, "high");
	assert_non_null(rt_evidence(f, "steps.csv", "iops"));
	assert_non_null(rt_evidence(f, "host/threads.csv", "run_ns"));
	assert_true(has(f, "excluded", "submitter-cpu") && has(f, "excluded", "neighbour"));
	pb_findings_fini(&fs);
}

static void device_says_what_it_could_not_exclude(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.drop_file = "host/kvm.csv";
	expect(&m, "device", "medium", "host/kvm.csv");
	mk_default(&m);
	m.drop_file = "host/threads.csv";
	expect(&m, "device", "medium", "host/threads.csv");
	mk_default(&m);
	m.lab = false; /* then the link counts, and whose port it is */
	expect(&m, "device", "medium", "shared_disks");
	m.drop_file = "host/pcie.csv";
	expect(&m, "device", "medium", "link_speed_gts");
	m.patch = "{\"guest\": {\"name\": \"guest0\", \"backend\": \"uring,iopoll\"}}";
	expect(&m, "device", "low", "polling");
}

static void flat_over_one_doubling_is_less_sure(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.steps = 6; /* 16: 11300, 32: 11500, but 8: 9900 */
	expect(&m, "device", "medium", NULL);
}

static void rising_curve_lacks_depth(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.steps = 4;
	expect(&m, "depth", "high", NULL);
	m.steps = 1;
	expect(&m, "unknown", "low", "two doublings");
}

static void failed_io_makes_it_invalid(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.step[2].failed = 1;
	expect(&m, "invalid", "low", "a valid measurement");
	mk_default(&m);
	for (int i = 0; i < m.steps; i++)
		m.step[i].reason = "above-ceiling";
	expect(&m, "invalid", "low", "a valid measurement");
	mk_default(&m);
	m.drop_file = "steps.csv";
	expect(&m, "invalid", "high", NULL);
}

static void full_link(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.lab = false; /* 2.5 GT/s x1 carries 210 MB/s in packets of 128 bytes */
	for (int i = 0; i < m.steps; i++)
		m.step[i].iops *= 4.05;
	expect(&m, "link", "high", NULL); /* 191 MB/s are 91% */
	for (int i = 0; i < m.steps; i++)
		m.step[i].iops *= .97;
	expect(&m, "submitter-cpu", "high", "shared_disks"); /* 88%; the model's vCPUs are used up by then */
}

#define PCIE_HEAD                                                                                            \
	"t_ns,bdf,hop,kind,link_speed_gts,link_width,aer_correctable,aer_nonfatal,aer_fatal,mps_bytes,"      \
	"shared_disks,shared_with\n"

static void shared_port(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.put[0].file = "host/pcie.csv";
	m.put[0].text = PCIE_HEAD "5000000000000,0000:00:03.0,0,endpoint,8,4,0,0,0,256,1,0000:05:00.0\n";
	expect(&m, "device", "medium", "0000:05:00.0, below the same PCIe port, was busy");
	m.patch = "{\"solo\": {\"points\": [{\"depth\": 64, \"iops\": 22000, \"iops_lo\": 21500}]}}";
	expect(&m, "shared", "high", NULL);
	m.patch =
		"{\"solo\": {\"points\": [{\"depth\": 64, \"iops\": 13000, \"iops_lo\": 12900}]}}"; /* 1.13 */
	expect(&m, "device", "high", NULL);
	m.patch = "{\"solo\": {\"points\": [{\"depth\": 64, \"iops\": 22000, \"iops_lo\": 21500}]}}";
	m.put[0].text = PCIE_HEAD "5000000000000,0000:00:03.0,0,endpoint,8,4,0,0,0,256,0,\n";
	expect(&m, "neighbour", "medium", NULL);
}

static void submitting_cpu(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.vcpu_wait = .3; /* .62 + .3 */
	expect(&m, "submitter-cpu", "high", NULL);
	m.vcpu_wait = .25;
	expect(&m, "device", "high", NULL);
}

static void iothread(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.path = "virtio-blk";
	m.managed = 1;
	expect(&m, "device", "high", NULL);
	m.put[0].file = "host/threads.csv";
	m.put[0].text = "t_ns,pid,tid,role,name,run_ns,wait_ns,switches,last_cpu,allowed_cpus\n"
			"5000000000000,9,10,vcpu0,a,0,0,0,0,0-3\n"
			"5000000000000,9,11,iothread,b,0,0,0,2,0-3\n"
			"5030000000000,9,10,vcpu0,a,12000000000,0,0,0,0-3\n"
			"5030000000000,9,11,iothread,b,27000000000,0,0,2,0-3\n";
	expect(&m, "iothread", "high", NULL);
	m.path = "vfio";                               /* has no such thread in the path */
	expect(&m, "device", "medium", "path's CPUs"); /* no sample in the window says where threads were */
}

static void completing_cpu(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.irqtime[0] = .6;
	m.irqtime[1] = .05;
	m.vec_cpu[2] = 0;
	expect(&m, "completion-cpu", "high", NULL);
	m.irqtime[1] = .2; /* spread: no single CPU's fault */
	expect(&m, "device", "high", NULL);
}

/* A vCPU that is used up, mostly outside the guest. */
static const char outside[] =
	"t_ns,pid,tid,role,name,run_ns,wait_ns,switches,last_cpu,allowed_cpus,guest_ns\n"
	"5000000000000,9,10,vcpu0,a,0,0,0,0,0-3,0\n"
	"5030000000000,9,10,vcpu0,a,29000000000,0,0,0,0-3,9000000000\n";
static const char inside[] = "t_ns,pid,tid,role,name,run_ns,wait_ns,switches,last_cpu,allowed_cpus,guest_ns\n"
			     "5000000000000,9,10,vcpu0,a,0,0,0,0,0-3,0\n"
			     "5030000000000,9,10,vcpu0,a,29000000000,0,0,0,0-3,25000000000\n";

static void exits(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.put[0].file = "host/threads.csv";
	m.put[0].text = outside;
	expect(&m, "exits", "high", NULL);
	m.put[0].text = inside; /* the same exits, but the guest has the time */
	expect(&m, "submitter-cpu", "high", NULL);
}

#define GUEST(nr)                                                                                            \
	"{\"guest\": {\"name\": \"guest0\", \"disk\": {\"name\": \"nvme0n1\", \"nr_requests\": " nr          \
	", \"queues\": 2}}}"

static void queue_limit(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.patch = GUEST("4"); /* two queues: 8 in flight; the curve grows up to there and then not */
	for (int i = 4; i < m.steps; i++)
		m.step[i].iops = 9900;
	expect(&m, "queue-limit", "high", NULL);
	m.patch = GUEST("64"); /* the knee is not at the limit */
	expect(&m, "device", "high", NULL);
	m.patch = "{\"guest\": {\"name\": \"guest0\", \"disk\": {\"nr_requests\": null}}}";
	expect(&m, "device", "medium", "nr_requests");
}

static void foreign_load(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.vec_cpu[1] = m.vec_cpu[2] = 3;
	m.busy[3] = .95; /* the vectors' CPU, not QEMU's doing */
	expect(&m, "neighbour", "high", NULL);
	m.vec_cpu[1] = m.vec_cpu[2] = 0;
	expect(&m, "device", "high", NULL); /* nobody of the path is there */
}

static void local_path_asks_less(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.path = "local";
	m.managed = 1;
	expect(&m, "device", "high", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy_example_is_limited_by_its_disk),
		cmocka_unit_test(device_says_what_it_could_not_exclude),
		cmocka_unit_test(flat_over_one_doubling_is_less_sure),
		cmocka_unit_test(rising_curve_lacks_depth),
		cmocka_unit_test(failed_io_makes_it_invalid),
		cmocka_unit_test(full_link),
		cmocka_unit_test(shared_port),
		cmocka_unit_test(submitting_cpu),
		cmocka_unit_test(iothread),
		cmocka_unit_test(completing_cpu),
		cmocka_unit_test(exits),
		cmocka_unit_test(queue_limit),
		cmocka_unit_test(foreign_load),
		cmocka_unit_test(local_path_asks_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
