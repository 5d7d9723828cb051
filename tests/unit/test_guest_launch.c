/* What the micro guest refuses before anything is changed: no IOMMU, a shared group, disks in use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "engine/run/guest/guest.h"
#include "tests/unit/faketree.h"

#define BDF "0000:01:00.0"
#define OTHER "0000:02:00.0"
#define DEVICES "sys/bus/pci/devices/"

static int setup(void **state)
{
	struct faketree *f = calloc(1, sizeof(*f));

	fake_make(f);
	fake_put(f, DEVICES BDF "/class", "0x010802\n");
	fake_put(f, DEVICES OTHER "/class", "0x020000\n");
	fake_put(f, "sys/block/none", "");
	fake_put(f, "sys/bus/pci/drivers/e1000e/bind", "");
	fake_put(f, "sys/bus/pci/drivers/pcieport/bind", "");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fake_remove(*state);
	free(*state);
	return 0;
}

static int preflight(struct faketree *f, struct pb_err *err)
{
	struct pb_guest_spec spec;
	struct pb_disk disk = {.bdf = BDF};
	struct pb_guest g = {.spec = &spec, .root = &f->root, .disk = &disk, .readonly = true};

	if (access("/dev/kvm", R_OK | W_OK) < 0)
		skip();
	assert_int_equal(pb_guest_spec_parse(&spec, NULL, NULL, NULL), 0);
	return spec.kind->preflight(&g, err);
}

static void no_iommu_is_said_with_what_to_do(void **state)
{
	struct pb_err err = PB_ERR_INIT;

	assert_true(preflight(*state, &err) < 0);
	assert_int_equal(err.status, PB_MISSING);
	assert_non_null(strstr(err.msg, "in no IOMMU group"));
	assert_non_null(strstr(err.msg, "intel_iommu=on"));
}

static void a_group_of_its_own_is_fine(void **state)
{
	struct faketree *f = *state;
	struct pb_err err = PB_ERR_INIT;

	fake_put(f, DEVICES BDF "/iommu_group/devices/" BDF, "");
	if (preflight(f, &err) < 0)
		fail_msg("%s", err.msg);
}

static void a_group_shared_with_a_device_in_use_is_refused(void **state)
{
	struct faketree *f = *state;
	struct pb_err err = PB_ERR_INIT;

	fake_put(f, DEVICES BDF "/iommu_group/devices/" BDF, "");
	fake_put(f, DEVICES BDF "/iommu_group/devices/" OTHER, "");
	fake_link(f, "../../drivers/e1000e", DEVICES OTHER "/driver");
	assert_true(preflight(f, &err) < 0);
	assert_int_equal(err.status, PB_UNSAFE);
	assert_non_null(strstr(err.msg, OTHER " (driver e1000e)"));
}

static void bridges_may_share_the_group(void **state)
{
	struct faketree *f = *state;
	struct pb_err err = PB_ERR_INIT;

	fake_put(f, DEVICES BDF "/iommu_group/devices/" BDF, "");
	fake_put(f, DEVICES BDF "/iommu_group/devices/" OTHER, "");
	fake_link(f, "../../drivers/pcieport", DEVICES OTHER "/driver");
	if (preflight(f, &err) < 0)
		fail_msg("%s", err.msg);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(no_iommu_is_said_with_what_to_do),
		T(a_group_of_its_own_is_fine),
		T(a_group_shared_with_a_device_in_use_is_refused),
		T(bridges_may_share_the_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
