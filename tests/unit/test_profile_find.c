/* Profiles by name and by path, and that every shipped one loads and says what it is. */
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
#include "tests/unit/tmpdir.h"

static void shipped_profiles_are_sound(void **state)
{
	struct pb_strv names = {0};
	bool seen_default = false;

	(void)state;
	setenv("PASSBENCH_DATA", ".", 1);
	assert_int_equal(pb_profile_names(&names, NULL), 0);
	assert_true(names.n >= 5);
	for (size_t i = 0; i < names.n; i++) {
		struct pb_profile p;

		assert_int_equal(pb_profile_load(&p, names.v[i], NULL), 0);
		assert_string_equal(p.name, names.v[i]);
		assert_string_not_equal(p.title, p.name);
		assert_true(p.about[0]);
		/* durable data is data that is written */
		assert_true(p.writes || !strcmp(p.durability, "none"));
		assert_int_equal(!strcmp(p.durability, "power"), p.fsync);
		seen_default |= !strcmp(p.name, "randread-4k") && !p.writes;
		pb_profile_fini(&p);
	}
	assert_true(seen_default);
	pb_strv_fini(&names);
}

static void a_path_is_a_path(void **state)
{
	struct pb_profile p;
	struct tmpdir d;
	char path[600];

	(void)state;
	tmpdir_make(&d);
	tmpdir_write(&d, "mine.fio", "[j]\nrw=randread\n");
	snprintf(path, sizeof(path), "%s/mine.fio", d.path);
	assert_int_equal(pb_profile_load(&p, path, NULL), 0);
	assert_string_equal(p.name, "mine");
	pb_profile_fini(&p);
	tmpdir_remove(&d);
}

static void what_is_not_there_is_said(void **state)
{
	struct pb_err err = PB_ERR_INIT, err2 = PB_ERR_INIT, err3 = PB_ERR_INIT;
	struct pb_profile p;

	(void)state;
	setenv("PASSBENCH_DATA", ".", 1);
	assert_int_equal(pb_profile_load(&p, "no-such-profile", &err), -ENOENT);
	assert_int_equal(err.status, PB_USAGE);
	assert_non_null(strstr(err.msg, "randread-4k")); /* lists what there is */
	pb_profile_fini(&p);
	assert_int_equal(pb_profile_load(&p, "/nowhere/x.fio", &err2), -ENOENT);
	assert_int_equal(err2.status, PB_USAGE);
	pb_profile_fini(&p);
	assert_int_equal(pb_profile_load(&p, "/dev/", &err3), -EINVAL);
	pb_profile_fini(&p);
}

static void something_huge_is_not_read(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	char path[600], *big = malloc(70001);
	struct pb_profile p;
	struct tmpdir d;

	(void)state;
	memset(big, '#', 70000);
	big[70000] = '\0';
	tmpdir_make(&d);
	tmpdir_write(&d, "big.fio", big);
	snprintf(path, sizeof(path), "%s/big.fio", d.path);
	assert_int_equal(pb_profile_load(&p, path, &err), -EFBIG);
	pb_profile_fini(&p);
	free(big);
	tmpdir_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_profiles_are_sound),
		cmocka_unit_test(a_path_is_a_path),
		cmocka_unit_test(what_is_not_there_is_said),
		cmocka_unit_test(something_huge_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
