/* Guest telemetry from recorded /proc files: columns, what is kept, what is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/agent/record.h"
#include "tests/unit/faketree.h"

#define INTERRUPTS                                                                                           \
	"            CPU0       CPU2       \n"                                                               \
	"  1:          9          1   IO-APIC   1-edge      i8042\n"                                         \
	" 24:          0         12  PCI-MSIX-0000:00:03.0   0-edge      nvme0q0\n"                          \
	" 25:    4000000         34  PCI-MSIX-0000:00:03.0   1-edge      nvme0q1\n"                          \
	" 26:          5          6  PCI-MSIX-0000:00:02.0   1-edge      virtio0-virtqueues\n"               \
	"LOC:      11111      22222   Local timer interrupts\n"                                              \
	"ERR:          0\n"

struct rec {
	struct faketree f;
	struct pb_record r;
	struct pb_buf irq, cpu;
};

static int setup(void **state)
{
	struct rec *x = calloc(1, sizeof(*x));

	fake_make(&x->f);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct rec *x = *state;

	pb_record_fini(&x->r);
	pb_buf_fini(&x->irq);
	pb_buf_fini(&x->cpu);
	fake_remove(&x->f);
	free(x);
	return 0;
}

/* Line n of the text without its stamp (up to the first comma), in a static buffer. */
static const char *line(const struct pb_buf *b, unsigned n)
{
	static char text[300];
	const char *at = b->data;

	while (n--)
		at = strchr(at, '\n') + 1;
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(strchr(at, ','), "\n"), strchr(at, ','));
	return text;
}

static unsigned lines(const struct pb_buf *b)
{
	unsigned n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += b->data[i] == '\n';
	return n;
}

static void vectors_of_disks_and_the_total(void **state)
{
	struct rec *x = *state;

	fake_put(&x->f, "proc/interrupts", INTERRUPTS);
	pb_record_begin(&x->r, &x->f.root, &x->irq, &x->cpu);
	pb_record_interrupts(&x->r, &x->f.root, &x->irq);
	assert_int_equal(lines(&x->irq), 6);
	assert_memory_equal(x->irq.data, "t_ns,irq,name,kind,cpu0,cpu2\n", 29);
	assert_string_equal(line(&x->irq, 1), ",24,nvme0q0,device,0,12");
	assert_string_equal(line(&x->irq, 2), ",25,nvme0q1,device,4000000,34");
	assert_string_equal(line(&x->irq, 3), ",26,virtio0-virtqueues,device,5,6");
	assert_string_equal(line(&x->irq, 4), ",,LOC,arch,11111,22222");
	assert_string_equal(line(&x->irq, 5), ",,total,total,4000014,53");
}

static void cpu_time_is_in_ns(void **state)
{
	struct rec *x = *state;
	char want[200];
	long long ns = 1000000000ll / sysconf(_SC_CLK_TCK);

	fake_put(&x->f, "proc/stat",
		 "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\ncpu3 1 2 3 4\nintr 5\n");
	pb_record_begin(&x->r, &x->f.root, &x->irq, &x->cpu);
	pb_record_cpu(&x->r, &x->f.root, &x->cpu);
	assert_int_equal(lines(&x->cpu), 3);
	snprintf(want, sizeof(want), ",0,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld", ns, 2 * ns,
		 3 * ns, 4 * ns, 5 * ns, 6 * ns, 7 * ns, 8 * ns, 9 * ns, 10 * ns);
	assert_string_equal(line(&x->cpu, 1), want);
	snprintf(want, sizeof(want), ",3,%lld,%lld,%lld,%lld,,,,,,", ns, 2 * ns, 3 * ns, 4 * ns);
	assert_string_equal(line(&x->cpu, 2), want); /* not available is empty, not 0 */
}

static void without_the_files_there_are_headers_only(void **state)
{
	struct rec *x = *state;

	pb_record_begin(&x->r, &x->f.root, &x->irq, &x->cpu);
	pb_record_interrupts(&x->r, &x->f.root, &x->irq);
	pb_record_cpu(&x->r, &x->f.root, &x->cpu);
	assert_string_equal(x->irq.data, "t_ns,irq,name,kind\n");
	assert_int_equal(lines(&x->cpu), 1);
}

static void a_cpu_that_goes_leaves_its_cells_empty(void **state)
{
	struct rec *x = *state;

	fake_put(&x->f, "proc/interrupts", INTERRUPTS);
	pb_record_begin(&x->r, &x->f.root, &x->irq, &x->cpu);
	fake_put(&x->f, "proc/interrupts",
		 "            CPU2       \n 25:         36  PCI-MSIX-0000:00:03.0   1-edge      nvme0q1\n");
	pb_record_interrupts(&x->r, &x->f.root, &x->irq);
	fake_put(&x->f, "proc/interrupts",
		 "       CPU0   CPU1   CPU2       \n 25:   9  8  37  PCI-MSI 5-edge      nvme0q1\n");
	pb_record_interrupts(&x->r, &x->f.root, &x->irq);
	fake_put(&x->f, "proc/interrupts", "rubbish\n 25: 1 2 nvme0q1\n");
	pb_record_interrupts(&x->r, &x->f.root, &x->irq);
	assert_int_equal(lines(&x->irq), 5);
	assert_string_equal(line(&x->irq, 1), ",25,nvme0q1,device,,36");
	assert_string_equal(line(&x->irq, 2), ",,total,total,,36");
	assert_string_equal(line(&x->irq, 3), ",25,nvme0q1,device,9,37");
}

/* Linux has had 11 fields, 15 since 4.18, 17 since 5.5. */
static void block_counters_of_any_kernel(void **state)
{
	struct rec *x = *state;

	fake_put(
		&x->f, "sys/block/nvme0n1/stat",
		"  728301    55895 21414306   782945   537538   231705 24980776   115082        0    90552   "
		"929981   323537       28 19038728    26723   103573     5229\n");
	fake_put(&x->f, "sys/block/vda/stat",
		 " 1 2 3 4 5 6 7 8 9 10 11 -5 18446744073709551616 12345678901234567890 x\n");
	fake_put(&x->f, "sys/block/vdb/stat", "    9 2 3 4 5 6 7 8 9 10 11\n");
	fake_put(&x->f, "sys/block/vdc/stat", "");
	pb_buf_str(&x->cpu, pb_record_block_header);
	assert_true(pb_record_block(&x->f.root, "nvme0n1", &x->cpu));
	assert_true(pb_record_block(&x->f.root, "vda", &x->cpu));
	assert_true(pb_record_block(&x->f.root, "vdb", &x->cpu));
	assert_false(pb_record_block(&x->f.root, "vdc", &x->cpu));
	assert_false(pb_record_block(&x->f.root, "sda", &x->cpu));
	assert_int_equal(lines(&x->cpu), 4);
	assert_string_equal(line(&x->cpu, 1), ",nvme0n1,728301,55895,21414306,782945,537538,231705,24980776,"
					      "115082,0,90552,929981,323537,28,19038728,26723,103573,5229");
	assert_string_equal(line(&x->cpu, 2), ",vda,1,2,3,4,5,6,7,8,9,10,11,,,,,,");
	assert_string_equal(line(&x->cpu, 3), ",vdb,9,2,3,4,5,6,7,8,9,10,11,,,,,,");
}

static void odd_lines_do_no_harm(void **state)
{
	struct rec *x = *state;

	fake_put(&x->f, "proc/interrupts",
		 "   CPU0 CPU1\n\n:\n 1:\n 2: 3\n 3: 4 5\n 4: 1 2 nvme,\"q\x01\n 99999999999999999999: 1 1 "
		 "nvme1q1\n");
	fake_put(&x->f, "proc/stat", "cpu\ncpu0\ncpu1 x\n\n");
	pb_record_begin(&x->r, &x->f.root, &x->irq, &x->cpu);
	pb_record_interrupts(&x->r, &x->f.root, &x->irq);
	pb_record_cpu(&x->r, &x->f.root, &x->cpu);
	assert_non_null(strstr(x->irq.data, ",4,nvme__q_,device,1,2\n"));
	assert_int_equal(lines(&x->cpu), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(vectors_of_disks_and_the_total, setup, teardown),
		cmocka_unit_test_setup_teardown(cpu_time_is_in_ns, setup, teardown),
		cmocka_unit_test_setup_teardown(without_the_files_there_are_headers_only, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cpu_that_goes_leaves_its_cells_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(block_counters_of_any_kernel, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_lines_do_no_harm, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
