/*
 * Rules of the cache family: known answers, noise, missing fields,
 * boundaries, and that the VFIO path never names a knob it does not have.
 */
#include "tests/unit/ruletest.h"

static void virtio(struct mk_run *m, const char *cache, const char *aio)
{
	mk_default(m);
	m->path = "virtio-blk";
	m->managed = 1;
	m->cache = cache;
	m->aio = aio;
}

static void writes(struct mk_run *m, const char *durability, const char *safety)
{
	m->rw = "randwrite";
	m->writes = true;
	m->durability = durability;
	m->safety = safety;
}

static bool text_has(const struct pb_finding *f, const char *word)
{
	if (strstr(f->title, word) || strstr(f->what, word) || strstr(f->risk, word))
		return true;
	for (size_t i = 0; i < f->n_evidence; i++)
		if (strstr(f->evidence[i].text, word))
			return true;
	return rt_list_has(&f->apply, word) || rt_list_has(&f->undo, word) || rt_list_has(&f->verify, word);
}

static void expect_no_words(const struct mk_run *m, const char *const *words)
{
	struct pb_findings fs;

	rt_analyze(m, &fs);
	for (size_t i = 0; i < fs.n; i++)
		for (const char *const *w = words; *w; w++)
			if (text_has(fs.v[i], *w))
				fail_msg("%s on path %s names %s", fs.v[i]->rule, m->path, *w);
	pb_findings_fini(&fs);
}

/* Over all rules: every trigger there is, on the paths where the knob does not exist. */
static void no_knob_outside_its_path(void **state)
{
	static const char *const qemu[] = {
		"cache=", "aio=", "cache.direct", "virtio-blk", "iothread=", "/queue/scheduler", NULL};
	static const char *const vfio[] = {"vfio", "x-msix-relocation", "smp_affinity", NULL};
	static const char *const durability[] = {"none", "flush", "power"}, *const safety[] = {"P", "C", "N"};
	struct mk_run m;

	(void)state;
	for (int i = 0; i < 9; i++) {
		mk_default(&m);
		writes(&m, durability[i % 3], safety[i / 3]);
		m.irqbalance = true;
		m.vcpu_wait = .16;
		m.mmio_per_io = 1;
		m.irq_per_io = i % 2 ? 2 : 1;
		m.guest_write_cache = i % 2 ? "write through" : "write back";
		expect_no_words(&m, qemu);
		m.path = "local";
		expect_no_words(&m, qemu);
		expect_no_words(&m, vfio);
		m.path = "virtio-blk";
		m.managed = 1;
		expect_no_words(&m, vfio);
	}
}

static void vfio_explains_what_is_left(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	rt_analyze(&m, &fs);
	assert_int_equal(rt_find(&fs, "cache-vfio")->severity, PB_SEV_INFO);
	assert_non_null(rt_evidence(rt_find(&fs, "cache-vfio"), "manifest.json", "guest.disk.write_cache"));
	assert_non_null(rt_find(&fs, "cache-ok"));
	assert_null(rt_find(&fs, "cache-policy"));
	pb_findings_fini(&fs);
	m.guest_write_cache = NULL;
	assert_true(rt_says_missing(&m, "cache-vfio", "write_cache"));
}

static void vfio_warns_of_writes_never_flushed(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	writes(&m, "none", "P");
	assert_true(rt_speaks(&m, "cache-vfio"));
	m.durability = "flush";
	assert_false(rt_speaks(&m, "cache-vfio"));
	m.durability = "none";
	m.safety = "C";
	assert_false(rt_speaks(&m, "cache-vfio"));
	m.safety = "P";
	m.guest_write_cache = "write through"; /* nothing volatile */
	assert_false(rt_speaks(&m, "cache-vfio"));
}

static void unsafe_is_critical(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	virtio(&m, "unsafe", "threads");
	rt_analyze(&m, &fs);
	assert_int_equal(rt_loud(&fs, "R-C3")->severity, PB_SEV_CRITICAL);
	assert_true(rt_list_has(&rt_loud(&fs, "R-C3")->apply, "--attach virtio-blk,cache=none,aio=io_uring"));
	assert_true(rt_list_has(&rt_loud(&fs, "R-C3")->undo, "--attach virtio-blk,cache=unsafe,aio=threads"));
	assert_true(rt_list_has(&rt_loud(&fs, "R-C3")->undo, "cache.no-flush=on"));
	assert_null(rt_find(&fs, "R-C1"));
	pb_findings_fini(&fs);
	m.safety = "C"; /* the boundary: anything but N */
	assert_true(rt_speaks(&m, "R-C3"));
	m.safety = "N";
	assert_false(rt_speaks(&m, "R-C3"));
	assert_false(rt_speaks(&m, "R-C1"));
}

static void unknown_mode_is_said(void **state)
{
	struct mk_run m;

	(void)state;
	virtio(&m, "", "threads");
	assert_true(rt_says_missing(&m, "R-C3", "attach.cache"));
	virtio(&m, "none", "native");
	m.safety = "";
	assert_true(rt_says_missing(&m, "R-C3", "profile"));
}

static void page_cache_under_direct_io(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	virtio(&m, "writeback", "threads");
	rt_analyze(&m, &fs);
	assert_true(rt_list_has(&rt_loud(&fs, "R-C1")->apply, "cache='none' io='io_uring'"));
	assert_true(rt_list_has(&rt_loud(&fs, "R-C1")->verify, "cache.direct=on"));
	pb_findings_fini(&fs);
	m.direct = false;
	assert_false(rt_speaks(&m, "R-C1"));
	virtio(&m, "none", "native");
	assert_false(rt_speaks(&m, "R-C1"));
	virtio(&m, "writethrough", "threads"); /* a guest that never flushes keeps its safety */
	writes(&m, "none", "P");
	rt_analyze(&m, &fs);
	assert_true(rt_list_has(&rt_loud(&fs, "R-C1")->apply, "cache=directsync"));
	pb_findings_fini(&fs);
}

static void double_flush(void **state)
{
	struct mk_run m;

	(void)state;
	virtio(&m, "directsync", "native");
	writes(&m, "flush", "P");
	assert_true(rt_speaks(&m, "R-C2"));
	m.writes = false;
	assert_false(rt_speaks(&m, "R-C2"));
	writes(&m, "none", "P"); /* directsync is what makes it safe */
	assert_false(rt_speaks(&m, "R-C2"));
	virtio(&m, "none", "native");
	writes(&m, "flush", "P");
	assert_false(rt_speaks(&m, "R-C2"));
	virtio(&m, "writethrough", "threads");
	writes(&m, "flush", "P");
	m.direct = false;
	assert_true(rt_speaks(&m, "R-C2"));
}

static void guest_that_drops_flushes(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	virtio(&m, "none", "native");
	assert_false(rt_speaks(&m, "R-C4"));
	m.guest_write_cache = "write through";
	rt_analyze(&m, &fs);
	assert_int_equal(rt_loud(&fs, "R-C4")->severity, PB_SEV_CRITICAL);
	assert_true(rt_list_has(&rt_loud(&fs, "R-C4")->apply, "/sys/block/vda/queue/write_cache"));
	pb_findings_fini(&fs);
	m.host_write_cache = "write through"; /* they agree */
	assert_false(rt_speaks(&m, "R-C4"));
	m.guest_write_cache = NULL;
	assert_true(rt_says_missing(&m, "R-C4", "guest.disk.write_cache"));
}

static void threads_on_a_raw_device(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	virtio(&m, "none", "threads");
	rt_analyze(&m, &fs);
	assert_string_equal(rt_loud(&fs, "cache-aio")->confidence, "low");
	pb_findings_fini(&fs);
	virtio(&m, "none", "native");
	assert_false(rt_speaks(&m, "cache-aio"));
	virtio(&m, "writeback", "threads");
	assert_false(rt_speaks(&m, "cache-aio"));
}

static void table_row_fits(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	virtio(&m, "none", "native");
	rt_analyze(&m, &fs);
	assert_int_equal(rt_find(&fs, "cache-policy")->severity, PB_SEV_INFO);
	assert_non_null(rt_find(&fs, "cache-ok"));
	pb_findings_fini(&fs);
	m.direct = false; /* buffered random reads that need not survive a host crash */
	m.safety = "C";
	rt_analyze(&m, &fs);
	assert_true(rt_list_has(&rt_loud(&fs, "cache-policy")->apply, "cache=writeback,aio=io_uring"));
	assert_null(rt_find(&fs, "cache-ok"));
	pb_findings_fini(&fs);
	m.safety = "P";
	assert_false(rt_speaks(&m, "cache-policy"));
}

static void native_never_without_direct(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	virtio(&m, "none", "native");
	m.direct = false;
	m.safety = "N";
	rt_analyze(&m, &fs);
	assert_true(rt_list_has(&rt_loud(&fs, "cache-policy")->apply, "cache=writeback"));
	assert_false(rt_list_has(&rt_loud(&fs, "cache-policy")->apply, "native"));
	pb_findings_fini(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_knob_outside_its_path),
		cmocka_unit_test(vfio_explains_what_is_left),
		cmocka_unit_test(vfio_warns_of_writes_never_flushed),
		cmocka_unit_test(unsafe_is_critical),
		cmocka_unit_test(unknown_mode_is_said),
		cmocka_unit_test(page_cache_under_direct_io),
		cmocka_unit_test(double_flush),
		cmocka_unit_test(guest_that_drops_flushes),
		cmocka_unit_test(threads_on_a_raw_device),
		cmocka_unit_test(table_row_fits),
		cmocka_unit_test(native_never_without_direct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
