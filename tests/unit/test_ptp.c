/* Which clock is taken for the host's, and what is said when there is none. Reading one needs KVM: tests/lab.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/agent/ptp.h"
#include "tests/unit/faketree.h"

static void refused_because(struct faketree *f, const char *word)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_ptp p;

	assert_true(pb_ptp_read(&f->root, &p, &err) < 0);
	if (!strstr(err.msg, word))
		fail_msg("'%s' is not in: %s", word, err.msg);
}

static void only_kvms_own_clock_is_taken(void **state)
{
	struct faketree f;

	(void)state;
	fake_make(&f);
	refused_because(&f, "no ptp_kvm clock here");
	fake_put(&f, "sys/class/ptp/ptp0/clock_name", "igb\n");
	fake_put(&f, "dev/ptp0", "");
	refused_because(&f, "no ptp_kvm clock here");
	fake_put(&f, "sys/class/ptp/ptp1/clock_name", "KVM virtual PTP\n");
	refused_because(&f, "cannot open the ptp_kvm clock");
	fake_put(&f, "dev/ptp1", ""); /* a file is no clock */
	refused_because(&f, "the ptp_kvm clock cannot be read");
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_kvms_own_clock_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
