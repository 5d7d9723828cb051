/* Unit tests of engine/collectors/iommufault.c: messages as kernels print them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/collectors/iommufault.h"

static void test_messages(void **state)
{
	static const struct {
		const char *record;
		bool fault, disk;
	} row[] = {
		/* 6.1, 6.12, 6.18 */
		{"3,812,48372,-;DMAR: [DMA Read NO_PASID] Request device [41:00.0] fault addr 0xfffff000 "
		 "[fault reason 0x06] PTE Read access is not set\n",
		 true, true},
		{"3,813,48373,-;DMAR: [DMA Write PASID 0x7] Request device [42:00.0] fault addr 0x0 [fault "
		 "reason "
		 "0x05] PTE Write access is not set",
		 true, false},
		{"3,814,48374,-;DMAR: [INTR-REMAP] Request device [41:00.0] fault index 0x21 [fault reason "
		 "0x26] "
		 "Blocked an interrupt request due to source-id verification failure",
		 true, true},
		/* 4.19 */
		{"3,815,48375,-;DMAR: [DMA Read] Request device [41:00.0] fault addr ffff000 [fault reason "
		 "06] PTE",
		 true, true},
		{"3,816,48376,-;nvme 0000:41:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0010 "
		 "address=0x0 "
		 "flags=0x0000]\n SUBSYSTEM=pci\n DEVICE=+pci:0000:41:00.0",
		 true, true},
		{"3,817,48377,-;AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:c1:00.0 domain=0x1d "
		 "address=0x6]",
		 true, false},
		{"3,818,48378,-;AMD-Vi: Event logged [IO_PAGE_FAULT device=41:00.0 domain=0x1d address=0x6]",
		 true, true},
		/* another segment, another device with the same tail */
		{"3,819,48379,-;vfio-pci 0001:41:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x1]", true,
		 false},
		{"3,820,48380,-;DMAR: [DMA Read] Request device [141:00.0] fault addr 0", true, false},
		/* no faults */
		{"6,821,48381,-;DMAR: DRHD: handling fault status reg 2", false, false},
		{"6,822,48382,-;DMAR-IR: Enabled IRQ remapping in x2apic mode", false, false},
		{"6,823,48383,-;nvme 0000:41:00.0: 4/0/0 default/read/poll queues", false, false},
		/* written by a program: facility 1 */
		{"11,824,48384,-;DMAR: [DMA Read] Request device [41:00.0] fault addr 0", false, false},
		{"DMAR: [DMA Read] Request device [41:00.0]", false, false},
		{"", false, false},
		{";", false, false},
	};
	bool disk;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(pb_iommufault_parse(row[i].record, "0000:41:00.0", &disk), row[i].fault);
		if (disk != row[i].disk)
			fail_msg("%s", row[i].record);
		pb_iommufault_parse(row[i].record, NULL, &disk);
		assert_false(disk);
	}
}

static void test_recorded_machine_has_no_log(void **state)
{
	struct pb_root root = {.fd = -1, .live = false};
	struct pb_iommufault f;

	(void)state;
	assert_true(pb_iommufault_open(&f, &root, NULL) < 0);
	assert_int_equal(f.fd, -1);
	pb_iommufault_poll(&f);
	assert_int_equal(f.all, 0);
	pb_iommufault_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_recorded_machine_has_no_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
