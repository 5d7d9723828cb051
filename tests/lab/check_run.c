/*
 * Checks one finished run directory of the lab against itself: $PB_RUN_DIR. Counts that
 * were taken in three places, by the engine, by fio, by guest and host kernels, must tell one story.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analyzers/analyzer.h"
#include "analyzers/rates.h"
#include "analyzers/sweep.h"
#include "engine/lib/guest_sources.h"
#include "engine/lib/json.h"

static struct pb_run *run;

static int open_run(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	const char *dir = getenv("PB_RUN_DIR");

	(void)state;
	if (!dir || pb_run_open(&run, dir, &err) < 0) {
		fprintf(stderr, "%s\n", dir ? err.msg : "PB_RUN_DIR is not set");
		return -1;
	}
	return 0;
}

static int close_run(void **state)
{
	(void)state;
	pb_run_close(run);
	return 0;
}

static const struct pb_table *table(const char *name)
{
	const struct pb_table *t = pb_run_table(run, name);

	if (!t)
		fail_msg("%s is missing", name);
	return t;
}

static void six_depths_were_measured_and_are_valid(void **state)
{
	const struct pb_table *t = table("steps.csv");
	unsigned valid = 0;

	(void)state;
	for (size_t i = 0; i < pb_table_rows(t); i++)
		valid += pb_table_i64(t, i, pb_table_col(t, "valid")) == 1;
	assert_true(valid >= 6);
}

static void no_io_failed(void **state)
{
	const struct pb_table *t = table("steps.csv");

	(void)state;
	for (size_t i = 0; i < pb_table_rows(t); i++)
		assert_int_equal(pb_table_i64(t, i, pb_table_col(t, "failed")), 0);
}

static void the_disk_went_through_vfio(void **state)
{
	const json_t *disk = json_object_get(pb_run_manifest(run), "disk");

	(void)state;
	assert_string_equal(pb_json_str(disk, "path", ""), "vfio");
	assert_true(json_array_size(json_object_get(disk, "iommu_group_devices")) >= 1);
	assert_true(strncmp(pb_json_str(disk, "serial", ""), "PBLAB", 5) == 0);
}

static void fio_and_the_page_agree_within_a_percent(void **state)
{
	const json_t *fio = json_object_get(pb_run_manifest(run), "fio");

	(void)state;
	assert_true(pb_json_i64(fio, "completed", 0) > 1000);
	assert_true(fabs(pb_json_num(fio, "ratio", 0) - 1) < 0.01);
}

/* Little's law over every window: what was held, times the rate, is the latency. */
static void littles_law_holds(void **state)
{
	const struct pb_table *t = table("steps.csv");

	(void)state;
	for (size_t i = 0; i < pb_table_rows(t); i++) {
		double n = pb_table_num(t, i, pb_table_col(t, "mean_depth"));
		double x = pb_table_num(t, i, pb_table_col(t, "iops"));
		double r = pb_table_num(t, i, pb_table_col(t, "lat_mean_ns"));
		double window = pb_table_num(t, i, pb_table_col(t, "t_end_ns")) -
				(double)pb_table_i64(t, i, pb_table_col(t, "t_ns"));

		double slow = pb_table_num(t, i, pb_table_col(t, "lat_p99_ns"));

		/* I/Os that cross an edge of the window, the slow ones most likely, count with their whole
		 * latency on one side of it */
		if (pb_table_i64(t, i, pb_table_col(t, "valid")) == 1 &&
		    fabs(x * r / 1e9 / n - 1) > 0.05 + 2 * slow / window)
			fail_msg("row %zu: %g I/Os held, but %g/s * %g ns = %g", i, n, x, r, x * r / 1e9);
	}
}

/* Growth of the cpuN columns over the file, summed over rows whose name starts with prefix. */
static double growth(const struct pb_table *t, const char *prefix)
{
	double sum = 0;

	for (int c = 0; c < (int)pb_table_cols(t); c++) {
		if (strncmp(pb_table_name(t, (size_t)c), "cpu", 3) != 0)
			continue;
		for (size_t i = 0; i < pb_table_rows(t); i++) {
			const char *name = pb_table_str(t, i, pb_table_col(t, "name"));
			bool first = true, last = true;

			if (strncmp(name, prefix, strlen(prefix)) != 0)
				continue;
			for (size_t k = 0; k < i && first; k++)
				first = strcmp(pb_table_str(t, k, pb_table_col(t, "name")), name) != 0;
			for (size_t k = i + 1; k < pb_table_rows(t) && last; k++)
				last = strcmp(pb_table_str(t, k, pb_table_col(t, "name")), name) != 0;
			sum -= first ? pb_table_num(t, i, c) : 0;
			sum += last ? pb_table_num(t, i, c) : 0;
		}
	}
	return sum;
}

static double io_total(void)
{
	return (double)pb_json_i64(json_object_get(pb_run_manifest(run), "fio"), "page_completed", 0);
}

/* One completion needs at most one interrupt, and under load several share one. */
static void guest_interrupts_fit_the_ios(void **state)
{
	double irqs = growth(table("guest/launch/interrupts.csv"), "nvme");

	(void)state;
	print_message("guest: %.0f interrupts for %.0f I/Os\n", irqs, io_total());
	assert_true(irqs > 0.1 * io_total());
	assert_true(irqs < 1.1 * io_total());
}

/* QEMU's IOMMU has no posted interrupts: every guest interrupt was one of the host's first. */
static void host_vectors_fit_the_guests_interrupts(void **state)
{
	double guest = growth(table("guest/launch/interrupts.csv"), "nvme");
	double host = growth(table("host/interrupts.csv"), "vfio-");

	(void)state;
	print_message("host: %.0f vfio interrupts, guest: %.0f\n", host, guest);
	assert_true(host > 0.9 * guest);
	assert_true(host < 1.25 * guest);
}

/* Growth of one column from the first to the last row that has it. */
static double column_growth(const struct pb_table *t, const char *column)
{
	int c = pb_table_col(t, column);
	double first = NAN, last = NAN;

	for (size_t i = 0; i < pb_table_rows(t); i++) {
		double v = pb_table_num(t, i, c);

		first = isnan(first) ? v : first;
		last = isnan(v) ? last : v;
	}
	return last - first;
}

/*
 * The guest's block layer and the engine are sampled within the same tick: they differ by what is in flight
 * (at most the deepest depth) and by reads of others in the guest, of which there are none to speak of.
 */
static void the_guests_block_layer_counts_the_same_ios(void **state)
{
	double block = column_growth(table("guest/launch/block.csv"), "reads");
	double engine = column_growth(table("guest/launch/engine.csv"), "completed");

	(void)state;
	print_message("guest: %.0f reads in the block layer, %.0f completions in the engine\n", block,
		      engine);
	assert_true(fabs(block - engine) <= 128 + 0.01 * engine);
}

/* The disk itself, asked before fio started and after it had ended: nothing but fio used it in between. */
static void the_disk_counts_the_same_commands(void **state)
{
	const struct pb_table *t = table("guest/launch/smart.csv");
	double reads = column_growth(t, "host_reads");

	(void)state;
	print_message("disk: %.0f read commands, %.0f completions\n", reads, io_total());
	assert_int_equal(pb_table_rows(t), 2);
	assert_true(reads >= io_total());
	assert_true(reads <= 1.01 * io_total() + 128);
	assert_int_equal((int)column_growth(t, "media_errors"), 0);
	assert_int_equal((int)column_growth(t, "host_writes"), 0);
}

/* A rate over the deepest valid window of the sweep, summed over vCPU columns. */
static double guest_rate(const char *name, const struct pb_point *p)
{
	return pb_vector_rate(table("guest/launch/interrupts.csv"), name, p->t0_ns, p->t1_ns, NULL);
}

/*
 * KVM injects what the guest takes: its devices' interrupts, timer ticks and interrupts between vCPUs. An
 * interrupt that finds its vector pending is merged by the interrupt controller before it is injected, on
 * both sides of the count.
 */
static void kvm_injects_what_the_guest_takes(void **state)
{
	const struct pb_point *top;
	struct pb_sweep s;
	double guest, kvm;

	(void)state;
	pb_sweep_read(&s, run);
	top = pb_sweep_top(&s);
	assert_non_null(top);
	guest = guest_rate("total", top) + guest_rate("LOC", top) + guest_rate("RES", top) +
		guest_rate("CAL", top);
	kvm = pb_kvm_rate(table("host/kvm.csv"), "irq_injections", top->t0_ns, top->t1_ns);
	print_message("guest: takes %.0f interrupts a second, KVM injects %.0f\n", guest, kvm);
	assert_true(kvm > 0.9 * guest);
	assert_true(kvm < 1.1 * guest);
}

/* Last value of `bytes` in guestmem.csv, summed over rows of a kind at the last instant. */
static double memory_of_kind(const char *kind)
{
	const struct pb_table *t = table("host/guestmem.csv");
	int64_t last = pb_table_i64(t, pb_table_rows(t) - 1, 0);
	double sum = 0;

	for (size_t i = 0; i < pb_table_rows(t); i++)
		if (pb_table_i64(t, i, 0) == last &&
		    !strcmp(pb_table_str(t, i, pb_table_col(t, "kind")), kind))
			sum += pb_table_num(t, i, pb_table_col(t, "bytes"));
	return sum;
}

/* VFIO pins all of the guest's memory, and whatever is pinned is on some node. */
static void the_guests_memory_is_pinned(void **state)
{
	const json_t *guest = json_object_get(pb_run_manifest(run), "guest");
	double mem = (double)pb_json_i64(guest, "mem_mib", 0) * 1048576, locked = memory_of_kind("locked");
	double placed = memory_of_kind("anon") + memory_of_kind("file") + memory_of_kind("huge");

	(void)state;
	print_message("guest: %.0f MiB, of QEMU %.0f MiB locked, %.0f MiB on nodes\n", mem / 1048576,
		      locked / 1048576, placed / 1048576);
	assert_true(mem > 0 && locked >= mem && locked < 1.25 * mem + 64e6);
	assert_true(placed >= locked && placed < 1.25 * mem + 512e6);
}

/* Nobody changes a setting there, but a busy emulated kernel may give up its TSC. */
static void the_environment_stands_in_the_manifest(void **state)
{
	const json_t *m = pb_run_manifest(run), *e = json_object_get(m, "environment");
	const json_t *changes = json_object_get(m, "environment_changes");

	(void)state;
	assert_string_equal(pb_json_str(e, "kernel", ""),
			    pb_json_str(json_object_get(m, "host"), "kernel", "-"));
	assert_non_null(strstr(pb_json_str(e, "qemu", ""), "QEMU"));
	assert_string_equal(pb_json_str(e, "disk_firmware", ""),
			    pb_json_str(json_object_get(m, "disk"), "firmware", "-"));
	assert_non_null(strstr(pb_json_str(e, "cmdline", ""), "iommu"));
	assert_true(json_is_object(changes));
	assert_int_equal(json_object_size(changes), json_object_get(changes, "clocksource") ? 1 : 0);
}

static void every_guest_source_was_read(void **state)
{
	const json_t *list = json_object_get(json_object_get(pb_run_manifest(run), "guest"), "sources"), *s;
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(list), PB_GUEST_SOURCES);
	json_array_foreach(list, i, s) assert_string_equal(pb_json_str(s, "status", ""), "ok");
	assert_true(json_is_boolean(json_object_get(
		json_object_get(json_object_get(json_object_get(pb_run_manifest(run), "guest"), "disk"),
				"nvme"),
		"volatile_write_cache")));
}

/*
 * ptp_kvm and pings compare the clocks independently, and one line passes through both. A host whose kernel
 * has given up the TSC while it was busy has no ptp_kvm, and its clock makes a step then: that has to be
 * said.
 */
static void the_clocks_agree_by_two_methods(void **state)
{
	const json_t *clock = json_object_get(pb_run_manifest(run), "clock");
	bool steady = json_is_true(json_object_get(clock, "steady"));
	const char *ptp = pb_json_str(clock, "ptp", "");

	(void)state;
	print_message("clock: %s, bound %lld ns, ptp_kvm %s\n", pb_json_str(clock, "method", "?"),
		      (long long)pb_json_i64(clock, "bound_ns", 0), ptp);
	assert_true(ptp[0] != '\0');
	if (!steady)
		assert_true(json_array_size(json_object_get(pb_run_manifest(run), "warnings")) > 0);
	else if (!strcmp(ptp, "ok"))
		assert_true(pb_json_i64(clock, "bound_ns", 0) < 1000000);
}

static void host_and_guest_share_one_timeline(void **state)
{
	const struct pb_table *g = table("guest/launch/engine.csv"), *h = table("host/cpu.csv");
	const json_t *clock = json_object_get(pb_run_manifest(run), "clock");
	int64_t bound = pb_json_i64(clock, "bound_ns", 0);
	int64_t g0 = pb_table_i64(g, 0, 0), g1 = pb_table_i64(g, pb_table_rows(g) - 1, 0);
	int64_t h0 = pb_table_i64(h, 0, 0), h1 = pb_table_i64(h, pb_table_rows(h) - 1, 0);

	(void)state;
	assert_true(bound > 0 && bound < 1000000000);
	assert_true(g0 < h1 && h0 < g1); /* they overlap, so the offset is not off by a boot */
}

static void findings_of_all_families_are_there(void **state)
{
	static const char *const families[] = {"depth", "irq", "cache"};
	struct pb_findings fs = {0};

	(void)state;
	assert_int_equal(pb_analyze(run, &fs, NULL), 0);
	for (size_t k = 0; k < sizeof(families) / sizeof(families[0]); k++) {
		bool found = false;

		for (size_t i = 0; i < fs.n; i++)
			found = found || !strcmp(fs.v[i]->family, families[k]);
		if (!found)
			fail_msg("no finding of family %s", families[k]);
	}
	pb_findings_fini(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(six_depths_were_measured_and_are_valid),
		cmocka_unit_test(no_io_failed),
		cmocka_unit_test(the_disk_went_through_vfio),
		cmocka_unit_test(fio_and_the_page_agree_within_a_percent),
		cmocka_unit_test(littles_law_holds),
		cmocka_unit_test(guest_interrupts_fit_the_ios),
		cmocka_unit_test(host_vectors_fit_the_guests_interrupts),
		cmocka_unit_test(the_guests_block_layer_counts_the_same_ios),
		cmocka_unit_test(the_disk_counts_the_same_commands),
		cmocka_unit_test(kvm_injects_what_the_guest_takes),
		cmocka_unit_test(the_guests_memory_is_pinned),
		cmocka_unit_test(the_environment_stands_in_the_manifest),
		cmocka_unit_test(every_guest_source_was_read),
		cmocka_unit_test(the_clocks_agree_by_two_methods),
		cmocka_unit_test(host_and_guest_share_one_timeline),
		cmocka_unit_test(findings_of_all_families_are_there),
	};

	return cmocka_run_group_tests(tests, open_run, close_run);
}
