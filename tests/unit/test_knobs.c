/*
 * All rules on all paths: a set of crafted runs makes nearly every rule speak, and nothing that any of them
 * says names a knob that does not exist on the run's path. Also that what a program is told to do (params)
 * exists there.
 */
#include "analyzers/analyze.h"
#include "engine/lib/hist.h"
#include "engine/lib/json.h"
#include "tests/unit/mkfiles.h"
#include "tests/unit/ruletest.h"

static const char *const paths[] = {"vfio", "virtio-blk", "local"};

/* ---- triggers: each makes some rules speak, on whatever path ---- */

static void latency(struct mk_run *m, int step)
{
	static const char *const dir[] = {"read", "write"};
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "t_ns,t_end_ns,depth,dir,bin,lat_ns,count\n");
	for (int i = 0; i < 4; i++)
		fprintf(f, "%lld,%lld,%d,%s,%u,%d,%d\n", (long long)mk_start(step),
			(long long)(mk_start(step) + MK_WINDOW), m->step[step].depth, dir[i / 2],
			pb_hist_bin(i % 2 ? 2000000 : 100000), i % 2 ? 2000000 : 100000, i % 2 ? 100 : 900);
	fclose(f);
	mkf_put(m, "guest/guest0/latency.csv", text);
}

static void wrong(struct mk_run *m)
{
	m->irqbalance = true;
	m->vcpu_wait = .3;
	m->mmio_per_io = .8;
	m->irq_per_io = 1.7;
	m->aer0 = 1;
	m->aer1 = 90;
	m->fio_ratio = 1.2;
	m->clock_bound_ns = 3e8;
	m->sampler_cpu_share = .05;
	m->lab = false;
	m->step[2].failed = 3;
	m->step[2].reason = "failed-io";
	m->fio_error = "I/O error";
}

/* Depths 1 to 4 of a disk that answers just after polling has ended; CPUs that sleep; coalescing. */
static void shallow(struct mk_run *m)
{
	static const char *const cpus[] = {"0", "1", "2", "3"};
	const struct mkf_col c[] = {{"freq_khz", 0, 0, "2000000"},
				    {"idle2_c6_count", .5, 0, NULL},
				    {"idle2_c6_ns", 1000, 0, NULL},
				    {NULL, 0, 0, NULL}};
	const struct mkf_col *const rows[] = {c, c, c, c};

	m->steps = 3;
	m->step[0].iops = 8000;
	m->step[1].iops = 12000;
	m->step[2].iops = 16000;
	m->lab = false;
	mkf_kvm(m, .9, .9, .9, .2, .02);
	mkf_put(m, "host/power.csv", mkf_counters(m, "cpu", cpus, 4, rows, MK_TICK));
	m->patch = "{\"environment\": {\"cpuidle.state2_latency_us\": \"133\"}, \"guest\": {\"disk\": "
		   "{\"nvme\": "
		   "{\"coalescing_threshold\": 8, \"coalescing_us\": 200}}}}";
}

static void no_poll_wanted(struct mk_run *m)
{
	m->vcpu_wait = .3;
	mkf_kvm(m, .5, .4, .4, .1, .3);
}

static void far(struct mk_run *m)
{
	char text[200];

	m->numa_node = 1;
	m->local_cpus = "2-3";
	m->patch = "{\"host\": {\"numa_nodes\": 2}, \"guest\": {\"mem_mib\": 8192}}";
	snprintf(text, sizeof(text),
		 "t_ns,pid,kind,policy,page_bytes,node,bytes\n%lld,41,anon,default,4096,0,8e9\n", MK_T0);
	mkf_text(m, "host/guestmem.csv", text);
}

static void posting(struct mk_run *m, const char *patch)
{
	char text[300];

	m->patch = patch;
	m->vec_cpu[0] = m->vec_cpu[1] = m->vec_cpu[2] = 2;
	m->busy[2] = .6; /* and a neighbour there */
	snprintf(text, sizeof(text),
		 "t_ns,scope,item,of_disk,value,text\n%lld,host,posted_capable,,1,\n%lld,host,posted_enabled,"
		 ",0,off\n",
		 MK_T0, MK_T0);
	mkf_text(m, "host/iommu.csv", text);
	mkf_kvm(m, .9, .4, .4, .1, .02);
}

static void intel(struct mk_run *m)
{
	posting(m, "{\"host\": {\"iommu\": \"intel\"}}");
}

static void amd(struct mk_run *m)
{
	posting(m, "{\"host\": {\"iommu\": \"amd\"}}");
}

static void posted(struct mk_run *m)
{
	m->host_ratio = 0;
}

static void storm(struct mk_run *m)
{
	for (int i = 0; i < m->steps; i++)
		m->step[i].iops *= 30;
	m->step[6].depth = 256;
	for (int i = 0; i < MK_CPUS; i++)
		m->irqtime[i] = .3 / 30;
	m->vec_cpu[0] = m->vec_cpu[1] = 2;
	m->vec_cpu[2] = 3;
	m->patch = "{\"disk\": {\"model\": \"ACME 1\"}}";
}

static void one_cpu(struct mk_run *m)
{
	m->vec_cpu[0] = m->vec_cpu[1] = m->vec_cpu[2] = 2;
	m->irqtime[2] = .3;
}

/* A mix through the host's page cache, one iothread, little CPU and a scheduler. */
static void cached(struct mk_run *m)
{
	static const char *const cpus[] = {"0", "1", "2", "3"};
	const struct mkf_col engine[] = {{"target_depth", 0, 0, "64"},   {"submitted", 1, 0, NULL},
					 {"completed", 1, 0, NULL},      {"failed", 0, 0, NULL},
					 {"read_bytes", 2867, 0, NULL},  {"write_bytes", 1229, 0, NULL},
					 {"depth_ns", 5500000, 0, NULL}, {NULL, 0, 0, NULL}};
	const struct mkf_col disk[] = {{"role", 0, 0, "disk"},        {"reads", .1, 0, NULL},
				       {"read_merges", .1, 0, NULL},  {"read_bytes", 400, 0, NULL},
				       {"read_ns", 100000, 0, NULL},  {"writes", .3, 0, NULL},
				       {"write_merges", .1, 0, NULL}, {"write_bytes", 1229, 0, NULL},
				       {"write_ns", 100000, 0, NULL}, {NULL, 0, 0, NULL}};
	const struct mkf_col below[] = {{"role", 0, 0, "below"},       {"reads", .1, 0, NULL},
					{"read_merges", .1, 0, NULL},  {"read_bytes", 400, 0, NULL},
					{"read_ns", 80000, 0, NULL},   {"writes", .3, 0, NULL},
					{"write_merges", .1, 0, NULL}, {"write_bytes", 1229, 0, NULL},
					{"write_ns", 80000, 0, NULL},  {NULL, 0, 0, NULL}};
	const struct mkf_col memory[] = {{"free_bytes", -100, 4e9, NULL},
					 {"dirty_bytes", 0, 0, "900000000"},
					 {"writeback_bytes", 0, 0, "9000000"},
					 {NULL, 0, 0, NULL}};
	const struct mkf_col one[] = {{"user_ns", 0, .1e9, NULL},  {"system_ns", 0, .2e9, NULL},
				      {"idle_ns", 0, .05e9, NULL}, {"iowait_ns", 0, 0, NULL},
				      {"irq_ns", 0, 0, NULL},      {"softirq_ns", 0, .65e9, NULL},
				      {NULL, 0, 0, NULL}};
	const struct mkf_col other[] = {{"user_ns", 0, .3e9, NULL}, {"system_ns", 0, .3e9, NULL},
					{"idle_ns", 0, .4e9, NULL}, {"iowait_ns", 0, 0, NULL},
					{"irq_ns", 0, 0, NULL},     {"softirq_ns", 0, 0, NULL},
					{NULL, 0, 0, NULL}};
	const struct mkf_col *const cpu[] = {one, other, other, other}, *const stack[] = {disk, below};
	static const char *const blocks[] = {"dm-0", "nvme1n1"};
	bool local = strcmp(m->path, "local") == 0;

	m->cache = "writeback";
	m->rw = "randrw";
	m->writes = true;
	m->device_share = 1;
	mkf_one(m, "guest/guest0/engine.csv", "job", "0", engine);
	mkf_put(m, "host/block.csv", mkf_counters(m, "block", blocks, 2, stack, MK_TICK));
	mkf_one(m, "host/memory.csv", "scope", "system", memory);
	latency(m, 6);
	mkf_put(m, local ? "host/cpu.csv" : "guest/guest0/cpu.csv",
		mkf_counters(m, "cpu", cpus, local ? 4 : 2, cpu, MK_TICK));
	m->patch = "{\"environment\": {\"dirty_background_bytes\": \"900000000\"}, \"guest\": {\"disk\": "
		   "{\"scheduler\": \"mq-deadline\"}}}";
}

/* The iothread has no time left; vCPU time inside the guest is known. */
static void threads(struct mk_run *m)
{
	static const char *const role[] = {"vcpu0", "vcpu1", "main", "iothread"};
	static const double run[] = {.7, .7, .01, .95};
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "t_ns,pid,tid,role,name,run_ns,wait_ns,switches,last_cpu,allowed_cpus,guest_ns\n");
	for (int64_t t = MK_T0; t <= mk_finish(m); t += MK_TICK)
		for (int i = 0; i < 4; i++)
			fprintf(f, "%lld,41,%d,%s,x,%.0f,0,5,%d,0-3,%.0f\n", (long long)t, 41 + i, role[i],
				run[i] * (double)(t - MK_T0), i, i < 2 ? .2 * (double)(t - MK_T0) : 0.);
	fclose(f);
	mkf_put(m, "host/threads.csv", text);
}

static void unsafe_cache(struct mk_run *m)
{
	m->cache = "unsafe";
	m->aio = "threads";
	m->guest_write_cache = "write through";
}

static void flush_per_write(struct mk_run *m)
{
	m->cache = "writethrough";
	m->aio = "threads";
	m->writes = true;
	m->rw = "randwrite";
	m->durability = "flush";
}

static void never_flushed(struct mk_run *m)
{
	m->writes = true;
	m->rw = "randwrite";
	m->aio = "threads";
}

static void disposable(struct mk_run *m)
{
	m->direct = false;
	m->safety = "N";
}

static void port_of_two(struct mk_run *m)
{
	char text[400];

	m->lab = false;
	snprintf(text, sizeof(text),
		 "t_ns,bdf,hop,kind,link_speed_gts,link_width,shared_disks,shared_with\n"
		 "%lld,%s,0,endpoint,8,4,0,\n%lld,0000:00:02.0,1,root-port,2.5,1,1,0000:05:00.0\n",
		 MK_T0, MK_BDF, MK_T0);
	mkf_text(m, "host/pcie.csv", text);
}

static void with_goal(struct mk_run *m)
{
	m->slo_ns = 2e6;
}

static void direct_threads(struct mk_run *m)
{
	m->aio = "threads";
}

static void (*const triggers[])(struct mk_run *) = {
	wrong,           shallow,       no_poll_wanted, far,       intel,          amd,
	posted,          storm,         one_cpu,        cached,    threads,        unsafe_cache,
	flush_per_write, never_flushed, disposable,     with_goal, direct_threads, port_of_two,
};
#define TRIGGERS (sizeof(triggers) / sizeof(triggers[0]))

/* ---- what does not exist where ---- */

struct ban {
	const char *path, *word;
	const char *unless; /* allowed in a text that says this as well */
};

static const struct ban bans[] = {
	/* VFIO: no QEMU block layer, no host block device, no page cache of the host's */
	{"vfio", "cache=", NULL},
	{"vfio", "aio=", NULL},
	{"vfio", "cache.direct", NULL},
	{"vfio", "virtio-blk", NULL},
	{"vfio", "iothread=", NULL},
	{"vfio", "<iothread", NULL},
	{"vfio", "iothread-vq-mapping", NULL},
	{"vfio", "io.max", NULL},
	{"vfio", "io.cost", NULL},
	{"vfio", "blkdeviotune", NULL},
	{"vfio", "dirty_bytes", NULL},
	{"vfio", "wbt_lat_usec", NULL},
	{"vfio", "/queue/", "in the guest"},
	/* virtio-blk: the disk stays with the host; its NVMe vectors are managed */
	{"virtio-blk", "x-msix-relocation", NULL},
	{"virtio-blk", "vfio-pci", NULL},
	{"virtio-blk", "banmod=vfio", NULL},
	{"virtio-blk", "smp_affinity", NULL},
	{"virtio-blk", "set-feature", NULL},
	/* local: no guest, no QEMU */
	{"local", "cache=", NULL},
	{"local", "aio=", NULL},
	{"local", "vfio", NULL},
	{"local", "virtio", NULL},
	{"local", "virsh", NULL},
	{"local", "libvirt", NULL},
	{"local", "iothread", NULL},
	{"local", "halt_poll", NULL},
	{"local", "in the guest:", NULL},
	{"local", "smp_affinity", NULL},
	{"local", "dirty_bytes", NULL},
	{NULL, NULL, NULL},
};

static void check_text(const struct pb_finding *f, const char *path, const char *text)
{
	for (const struct ban *b = bans; b->path; b++) {
		if (strcmp(b->path, path) != 0 || !strstr(text, b->word))
			continue;
		if (b->unless && strstr(text, b->unless))
			continue;
		fail_msg("%s on path %s names %s: %s", f->rule, path, b->word, text);
	}
}

static void check_list(const struct pb_finding *f, const char *path, const struct pb_strv *list)
{
	for (size_t i = 0; i < list->n; i++)
		check_text(f, path, list->v[i]);
}

/* A move of interrupts is for vfio vectors that the kernel does not manage, by name. */
static void check_vectors(const struct pb_finding *f, const char *path)
{
	const json_t *list = json_object_get(f->params, "vectors"), *v;
	size_t i;

	assert_string_equal(path, "vfio");
	json_array_foreach(list, i, v) assert_non_null(strstr(pb_json_str(v, "name", ""), "vfio-"));
}

static void check_params(const struct pb_finding *f, const char *path)
{
	const char *kind = pb_json_str(f->params, "kind", ""), *file = pb_json_str(f->params, "path", "");
	bool vfio = strcmp(path, "vfio") == 0, local = strcmp(path, "local") == 0;

	if (strcmp(kind, "irq-affinity") == 0)
		check_vectors(f, path);
	if (strcmp(kind, "attach") == 0 && (vfio || local))
		fail_msg("%s on path %s wants another attachment", f->rule, path);
	if ((strcmp(kind, "vcpu-pin") == 0 || strcmp(kind, "guest-setting") == 0) && local)
		fail_msg("%s on path %s has params %s", f->rule, path, kind);
	if (strcmp(kind, "setting") != 0)
		return;
	if (vfio && strncmp(file, "/sys/module/kvm/", 16) != 0)
		fail_msg("%s on path %s sets %s", f->rule, path, file);
	if (local && strncmp(file, "/sys/block/nvme1n1/", 19) != 0)
		fail_msg("%s on path %s sets %s", f->rule, path, file);
}

static void check_finding(const struct pb_finding *f, const char *path)
{
	check_text(f, path, f->title);
	check_text(f, path, f->what);
	check_text(f, path, f->risk);
	for (size_t i = 0; i < f->n_evidence; i++)
		check_text(f, path, f->evidence[i].text);
	check_list(f, path, &f->apply);
	check_list(f, path, &f->undo);
	check_list(f, path, &f->verify);
	check_params(f, path);
	/* Who is told to change something is told how to take it back, or that it is not known how. */
	if (f->apply.n && strcmp(f->change_class, "-") != 0 && !f->undo.n && !f->missing.n)
		fail_msg("%s on path %s says how to apply, not how to undo", f->rule, path);
	if (json_is_object(f->params) && f->severity >= PB_SEV_ADVICE && !f->confidence[0])
		fail_msg("%s on path %s has no confidence", f->rule, path);
}

/* ---- the walk over rules and paths ---- */

static void build(struct mk_run *m, const char *path, size_t trigger, unsigned variant)
{
	static const char *const durability[] = {"none", "flush", "power"}, *const safety[] = {"P", "C", "N"};

	mk_default(m);
	m->path = path;
	m->managed = strcmp(path, "vfio") == 0 ? 0 : 1;
	m->durability = durability[variant % 3];
	m->safety = safety[variant / 3];
	triggers[trigger](m);
}

static void no_rule_names_a_knob_that_is_not_there(void **state)
{
	(void)state;
	for (size_t p = 0; p < 3; p++)
		for (size_t t = 0; t < TRIGGERS; t++)
			for (unsigned variant = 0; variant < 9; variant += 4) {
				struct pb_findings fs;
				struct mk_run m;

				build(&m, paths[p], t, variant);
				rt_analyze(&m, &fs);
				for (size_t i = 0; i < fs.n; i++)
					check_finding(fs.v[i], paths[p]);
				pb_findings_fini(&fs);
				mkf_free(&m);
			}
}

/* The families whose every rule has a trigger above; the others have tests of their own. */
static const char *const families[] = {"cache", "irq", "power", "thumb", "vm"};

/* Under VFIO R-I2 moves such vectors. What is missing is test_missing_counters.c's. */
static bool is_elsewhere(const struct pb_rule *rule, const char *path)
{
	const char *lacks = strstr(rule->id, "-lacks");

	return lacks || (strcmp(rule->id, "irq-one-cpu") == 0 && strcmp(path, "vfio") == 0);
}

static bool is_ours(const struct pb_analyzer *a)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (strcmp(families[i], a->name) == 0)
			return true;
	return false;
}

#define ANALYZERS_MAX 64

static void mark(const struct pb_findings *fs, bool seen[][64])
{
	for (size_t a = 0; pb_analyzers[a]; a++)
		for (size_t r = 0; pb_analyzers[a]->rules[r].id && r < 64; r++)
			seen[a][r] |= rt_find(fs, pb_analyzers[a]->rules[r].id) != NULL;
}

/* A trigger that triggers nothing would make the walk above worthless. */
static void every_rule_speaks_on_each_of_its_paths(void **state)
{
	(void)state;
	for (size_t p = 0; p < 3; p++) {
		bool seen[ANALYZERS_MAX][64] = {{false}};

		for (size_t t = 0; t < TRIGGERS; t++) {
			struct pb_findings fs;
			struct mk_run m;

			build(&m, paths[p], t, 0);
			rt_analyze(&m, &fs);
			mark(&fs, seen);
			pb_findings_fini(&fs);
			mkf_free(&m);
		}
		for (size_t a = 0; pb_analyzers[a]; a++)
			for (size_t r = 0; is_ours(pb_analyzers[a]) && pb_analyzers[a]->rules[r].id; r++) {
				const struct pb_rule *rule = &pb_analyzers[a]->rules[r];

				if (pb_rule_fits(rule, paths[p]) && !seen[a][r] &&
				    !is_elsewhere(rule, paths[p]))
					fail_msg("no trigger makes %s speak on path %s", rule->id, paths[p]);
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_rule_names_a_knob_that_is_not_there),
		cmocka_unit_test(every_rule_speaks_on_each_of_its_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
