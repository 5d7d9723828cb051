/* Profiles: facts, rendering, refusals, and that every shipped one is sound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/profile.h"

static int parse(struct pb_profile *p, const char *text, struct pb_err *err)
{
	return pb_profile_parse(p, "test", text, strlen(text), err);
}

static void facts_come_from_metadata_and_options(void **state)
{
	struct pb_profile p;

	(void)state;
	assert_int_equal(
		parse(&p,
		      "# title: Log writes\n# durability: power\n# safety: P\n# about: x: y\n"
		      "[global]\nbs=8k\nnumjobs=2\n[a]\nrw=randwrite\nfsync=1\n[b]\nrw = randread \n",
		      NULL),
		0);
	assert_string_equal(p.title, "Log writes");
	assert_string_equal(p.about, "x: y");
	assert_string_equal(p.durability, "power");
	assert_string_equal(p.safety, "P");
	assert_string_equal(p.rw, "randwrite,randread");
	assert_string_equal(p.bs, "8k");
	assert_true(p.writes);
	assert_true(p.fsync);
	assert_int_equal(p.jobs, 4);
	pb_profile_fini(&p);
}

static void defaults_without_metadata(void **state)
{
	struct pb_profile p;

	(void)state;
	assert_int_equal(parse(&p, "[job]\n", NULL), 0);
	assert_string_equal(p.title, "test");
	assert_string_equal(p.rw, "read");
	assert_string_equal(p.durability, "none");
	assert_string_equal(p.safety, "N");
	assert_false(p.writes);
	assert_false(p.fsync);
	pb_profile_fini(&p);
	assert_int_equal(parse(&p, "[job]\nrw=write\nfdatasync=1\n", NULL), 0);
	assert_string_equal(p.durability, "power");
	assert_string_equal(p.safety, "P");
	pb_profile_fini(&p);
}

/* What does not provably only read counts as writing. */
static void anything_but_reads_writes(void **state)
{
	static const struct {
		const char *rw;
		bool writes;
	} cases[] = {{"read", false},     {"randread", false}, {"read:8", false},   {"randread:4", false},
		     {"write", true},     {"randwrite", true}, {"rw", true},        {"randrw", true},
		     {"readwrite", true}, {"trim", true},      {"trimwrite", true}, {"mystery", true}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		struct pb_profile p;

		snprintf(text, sizeof(text), "[j]\nreadwrite=%s\n", cases[i].rw);
		assert_int_equal(parse(&p, text, NULL), 0);
		assert_int_equal(p.writes, cases[i].writes);
		pb_profile_fini(&p);
	}
}

static void rendering_takes_over_what_passbench_decides(void **state)
{
	static const char *const gone[] = {"libaio",       "/dev/other", "runtime=5\n",
					   "iodepth=3\n",  "direct=0",   "ramp_time",
					   "write_bw_log", "thread=0",   "number_ios"};
	struct pb_buf out = {0};
	struct pb_profile p;

	(void)state;
	assert_int_equal(
		parse(&p,
		      "[global]\nioengine=libaio\nfilename=/dev/other\nruntime=5\niodepth=3\ndirect=0\n"
		      "ramp_time=2\nwrite_bw_log=x\n[j]\nthread=0\nrw=randread\nnumber_ios=7\nnorandommap\n"
		      "bs=16k\n",
		      NULL),
		0);
	assert_int_equal(pb_profile_render(&p, 64, &out), 0);
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		assert_null(strstr(out.data, gone[i]));
	assert_non_null(strstr(out.data, "\nfilename=${PASSBENCH_DISK}\n"));
	assert_non_null(strstr(out.data, "\nioengine=${PASSBENCH_ENGINE}\n"));
	assert_non_null(strstr(out.data, "\npage=${PASSBENCH_PAGE}\n"));
	assert_non_null(strstr(out.data, "\nbackend=${PASSBENCH_BACKEND}\n"));
	assert_non_null(strstr(out.data, "\niodepth=64\n"));
	assert_non_null(strstr(out.data, "\ndirect=1\n"));
	assert_non_null(strstr(out.data, "\ntime_based=1\n"));
	assert_non_null(strstr(out.data, "\n[j]\nrw=randread\nnorandommap\nbs=16k\n"));
	pb_buf_fini(&out);
	pb_profile_fini(&p);
}

static void what_cannot_work_is_refused_with_its_line(void **state)
{
	static const char *const bad[] = {
		"",                              /* no job */
		"[global]\nrw=read\n",           /* no job either */
		"rw=read\n[j]\n",                /* before a section */
		"[j\nrw=read\n",                 /* broken header */
		"[]\n",                          /* empty header */
		"[j]\nexec_prerun=rm -rf /\n",   /* runs a program */
		"[j]\nstonewall\n",              /* one after the other */
		"[j]\ninclude other.fio\n",      /* another file */
		"[j]\nioscheduler=none\n",       /* changes the machine */
		"[j]\nnumjobs=65\n",             /* more than the page has */
		"[j]\nnumjobs=x\n",              /* not a number */
		"[j]\nthis is not a job file\n", /* prose */
		"# durability: maybe\n[j]\n",    /* metadata */
		"# safety: X\n[j]\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pb_err err = PB_ERR_INIT;
		struct pb_profile p;

		assert_int_equal(parse(&p, bad[i], &err), -EINVAL);
		assert_int_equal(err.status, PB_USAGE);
		assert_non_null(strstr(err.msg, "profile test"));
		pb_profile_fini(&p);
	}
}

static void zero_bytes_are_not_text(void **state)
{
	struct pb_profile p;

	(void)state;
	assert_int_equal(pb_profile_parse(&p, "test", "[j]\n\0rw=read", 12, NULL), -EINVAL);
	pb_profile_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_come_from_metadata_and_options),
		cmocka_unit_test(defaults_without_metadata),
		cmocka_unit_test(anything_but_reads_writes),
		cmocka_unit_test(rendering_takes_over_what_passbench_decides),
		cmocka_unit_test(what_cannot_work_is_refused_with_its_line),
		cmocka_unit_test(zero_bytes_are_not_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
