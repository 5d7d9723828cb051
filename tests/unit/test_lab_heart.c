/* Which CPU of the lab's machine has been silent for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>
#include <cmocka.h>

#include "engine/lab/heart.h"
#include "tests/unit/tmpdir.h"

static void beat(const struct tmpdir *t, const char *name, int ago_s)
{
	struct timespec at[2] = {{.tv_sec = time(NULL) - ago_s}, {.tv_sec = time(NULL) - ago_s}};

	tmpdir_write(t, name, "1\n");
	assert_int_equal(utimensat(t->fd, name, at, 0), 0);
}

static void the_most_silent_cpu_is_named(void **state)
{
	unsigned cpu = 99;
	struct tmpdir t;
	int64_t s;

	(void)state;
	tmpdir_make(&t);
	assert_int_equal(pb_lab_heart_silence(t.path, &cpu), 0); /* no share yet */
	tmpdir_mkdir(&t, "share");
	assert_int_equal(pb_lab_heart_silence(t.path, &cpu), 0); /* no beat yet */
	beat(&t, "share/alive.0", 3);
	beat(&t, "share/alive.1", 300);
	beat(&t, "share/alive.2", 40);
	beat(&t, "share/booted", 1000);
	s = pb_lab_heart_silence(t.path, &cpu);
	assert_int_equal(cpu, 1);
	assert_true(s >= 299 && s < 400);
	tmpdir_remove(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_most_silent_cpu_is_named)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
