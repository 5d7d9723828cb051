/* Time to restore and to back up: no number without a measured rate, and what the rate is worth is said. */
#include <math.h>

#include "reports/duration.h"
#include "reports/restore.h"
#include "tests/unit/reporttest.h"

static struct pb_step step(double bw, double iops, bool valid)
{
	return (struct pb_step){.t0_ns = 1000,
				.t1_ns = 2000,
				.phase = 's',
				.depth = 8,
				.bw_bytes_s = bw,
				.iops = {iops, iops * 0.9, iops * 1.1},
				.valid = valid};
}

static json_t *manifest(const char *rw, const char *bs)
{
	return json_pack("{s:{s:s,s:s},s:{s:I},s:{s:s}}", "profile", "rw", rw, "bs", bs, "disk", "size_bytes",
			 (json_int_t)2000000000000, "guest", "name", "guest0");
}

static void estimate(struct pb_restore *r, struct pb_step *v, size_t n, const char *rw, const char *bs,
		     int fd)
{
	struct pb_steps steps = {.v = v, .n = n};
	json_t *m = manifest(rw, bs);

	pb_restore_estimate(r, &steps, m, fd);
	json_decref(m);
}

static void writes_restore_and_reads_back_up(void **state)
{
	struct pb_step v[] = {step(1e8, 100, true), step(2e8, 200, true), step(9e9, 900, false)};
	struct pb_restore r;
	struct pb_ci s;

	(void)state;
	estimate(&r, v, 3, "write", "1m", -1);
	assert_null(r.read.step);
	assert_ptr_equal(r.write.step, &v[1]); /* the fastest valid one */
	assert_int_equal(r.basis, PB_RESTORE_SEQUENTIAL);
	s = pb_restore_seconds(&r.write, r.size_bytes[0]);
	assert_true(fabs(s.est - 10000) < 1e-6);
	assert_true(fabs(s.lo - 10000 / 1.1) < 1e-6 && fabs(s.hi - 10000 / 0.9) < 1e-6);
	assert_true(isnan(pb_restore_seconds(&r.read, 1e12).est));
	estimate(&r, v, 3, "randread", "64k", -1);
	assert_null(r.write.step);
	assert_int_equal(r.basis, PB_RESTORE_LARGE);
	estimate(&r, v, 3, "randread", "63k", -1);
	assert_int_equal(r.basis, PB_RESTORE_SMALL);
}

static void without_a_valid_window_there_is_no_number(void **state)
{
	struct pb_step bad = step(1e8, 100, false);
	struct pb_restore r;

	(void)state;
	estimate(&r, &bad, 1, "write", "1m", -1);
	assert_null(r.write.step);
	estimate(&r, NULL, 0, "read", "1m", -1);
	assert_null(r.read.step);
	bad.valid = true;
	estimate(&r, &bad, 1, "randrw", "4k", -1); /* engine.csv does not say who moved what */
	assert_null(r.read.step);
	assert_null(r.write.step);
	bad.phase = 'a'; /* a window of a trial */
	estimate(&r, &bad, 1, "write", "1m", -1);
	assert_null(r.write.step);
}

/* Two jobs; the rows before and after the window do not count. */
static void mixed_bytes_are_shared_out(void **state)
{
	static const char engine[] = "t_ns,job,read_bytes,write_bytes\n"
				     "500,0,0,0\n500,1,0,0\n"
				     "1000,0,100,0\n1000,1,100,0\n"
				     "2000,0,250,50\n2000,1,250,50\n"
				     "3000,0,9000,9000\n3000,1,9000,9000\n";
	struct pb_step v = step(1e8, 100, true);
	struct tmpdir tmp;
	struct pb_restore r;

	(void)state;
	tmpdir_make(&tmp);
	mkdirat(tmp.fd, "guest", 0755);
	mkdirat(tmp.fd, "guest/guest0", 0755);
	tmpdir_write(&tmp, "guest/guest0/engine.csv", engine);
	estimate(&r, &v, 1, "randrw", "4k", tmp.fd);
	assert_true(r.mixed);
	assert_true(fabs(r.read.bytes_s.est - 0.75e8) < 1);
	assert_true(fabs(r.write.bytes_s.est - 0.25e8) < 1);
	assert_true(fabs(r.write.bytes_s.hi - 0.275e8) < 1);
	tmpdir_remove(&tmp);
}

static void notes_say_what_the_rate_is_worth(void **state)
{
	struct pb_step v = step(1e8, 100, true);
	enum pb_message notes[PB_RESTORE_NOTES];
	struct pb_restore r;

	(void)state;
	estimate(&r, &v, 1, "randwrite", "4k", -1);
	assert_int_equal(pb_restore_notes(&r, notes), 3);
	assert_int_equal(notes[0], PB_MSG_RESTORE_SMALL);
	assert_int_equal(notes[1], PB_MSG_RESTORE_BURST);
	r.sustained = r.mixed = true;
	assert_int_equal(pb_restore_notes(&r, notes), 4);
	assert_int_equal(notes[1], PB_MSG_RESTORE_MIXED);
	assert_int_equal(notes[2], PB_MSG_RESTORE_STEADY);
	estimate(&r, &v, 1, "read", "1m", -1);
	assert_int_equal(pb_restore_notes(&r, notes), 2);
	assert_int_equal(notes[0], PB_MSG_RESTORE_SEQUENTIAL);
}

static void a_size_that_is_not_known_is_left_out(void **state)
{
	struct pb_step v = step(1e8, 100, true);
	struct pb_steps steps = {.v = &v, .n = 1};
	json_t *m = json_pack("{s:{s:s,s:s}}", "profile", "rw", "read", "bs", "1m");
	struct pb_restore r;

	(void)state;
	pb_restore_estimate(&r, &steps, m, -1);
	assert_true(isnan(r.size_bytes[0]));
	assert_true(r.size_bytes[3] == 1e13);
	json_decref(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_restore_and_reads_back_up),
		cmocka_unit_test(without_a_valid_window_there_is_no_number),
		cmocka_unit_test(mixed_bytes_are_shared_out),
		cmocka_unit_test(notes_say_what_the_rate_is_worth),
		cmocka_unit_test(a_size_that_is_not_known_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
