/*
 * A disk whose throughput follows a neighbour's interrupts, one that does not, too short a run, and the
 * boundary of the correlation.
 */
#include "analyzers/neighbour_load.h"
#include "tests/unit/mkfiles.h"
#include "tests/unit/ruletest.h"

#define BIN 500000000LL
#define BIN_S 0.5

/* 1 while the neighbour works: on for two bins, off for three, from the grid's own start. */
static double works(int64_t t)
{
	int64_t k = (t - mk_start(0)) / BIN;

	return ((k % 5) + 5) % 5 < 2;
}

/* A number between -1 and 1 that looks like noise and is always the same. */
static double noise(int64_t k)
{
	uint64_t x = (uint64_t)k * 2654435761u + 12345;

	x ^= x >> 13;
	x *= 0x9E3779B97F4A7C15u;
	return (double)(x >> 40) / (double)(1 << 23) - 1;
}

struct made {
	double effect;   /* what the neighbour takes of this disk's throughput, as a share */
	double noise;    /* of this disk's throughput */
	int lag;         /* bins that this disk follows later */
	double constant; /* the neighbour does not vary */
};

static char *engine(const struct mk_run *m, const struct made *w)
{
	double done = 0;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "t_ns,job,target_depth,submitted,completed,failed,read_bytes,write_bytes,depth_ns\n");
	for (int64_t t = mk_start(0) - 4 * BIN; t <= mk_finish(m) + BIN; t += BIN) {
		fprintf(f, "%lld,0,16,%.0f,%.0f,0,%.0f,0,%.0f\n", (long long)t, done, done, done * 4096,
			done);
		done += 10000 * BIN_S * (1 - w->effect * works(t - w->lag * BIN) + w->noise * noise(t / BIN));
	}
	fclose(f);
	return text;
}

static char *interrupts(const struct mk_run *m, const struct made *w)
{
	double n = 0;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "t_ns,irq,name,kind,cpu0,cpu1,cpu2,cpu3\n");
	for (int64_t t = mk_start(0) - 4 * BIN; t <= mk_finish(m) + BIN; t += BIN) {
		fprintf(f, "%lld,60,vfio-msix[1](0000:00:11.0),neighbour,0,0,%.0f,0\n", (long long)t, n);
		n += 8000 * BIN_S * (w->constant > 0 ? w->constant : works(t)) + 10;
	}
	fclose(f);
	return text;
}

static void pcie(struct mk_run *m)
{
	char text[300];

	snprintf(text, sizeof(text),
		 "t_ns,bdf,hop,kind,shared_devices,shared_disks,shared_with\n%lld,0000:00:02.0,1,bridge,1,1,"
		 "0000:00:11.0\n",
		 MK_T0);
	mkf_text(m, "host/pcie.csv", text);
}

static void make(struct mk_run *m, const struct made *w, int steps)
{
	mk_default(m);
	m->steps = steps;
	mkf_put(m, "guest/guest0/engine.csv", engine(m, w));
	mkf_put(m, "host/interrupts.csv", interrupts(m, w));
	pcie(m);
}

static bool speaks(const struct made *w, int steps)
{
	struct mk_run m;
	bool loud;

	make(&m, w, steps);
	loud = rt_speaks(&m, "neighbour-load");
	mkf_free(&m);
	return loud;
}

static void a_disk_that_follows_its_neighbour(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	make(&m, &(struct made){.effect = .4, .noise = .05}, 7);
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "neighbour-load");
	assert_non_null(f);
	assert_true(rt_evidence(f, "host/interrupts.csv", "kind")->value < -.9);
	assert_non_null(strstr(f->evidence[0].text, "0.0 s earlier"));
	assert_true(rt_list_has(&f->apply, "--solo"));
	pb_findings_fini(&fs);
	mkf_free(&m);
}

static void it_may_follow_later(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;

	(void)state;
	make(&m, &(struct made){.effect = .4, .noise = .05, .lag = 1}, 7);
	rt_analyze(&m, &fs);
	f = rt_loud(&fs, "neighbour-load");
	assert_non_null(f);
	assert_non_null(strstr(f->evidence[0].text, "0.5 s earlier"));
	pb_findings_fini(&fs);
	mkf_free(&m);
}

static void noise_and_constant_load_say_nothing(void **state)
{
	(void)state;
	assert_false(speaks(&(struct made){.effect = 0, .noise = .1}, 7));
	assert_false(speaks(&(struct made){.effect = .4, .noise = .1, .constant = .7}, 7));
}

/* Up together is no contention. */
static void what_rises_together_is_not_blamed(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	make(&m, &(struct made){.effect = -.4, .noise = .05}, 7);
	rt_analyze(&m, &fs);
	assert_null(rt_loud(&fs, "neighbour-load"));
	assert_non_null(strstr(rt_find(&fs, "neighbour-load")->title, "together"));
	pb_findings_fini(&fs);
	mkf_free(&m);
}

/* Four half seconds a window: five windows are 20, four are 16. */
static void too_short_a_run_is_said(void **state)
{
	const struct made w = {.effect = .4, .noise = .05};
	struct mk_run m;

	(void)state;
	assert_true(speaks(&w, 5));
	make(&m, &w, 4);
	assert_true(rt_says_missing(&m, "neighbour-load", "16 half seconds"));
	mkf_free(&m);
}

static void it_says_what_it_lacks(void **state)
{
	struct mk_run m;

	(void)state;
	make(&m, &(struct made){.effect = .4, .noise = .05}, 7);
	free((char *)m.put[0].text);
	m.put[0].text = strdup("t_ns,job,completed\n");
	assert_true(rt_says_missing(&m, "neighbour-load", "engine.csv"));
	mkf_free(&m);
}

/* Times that no clock has must not be reckoned with. */
static void impossible_times_are_passed_over(void **state)
{
	struct mk_run m;

	(void)state;
	make(&m, &(struct made){.effect = .4, .noise = .05}, 7);
	mkf_text(&m, "steps.csv",
		 "t_ns,t_end_ns,phase,depth,iops,valid\n-9223372036854775807,9223372036854775807,sweep,1,100,"
		 "1\n"
		 "9223372036854775000,9223372036854775807,sweep,2,200,1\n");
	assert_true(rt_says_missing(&m, "neighbour-load", "0 half seconds"));
	mkf_free(&m);
}

static void correlation_within_groups(void **state)
{
	static const double x[] = {1, 2, 3, 101, 102, 103}, up[] = {5, 6, 7, 1, 2, 3},
			    flat[] = {1, 1, 1, 1, 1, 1};
	static const double mixed[] = {5, 6, 7, 7, 6, 5};
	static const int group[] = {0, 0, 0, 1, 1, 1};

	(void)state;
	assert_true(fabs(pb_neighbour_correlation(x, up, group, 6) - 1) < 1e-9);
	assert_true(fabs(pb_neighbour_correlation(x, mixed, group, 6)) < 1e-9);
	assert_true(isnan(pb_neighbour_correlation(x, flat, group, 6)));
	assert_true(isnan(pb_neighbour_correlation(x, up, group, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_that_follows_its_neighbour),
		cmocka_unit_test(it_may_follow_later),
		cmocka_unit_test(noise_and_constant_load_say_nothing),
		cmocka_unit_test(what_rises_together_is_not_blamed),
		cmocka_unit_test(too_short_a_run_is_said),
		cmocka_unit_test(it_says_what_it_lacks),
		cmocka_unit_test(impossible_times_are_passed_over),
		cmocka_unit_test(correlation_within_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
