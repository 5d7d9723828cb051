/*
 * Integrity mode on a real loop device, damaged through its backing file between writing and reading: what
 * only the run itself could have left there, earlier passes whole and in parts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/agent/verify.h"
#include "engine/lib/json.h"
#include "tests/unit/loopdev.h"

#define AREA (4u << 20)

static const struct pb_stamp stamp = {.run = 77, .seed = 5, .lba = 0, .pass = 3};

static struct pb_verify_job job(const struct loopdev *l, bool write, bool read)
{
	return (struct pb_verify_job){.path = l->path,
				      .size_bytes = AREA,
				      .run = stamp.run,
				      .seed = stamp.seed,
				      .passes = stamp.pass,
				      .oldest = stamp.pass,
				      .threads = 4,
				      .write = write,
				      .read = read};
}

/* Records every pass as the host would, until the end. The last status is a new reference. */
static json_t *finish(struct pb_verify *v)
{
	json_t *j = NULL;

	do {
		json_decref(j);
		j = json_object();
		pb_verify_status(v, j);
		pb_verify_recorded(v, (uint32_t)pb_json_i64(j, "synced", 0));
		usleep(1000);
	} while (json_is_true(json_object_get(j, "running")));
	return j;
}

static int64_t count(const json_t *status, const char *kind)
{
	return pb_json_i64(json_object_get(status, "counts"), kind, -1);
}

static json_t *run(const struct loopdev *l, bool write, bool read, json_t *bad)
{
	struct pb_verify_job w = job(l, write, read);
	struct pb_verify *v = NULL;
	json_t *status;

	assert_int_equal(pb_verify_start(&v, &w, NULL), 0);
	status = finish(v);
	pb_verify_bad(v, 0, 100, bad);
	pb_verify_free(v);
	return status;
}

/* The block as that pass left it; a part of it when sectors < 8. */
static void plant(const struct loopdev *l, unsigned block, uint32_t pass, unsigned sectors)
{
	unsigned char data[PB_STAMP_BLOCK];
	struct pb_stamp s = stamp;

	s.lba = block * PB_STAMP_SECTORS;
	s.pass = pass;
	pb_stamp_fill(data, &s);
	assert_int_equal(pwrite(l->file_fd, data, sectors * PB_STAMP_SECTOR, (off_t)block * PB_STAMP_BLOCK),
			 sectors * PB_STAMP_SECTOR);
}

static void every_pass_is_read_back(void **state)
{
	struct loopdev l;
	json_t *status, *bad = json_object();

	(void)state;
	if (!loopdev_make(&l, 8 << 20))
		skip();
	status = run(&l, true, true, bad);
	assert_int_equal(pb_json_i64(status, "checked_blocks", 0), 3 * AREA / PB_STAMP_BLOCK);
	assert_int_equal(pb_json_i64(status, "done_bytes", 0), 6 * AREA);
	assert_int_equal(pb_json_i64(status, "total_bytes", 0), 6 * AREA);
	assert_int_equal(pb_json_i64(status, "synced", 0), 3);
	assert_true(json_is_null(json_object_get(status, "error")));
	assert_int_equal(json_array_size(json_object_get(bad, "bad")), 0);
	json_decref(status);
	json_decref(bad);
	loopdev_remove(&l);
}

static void earlier_passes_are_found(void **state)
{
	struct loopdev l;
	json_t *status, *bad = json_object(), *row;
	bool stale = false, torn = false;
	size_t i;

	(void)state;
	if (!loopdev_make(&l, 8 << 20))
		skip();
	json_decref(run(&l, true, false, bad));
	plant(&l, 17, 2, 8);
	plant(&l, 1000, 1, 3);
	status = run(&l, false, true, bad);
	assert_int_equal(count(status, "stale"), 1);
	assert_int_equal(count(status, "torn"), 1);
	assert_int_equal(count(status, "corrupted") + count(status, "misdirected") +
				 count(status, "unstamped") + count(status, "unreadable"),
			 0);
	json_array_foreach(json_object_get(bad, "bad"), i, row)
	{
		const char *found = json_string_value(json_array_get(row, 3));

		stale = stale ||
			(json_integer_value(json_array_get(row, 0)) == 17 * 8 && !strcmp(found, "pass 2"));
		torn = torn || (json_integer_value(json_array_get(row, 0)) == 1000 * 8 &&
				!strcmp(found, "pass 1 in sectors 0-2 then pass 3"));
	}
	assert_true(stale && torn);
	json_decref(status);
	json_decref(bad);
	loopdev_remove(&l);
}

static void writes_stay_in_the_area(void **state)
{
	unsigned char block[PB_STAMP_BLOCK], zero[PB_STAMP_BLOCK] = {0};
	struct loopdev l;
	json_t *bad = json_object();

	(void)state;
	if (!loopdev_make(&l, 8 << 20))
		skip();
	json_decref(run(&l, true, true, bad));
	for (off_t at = AREA; at < 8 << 20; at += PB_STAMP_BLOCK) {
		assert_int_equal(pread(l.file_fd, block, sizeof(block), at), sizeof(block));
		assert_memory_equal(block, zero, sizeof(block));
	}
	json_decref(bad);
	loopdev_remove(&l);
}

/* Pass 2 does not begin before the host has recorded pass 1. */
static void a_pass_waits_for_its_record(void **state)
{
	struct pb_verify *v = NULL;
	struct pb_verify_job w;
	struct loopdev l;
	json_t *j;

	(void)state;
	if (!loopdev_make(&l, 8 << 20))
		skip();
	w = job(&l, true, false);
	assert_int_equal(pb_verify_start(&v, &w, NULL), 0);
	for (int64_t synced = 0; !synced; json_decref(j)) {
		j = json_object();
		pb_verify_status(v, j);
		synced = pb_json_i64(j, "synced", 0);
		usleep(1000);
	}
	usleep(50000);
	j = json_object();
	pb_verify_status(v, j);
	assert_int_equal(pb_json_i64(j, "pass", 0), 1);
	assert_true(json_is_true(json_object_get(j, "running")));
	json_decref(j);
	pb_verify_free(v); /* ends it although it waits */
	loopdev_remove(&l);
}

static void a_disk_in_use_is_refused(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_verify *v = NULL;
	struct pb_verify_job w;
	struct loopdev l;
	int fd;

	(void)state;
	if (!loopdev_make(&l, 8 << 20))
		skip();
	fd = open(l.path, O_RDONLY | O_EXCL | O_CLOEXEC);
	assert_true(fd >= 0);
	w = job(&l, true, true);
	assert_int_equal(pb_verify_start(&v, &w, &err), -EBUSY);
	assert_int_equal(err.status, PB_UNSAFE);
	assert_null(v);
	close(fd);
	loopdev_remove(&l);
}

static void nothing_to_free(void **state)
{
	(void)state;
	pb_verify_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pass_is_read_back),  cmocka_unit_test(earlier_passes_are_found),
		cmocka_unit_test(writes_stay_in_the_area),  cmocka_unit_test(a_pass_waits_for_its_record),
		cmocka_unit_test(a_disk_in_use_is_refused), cmocka_unit_test(nothing_to_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
