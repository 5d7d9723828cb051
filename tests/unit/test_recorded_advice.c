/*
 * What is recommended on recorded machines: a run is made up on each, with the machine's own topology, the
 * disk's real NUMA node and local CPUs, and vCPUs and vectors put near or far. The table says where R-I2 and
 * R-V1 must point, and a second one what R-D1 says of the disk's real path and link. No machine's recording
 * has what its ends can do at most, so that part is made up.
 */
#include "tests/unit/ruletest.h"

#include "engine/collectors/pcidev.h"
#include "engine/collectors/topology.h"
#include "engine/lib/json.h"
#include "tests/unit/recorded.h"

struct advice {
	const char *archive;
	int cpus;            /* of the machine */
	int vcpu[2], vec[2]; /* CPUs of the vCPUs and of the vectors that move */
	/* Expected: "" = the rule says nothing at advice or above. CPUs of params, in order. */
	const char *vectors_to, *vcpus_to;
};

#define NVME "32em64t-2n8c+dax+nvme+mic+dimms"
#define LOCALITY "40intel64-2g2n4c+pcilocality"
#define ODD "fakepcilocalities"

static const struct advice table[] = {
	{NVME, 16, {0, 1}, {0, 1}, "8,8,8", "9,10"},
	{NVME, 16, {8, 9}, {8, 9}, "10,10,10", ""},
	{NVME, 16, {8, 9}, {10, 11}, "", ""},
	{NVME, 16, {8, 9}, {0, 0}, "10,10,10", ""},
	{NVME, 16, {0, 1}, {2, 3}, "8,8,8", "9,10"},
	{LOCALITY, 40, {0, 1}, {0, 1}, "2,2,2", ""},
	{LOCALITY, 40, {8, 12}, {8, 12}, "0,0,0", ""},
	{LOCALITY, 40, {8, 12}, {0, 0}, "", ""},
	{ODD, 40, {0, 4}, {0, 4}, "1,1,1", "5,9"},
	{ODD, 40, {1, 5}, {1, 5}, "9,9,9", ""},
	{ODD, 40, {1, 5}, {9, 13}, "", ""},
	{ODD, 40, {1, 5}, {0, 4}, "9,9,9", ""},
};

/* n rows of interrupts.csv for each instant: vectors 1 and 2 count on their CPUs. */
static char *interrupts(const struct mk_run *m, const struct advice *a)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "t_ns,irq,name,kind");
	for (int c = 0; c < a->cpus; c++)
		fprintf(f, ",cpu%d", c);
	for (int64_t t = MK_T0; t <= mk_finish(m); t += MK_TICK)
		for (int v = 0; v < MK_VECS; v++) {
			double n = v ? mk_done(m, t) * m->irq_per_io / 2 : 0;

			fprintf(f, "\n%lld,%d,vfio-msix[%d](%s),vfio", (long long)t, 32 + v, v, MK_BDF);
			for (int c = 0; c < a->cpus; c++)
				fprintf(f, ",%lld", c == a->vec[v > 1] ? (long long)n : 0);
		}
	fputc('\n', f);
	fclose(f);
	return text;
}

/* Every CPU idle, but those of the vCPUs. */
static char *cpu_times(const struct mk_run *m, const struct advice *a)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "t_ns,cpu,user_ns,nice_ns,system_ns,idle_ns,iowait_ns,irq_ns,softirq_ns,steal_ns,guest_ns,"
		   "guest_nice_ns\n");
	for (int64_t t = MK_T0; t <= mk_finish(m); t += MK_TICK)
		for (int c = 0; c < a->cpus; c++) {
			double guest =
				c == a->vcpu[0] || c == a->vcpu[1] ? .62 * mk_done(m, t) / 11520 * 1e9 : 0;

			fprintf(f, "%lld,%d,%.0f,0,0,%.0f,0,0,0,0,%.0f,0\n", (long long)t, c, guest,
				(double)(t - MK_T0) - guest, guest);
		}
	fclose(f);
	return text;
}

/* The values of `key` in a finding's list of parameters, in order. */
static void join(const struct pb_finding *f, const char *list, char *buf, size_t size)
{
	const json_t *array = f && f->params ? json_object_get(f->params, list) : NULL, *j;
	size_t i, at = 0;

	buf[0] = '\0';
	json_array_foreach(array, i, j) at +=
		(size_t)snprintf(buf + at, size - at, "%s%s", at ? "," : "", pb_json_str(j, "new", "?"));
}

static void check(const struct advice *a, const struct pb_pcidev *disk, const char *xml)
{
	struct pb_findings fs;
	struct mk_run m;
	char vectors[128], vcpus[128], *irq, *cpu;

	mk_default(&m);
	m.topology = NULL;
	m.numa_node = (int)disk->numa_node;
	m.local_cpus = disk->local_cpus;
	m.patch = "{\"host\": {\"numa_nodes\": 2, \"irqbalance\": false}}";
	for (int i = 0; i < 2; i++) {
		m.vcpu_cpu[i] = a->vcpu[i];
		m.vec_cpu[i + 1] = a->vec[i];
	}
	m.vec_cpu[0] = a->vec[0];
	m.put[0].file = "topology.xml";
	m.put[0].text = xml;
	m.put[1].file = "host/interrupts.csv";
	m.put[1].text = irq = interrupts(&m, a);
	m.put[2].file = "host/cpu.csv";
	m.put[2].text = cpu = cpu_times(&m, a);
	rt_analyze(&m, &fs);
	join(rt_loud(&fs, "R-I2"), "vectors", vectors, sizeof(vectors));
	join(rt_loud(&fs, "R-V1"), "vcpus", vcpus, sizeof(vcpus));
	if (strcmp(vectors, a->vectors_to) || strcmp(vcpus, a->vcpus_to))
		fail_msg("%s %s (node %d, CPUs %s), vCPUs on %d %d, vectors on %d %d: vectors to '%s', vCPUs "
			 "to '%s'\n",
			 a->archive, disk->bdf, m.numa_node, m.local_cpus, a->vcpu[0], a->vcpu[1], a->vec[0],
			 a->vec[1], vectors, vcpus);
	pb_findings_fini(&fs);
	free(irq);
	free(cpu);
}

/* What both ends of the disk's own link could do, and what R-D1 says then: 0 = that it lacks it, 1 = nothing,
 * 2 = a downgraded link. */
struct link {
	const char *archive;
	double gts, width; /* NAN: not known, as recorded */
	int expect;
};

static const struct link links[] = {
	{NVME, NAN, NAN, 0},     {NVME, 8, 4, 0}, /* its recording has no link at all */
	{LOCALITY, NAN, NAN, 0}, {LOCALITY, 8, 4, 1}, {LOCALITY, 8, 8, 2}, {LOCALITY, 16, 4, 2},
	{ODD, NAN, NAN, 0},      {ODD, 8, 4, 1},      {ODD, 16, 8, 2},
};

static void cell(FILE *f, double v)
{
	fputc(',', f);
	if (!isnan(v))
		fprintf(f, "%g", v);
}

static double known(int64_t v, double unit)
{
	return v == PB_NA ? NAN : (double)v / unit;
}

/* host/pcie.csv of the recorded path, one row of each hop in a measured window. */
static char *pcie(const struct pb_pcichain *chain, const struct link *l)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "t_ns,bdf,hop,kind,link_speed_gts,link_width,link_max_speed_gts,link_max_width");
	for (size_t i = 0; i < chain->n; i++) {
		const struct pb_pcidev *d = &chain->hop[i];

		fprintf(f, "\n%lld,%s,%zu,%s", (long long)(mk_start(3) + 1000), d->bdf, i,
			pb_pci_kind_name(d->kind));
		cell(f, known(d->speed_mgts, 1e3));
		cell(f, known(d->width, 1));
		cell(f, i ? NAN : l->gts);
		cell(f, i ? NAN : l->width);
	}
	fputc('\n', f);
	fclose(f);
	return text;
}

static void check_link(const struct link *l, const struct pb_pcichain *chain)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;
	char *text;
	int got;

	mk_default(&m);
	m.lab = false;
	m.put[0].file = "host/pcie.csv";
	m.put[0].text = text = pcie(chain, l);
	rt_analyze(&m, &fs);
	f = rt_find(&fs, "R-D1");
	got = !f ? 1 : f->severity >= PB_SEV_ADVICE ? 2 : 0;
	if (got != l->expect)
		fail_msg("%s, both ends %g GT/s x%g: R-D1 says %s\n", l->archive, l->gts, l->width,
			 f ? f->title : "nothing");
	if (got == 2)
		assert_non_null(strstr(f->title, chain->hop[0].bdf));
	pb_findings_fini(&fs);
	free(text);
}

static void check_machine(const char *archive, const char *disk)
{
	struct pb_pcichain chain;
	struct pb_buf xml = {0};
	struct tmpdir dir;
	struct pb_root root;

	if (!recorded_unpack(archive, &dir, &root))
		skip();
	assert_int_equal(pb_pcidev_chain(&root, disk, &chain, NULL), 0);
	assert_int_equal(pb_topology_export(&root, disk, &xml, NULL), 0);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].archive, archive) == 0)
			check(&table[i], &chain.hop[0], xml.data);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (strcmp(links[i].archive, archive) == 0)
			check_link(&links[i], &chain);
	pb_buf_fini(&xml);
	pb_pcichain_fini(&chain);
	pb_root_close(&root);
	tmpdir_remove(&dir);
}

static void two_sockets(void **state)
{
	(void)state;
	check_machine(NVME, "0000:82:00.0");
}

static void sub_numa_nodes(void **state)
{
	(void)state;
	check_machine(LOCALITY, "0000:43:00.0");
}

static void odd_localities(void **state)
{
	(void)state;
	check_machine(ODD, "0000:43:00.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_sockets),
		cmocka_unit_test(sub_numa_nodes),
		cmocka_unit_test(odd_localities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
