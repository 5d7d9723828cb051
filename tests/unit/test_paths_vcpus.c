/*
 * Guests of several sizes: which there are, what each runs, and lists that make no sense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "engine/run/paths.h"

static const char text[] =
	"# title: two kinds\n# safety: C\n# durability: flush\n[global]\nbs=4k\nnumjobs=2\n\n"
	"[readers]\nrw=randread\n[writers]\nrw=randwrite\nnumjobs=3\n";

static void load(struct pb_profile *p)
{
	struct pb_err err = PB_ERR_INIT;

	if (pb_profile_parse(p, "two", text, sizeof(text) - 1, &err) < 0)
		fail_msg("%s", err.msg);
}

static void each_size_is_a_guest_of_its_own(void **state)
{
	struct pb_path_arm arms[PB_PATHS_MAX];
	struct pb_profile p;

	(void)state;
	load(&p);
	assert_int_equal(pb_vcpus_arms(arms, "1,2,4", "launch:mem=2G,cpus=2", "vfio", &p, NULL), 3);
	assert_string_equal(arms[2].name, "vcpus-4");
	assert_string_equal(arms[2].guest, "launch:mem=2G,cpus=2,cpus=4");
	assert_string_equal(arms[2].attach, "vfio");
	assert_int_equal(arms[2].vcpus, 4);
	assert_int_equal(pb_vcpus_arms(arms, "1,2,3", NULL, NULL, &p, NULL), 3);
	assert_string_equal(arms[0].guest, "launch:cpus=1");
	assert_string_equal(arms[0].attach, "");
	pb_profile_fini(&p);
}

/* The last of two equal options counts. */
static void the_guest_has_that_many_vcpus(void **state)
{
	struct pb_path_arm arms[PB_PATHS_MAX];
	struct pb_guest_spec spec;
	struct pb_profile p;

	(void)state;
	load(&p);
	assert_int_equal(pb_vcpus_arms(arms, "1,2,5", "launch:cpus=2,mem=2G", NULL, &p, NULL), 3);
	assert_int_equal(pb_guest_spec_parse(&spec, arms[2].guest, NULL, NULL), 0);
	assert_int_equal(spec.vcpus, 5);
	assert_int_equal(spec.mem_mib, 2048);
	pb_profile_fini(&p);
}

static void every_vcpu_has_a_job_of_each_section(void **state)
{
	struct pb_profile p, q;
	struct pb_buf out = {0};

	(void)state;
	load(&p);
	assert_int_equal(p.jobs, 5);
	assert_int_equal(pb_vcpus_jobs(&p, 4), 8);
	assert_int_equal(pb_vcpus_job(&p, 4, &out), 0);
	assert_int_equal(pb_profile_parse(&q, "two", out.data, out.len, NULL), 0);
	assert_int_equal(q.jobs, 8);
	assert_string_equal(q.rw, p.rw);
	assert_string_equal(q.bs, p.bs);
	assert_string_equal(q.title, p.title);
	assert_string_equal(q.safety, "C");
	assert_string_equal(q.durability, "flush");
	assert_true(q.writes);
	pb_buf_fini(&out);
	pb_profile_fini(&p);
	pb_profile_fini(&q);
}

static void refused(const char *list, const char *guest, const char *why)
{
	struct pb_path_arm arms[PB_PATHS_MAX];
	struct pb_err err = PB_ERR_INIT;
	struct pb_profile p;

	load(&p);
	assert_true(pb_vcpus_arms(arms, list, guest, NULL, &p, &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	if (!strstr(err.msg, why))
		fail_msg("--vcpus %s: '%s' does not say '%s'", list, err.msg, why);
	pb_profile_fini(&p);
}

static void lists_that_make_no_sense_are_refused(void **state)
{
	struct pb_path_arm arms[PB_PATHS_MAX];
	struct pb_profile p;

	(void)state;
	refused("1,2", NULL, "3 numbers");
	refused("1,2,2", NULL, "rising");
	refused("4,2,1", NULL, "rising");
	refused("0,1,2", NULL, "1 to 64");
	refused("1,2,x", NULL, "'x'");
	refused("1,2,4x", NULL, "'4x'");
	refused("1,2,-4", NULL, "'-4'");
	refused("1,2,65", NULL, "1 to 64");
	refused("1,2,33", NULL, "66 fio jobs");
	refused("1,2,3,4,5,6,7,8,9,10,11", NULL, "more than 10");
	refused("1,2,4", "ssh:root@x", "guests of its own");
	load(&p);
	assert_int_equal(pb_vcpus_arms(arms, "1,2,32", NULL, NULL, &p, NULL), 3);
	pb_profile_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_size_is_a_guest_of_its_own),
		cmocka_unit_test(the_guest_has_that_many_vcpus),
		cmocka_unit_test(every_vcpu_has_a_job_of_each_section),
		cmocka_unit_test(lists_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
