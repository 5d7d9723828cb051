/*
 * Latest values of two made-up collectors, one of them with names a hostile guest would choose.
 */
#ifndef PB_TESTS_MKPAGE_H
#define PB_TESTS_MKPAGE_H

#include <stdlib.h>
#include <string.h>

#include "engine/collectors/latest.h"

#define PAGE_S 1000000000LL

static const struct pb_collector page_threads = {.name = "threads",
						 .help = "QEMU's threads",
						 .source = "/proc/PID/task",
						 .period = PB_PERIOD_FAST,
						 .labels = "tid role name",
						 .gauges = "last_cpu"};
static const struct pb_collector page_interrupts = {.name = "interrupts",
						    .help = "interrupts per CPU",
						    .source = "/proc/interrupts",
						    .period = PB_PERIOD_FAST,
						    .labels = "irq name"};
static const struct pb_collector page_pmu = {.name = "pmu", .help = "cycles", .period = PB_PERIOD_SLOW};

static inline void page_source(struct pb_latest *l, const struct pb_collector *c, const char *const *col,
			       size_t n)
{
	struct pb_strv names = {0};

	for (size_t i = 0; i < n; i++)
		assert_int_equal(pb_strv_add(&names, col[i]), 0);
	assert_int_equal(l->watch.source(l, c, &names, NULL), 0);
	pb_strv_fini(&names);
}

static inline void page_thread(struct pb_latest *l, int64_t t, int64_t tid, const char *role,
			       const char *name, int64_t run_ns, int64_t last_cpu)
{
	struct pb_rows *r = pb_rows_new(5);

	assert_non_null(r);
	pb_rows_begin(r, t);
	pb_rows_i64(r, tid);
	pb_rows_str(r, role);
	pb_rows_str(r, name);
	pb_rows_i64(r, run_ns);
	pb_rows_i64(r, last_cpu);
	pb_rows_end(r);
	l->watch.rows(l, &page_threads, r);
	pb_rows_free(r);
}

static inline void page_vector(struct pb_latest *l, int64_t t, int64_t irq, const char *name, int64_t cpu0,
			       int64_t cpu1)
{
	struct pb_rows *r = pb_rows_new(4);

	assert_non_null(r);
	pb_rows_begin(r, t);
	pb_rows_i64(r, irq);
	pb_rows_str(r, name);
	pb_rows_i64(r, cpu0);
	pb_rows_i64(r, cpu1);
	pb_rows_end(r);
	l->watch.rows(l, &page_interrupts, r);
	pb_rows_free(r);
}

static inline void page_make(struct pb_latest *l)
{
	static const char *const threads[] = {"tid", "role", "name", "run_ns", "last_cpu"};
	static const char *const interrupts[] = {"irq", "name", "cpu0", "cpu1"};

	assert_int_equal(pb_latest_init(l), 0);
	page_source(l, &page_threads, threads, 5);
	page_source(l, &page_interrupts, interrupts, 4);
	assert_int_equal(l->watch.source(l, &page_pmu, NULL, "no \"PMU\": ENOENT"), 0);
	page_thread(l, PAGE_S, 901, "vcpu0", "CPU 0/KVM", 1500000000, 3);
	page_thread(l, PAGE_S, 902, "other", "evil\"} 1\n\\\033[2J\xff\xc3\xa9", 7, 1);
	page_thread(l, PAGE_S, 903, NULL, NULL, PB_NA, PB_NA);
	page_vector(l, PAGE_S, 40, "vfio-msix[1](0000:41:00.0)", 100, PB_NA);
	page_vector(l, PAGE_S, PB_NA, "LOC", 5, 6);
}

#endif
