/* Unit tests of engine/collectors/psitext.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "engine/collectors/psitext.h"
#include "engine/lib/csv.h"
#include "tests/unit/faketree.h"

static void parse_fixture(const char *name, int64_t *some, int64_t *full)
{
	char path[128], *text;

	snprintf(path, sizeof(path), "tests/fixtures/pressure/%s", name);
	text = fixture_text(path);
	pb_psi_parse(text, some, full);
	free(text);
}

static void test_kernels(void **state)
{
	int64_t some, full;

	(void)state;
	parse_fixture("cpu-linux-5.10.txt", &some, &full); /* no "full" of the CPU before 5.13 */
	assert_true(some == 81034117000LL && full == PB_NA);
	parse_fixture("irq-linux-6.1.txt", &some, &full); /* interrupts only have "full" */
	assert_true(some == PB_NA && full == 5120331000LL);
	parse_fixture("io-linux-6.12.txt", &some, &full);
	assert_true(some == 979000 && full == 979000);
	parse_fixture("cpu-linux-6.18.txt", &some, &full);
	assert_true(some > 0 && full == 0);
}

static void test_absurd(void **state)
{
	static const char *const text[] = {"",
					   "some",
					   "some total=",
					   "full avg10=0.00\n total=5\n",
					   "some total=x",
					   "full total=-3",
					   "some  avg10=1\ntotal=99",
					   "full total=99999999999999999999\n",
					   "some total=9223372036854775807"};
	int64_t some, full;

	(void)state;
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		pb_psi_parse(text[i], &some, &full);
		assert_true(some == PB_NA && full == PB_NA);
	}
}

static void test_cgroup(void **state)
{
	char path[64] = "";

	(void)state;
	assert_int_equal(pb_psi_cgroup("0::/user.slice/run-1.scope\n", path, sizeof(path)), 0);
	assert_string_equal(path, "/user.slice/run-1.scope");
	assert_int_equal(
		pb_psi_cgroup("9:name=systemd:/\n4:memory:/x\n0::/a/libvirt/emulator\n", path, sizeof(path)),
		0);
	assert_string_equal(path, "/a/libvirt");
	assert_int_equal(pb_psi_cgroup("0::/\n", path, sizeof(path)), -ENOENT);
	assert_int_equal(pb_psi_cgroup("4:memory:/x\n", path, sizeof(path)), -ENOENT);
	assert_int_equal(pb_psi_cgroup("", path, sizeof(path)), -ENOENT);
	assert_int_equal(pb_psi_cgroup("0::/../../etc\n", path, sizeof(path)), -EINVAL);
	assert_int_equal(pb_psi_cgroup("0::relative\n", path, sizeof(path)), -EINVAL);
	assert_int_equal(pb_psi_cgroup("0::/a (deleted)\n", path, sizeof(path)), -EINVAL);
	assert_int_equal(pb_psi_cgroup("0::/0123456789\n", path, 8), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_absurd),
		cmocka_unit_test(test_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
