/* Unit tests of engine/collectors/quietcpu.c: the sampler keeps off the CPUs of vCPUs and vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/collectors/quietcpu.h"
#include "tests/unit/faketree.h"

#define SIZE sizeof(struct pb_cpuset)

static int setup(void **state)
{
	struct faketree *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	fake_make(f);
	fake_put(f, "proc/interrupts",
		 "  CPU0 CPU1\n 40: 1 2  chip  0-edge  vfio-msix[0](0000:41:00.0)\n"
		 " 41: 1 2  chip  0-edge  eth0\n");
	fake_put(f, "proc/irq/40/smp_affinity_list", "0-7\n");
	fake_put(f, "proc/irq/40/effective_affinity_list", "5\n");
	fake_put(f, "proc/irq/41/effective_affinity_list", "6\n");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fake_remove(*state);
	free(*state);
	return 0;
}

static void put_thread(struct faketree *f, int tid, const char *comm, const char *allowed)
{
	char path[64], text[160];

	snprintf(path, sizeof(path), "proc/900/task/%d/comm", tid);
	fake_put(f, path, comm);
	snprintf(path, sizeof(path), "proc/900/task/%d/status", tid);
	snprintf(text, sizeof(text), "Name:\t%s\nCpus_allowed:\tff\nCpus_allowed_list:\t%s\n", comm, allowed);
	fake_put(f, path, text);
}

static struct pb_cpuset cpus(int first, int last)
{
	struct pb_cpuset s = {0};

	for (int i = first; i <= last; i++)
		CPU_SET_S((size_t)i, SIZE, s.set);
	return s;
}

static struct pb_quietcpu pick(struct faketree *f, pid_t pid, const char *bdf, struct pb_cpuset own)
{
	struct pb_target t = {.root = &f->root, .bdf = bdf, .qemu_pid = pid};
	struct pb_quietcpu q;

	pb_quietcpu_pick(&t, &own, &q);
	return q;
}

static void test_keeps_off_vcpus_and_vectors(void **state)
{
	struct faketree *f = *state;
	struct pb_quietcpu q;

	put_thread(f, 900, "qemu-system-x86\n", "0-7");
	put_thread(f, 901, "CPU 0/KVM\n", "1");
	put_thread(f, 902, "CPU 1/KVM\n", "2");
	put_thread(f, 903, "IO iot0\n", "3");
	q = pick(f, 900, "0000:41:00.0", cpus(0, 7));
	assert_int_equal(q.cpu, 4); /* not 0, although it is free */
	assert_int_equal(CPU_COUNT_S(SIZE, q.free.set), 4);
	assert_true(CPU_ISSET_S(0, SIZE, q.free.set));
	assert_false(CPU_ISSET_S(5, SIZE, q.free.set)); /* the disk's vector */
	assert_true(CPU_ISSET_S(6, SIZE, q.free.set));  /* somebody else's */
	assert_non_null(strstr(q.why, "no vCPU may run there"));
}

static void test_prefers_a_core_of_its_own(void **state)
{
	struct faketree *f = *state;
	struct pb_quietcpu q;

	put_thread(f, 901, "CPU 0/KVM\n", "1");
	fake_put(f, "sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "1-2\n");
	fake_put(f, "sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "3\n");
	q = pick(f, 900, NULL, cpus(1, 3));
	assert_int_equal(q.cpu, 3);
	assert_null(strstr(q.why, "another thread"));
	q = pick(f, 900, NULL, cpus(1, 2));
	assert_int_equal(q.cpu, 2);
	assert_non_null(strstr(q.why, "another thread of its core is measured"));
}

static void test_nothing_free_nothing_measured(void **state)
{
	struct faketree *f = *state;
	struct pb_quietcpu q;

	put_thread(f, 901, "CPU 0/KVM\n", "0-7");
	q = pick(f, 900, NULL, cpus(0, 7));
	assert_int_equal(q.cpu, -1);
	assert_non_null(strstr(q.why, "every CPU"));
	q = pick(f, 0, NULL, cpus(0, 7));
	assert_int_equal(q.cpu, -1);
	assert_non_null(strstr(q.why, "no vCPU"));
	q = pick(f, 12345, "0000:ff:00.0", cpus(0, 7)); /* neither exists */
	assert_int_equal(q.cpu, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_keeps_off_vcpus_and_vectors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_prefers_a_core_of_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_free_nothing_measured, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
