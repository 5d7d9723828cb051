/* Unit tests of engine/collectors/memtext.c on texts of several kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/collectors/memtext.h"
#include "engine/lib/csv.h"
#include "tests/unit/faketree.h"

static const char *const keys[] = {"MemFree", "MemAvailable", "Dirty", "Writeback", "HugePages_Free"};

static void parse_fixture(const char *name, int64_t v[5])
{
	char path[128], *text;

	snprintf(path, sizeof(path), "tests/fixtures/memory/%s", name);
	text = fixture_text(path);
	pb_meminfo_parse(text, keys, v, 5);
	free(text);
}

static void test_meminfo_of_several_kernels(void **state)
{
	int64_t v[5];

	(void)state;
	parse_fixture("meminfo-linux-3.10.txt", v);
	assert_true(v[0] == 41220340LL * 1024);
	assert_true(v[1] == PB_NA); /* came with 3.14 */
	assert_true(v[2] == 412LL * 1024);
	assert_true(v[3] == 8LL * 1024); /* not WritebackTmp */
	assert_true(v[4] == 12);         /* a count, not bytes */
	parse_fixture("meminfo-linux-6.12.txt", v);
	assert_true(v[0] > 0 && v[1] > 0 && v[2] >= 0 && v[4] == 0);
	parse_fixture("meminfo-linux-6.18.txt", v);
	assert_true(v[0] > 0 && v[1] > 0 && v[2] >= 0 && v[4] == 0);
	parse_fixture("node0-meminfo-linux-6.12.txt", v);
	assert_true(v[0] > 0 && v[1] == PB_NA && v[3] >= 0 && v[4] == 0);
}

static void test_absurd_meminfo(void **state)
{
	int64_t v[5];

	(void)state;
	pb_meminfo_parse("", keys, v, 5);
	assert_true(v[0] == PB_NA);
	pb_meminfo_parse("MemFree: 99999999999999999999 kB\nDirty: 9223372036854775807 kB\n"
			 "MemAvailable:\nWriteback 5 kB\nNode x HugePages_Free: 1\nNode ",
			 keys, v, 5);
	for (size_t i = 0; i < 5; i++)
		assert_true(v[i] == PB_NA);
	pb_meminfo_parse("MemFree: 12", keys, v, 5); /* cut off: no unit, no newline */
	assert_true(v[0] == 12);
}

static const struct pb_numa_use *use(const struct pb_numamaps *m, const char *policy, const char *kind,
				     unsigned node)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->use[i].policy, policy) && !strcmp(m->use[i].kind, kind) &&
		    m->use[i].node == node)
			return &m->use[i];
	fail_msg("no %s %s on node %u", policy, kind, node);
	return NULL;
}

static void test_numa_maps(void **state)
{
	char *text = fixture_text("tests/fixtures/memory/numa_maps-linux-6.1-two-nodes.txt");
	struct pb_numamaps m = {0};

	(void)state;
	pb_numamaps_add(&m, text);
	assert_int_equal(use(&m, "bind:1", "anon", 0)->pages, 65536);
	assert_int_equal(use(&m, "bind:1", "anon", 1)->pages, 196608);
	assert_int_equal(use(&m, "default", "anon", 0)->pages, 2000 + 3);
	assert_int_equal(use(&m, "default", "file", 1)->pages, 10 + 4096);
	assert_int_equal(use(&m, "prefer=static:0", "huge", 1)->pages, 12);
	assert_true(pb_numa_use_bytes(use(&m, "prefer=static:0", "huge", 0)) == 500LL << 21);
	assert_int_equal(use(&m, "interleave:0-1", "anon", 1)->pages, 4);
	assert_int_equal(m.left_out, 0);
	free(text);
}

static void test_old_and_absurd_numa_maps(void **state)
{
	struct pb_numamaps m = {0};

	(void)state;
	/* no page size before 3.11: 4 KiB but for huge pages, of which it is not known */
	pb_numamaps_add(&m, "7f00 default anon=5 N0=5\n7f01 default file=/x huge N0=2\n");
	assert_true(pb_numa_use_bytes(use(&m, "default", "anon", 0)) == 5 * 4096);
	assert_true(pb_numa_use_bytes(use(&m, "default", "huge", 0)) == PB_NA);
	memset(&m, 0, sizeof(m));
	pb_numamaps_add(&m, "zz default N0=1\n7f00\n7f00 \n7f00 default N=1 N0= N99999=1 N0=0 N1=5x N2");
	assert_int_equal(m.n, 0);
	pb_numamaps_add(&m, "1 default N7=5 kernelpagesize_kB=0\n"); /* divided by it once */
	assert_true(pb_numa_use_bytes(use(&m, "default", "anon", 7)) == PB_NA);
	memset(&m, 0, sizeof(m));
	pb_numamaps_add(&m, "1 default N0=9223372036854775807 kernelpagesize_kB=9223372036854775807\n"
			    "1 default N0=9223372036854775807 kernelpagesize_kB=1048576\n"
			    "1 default N0=9223372036854775807 kernelpagesize_kB=1048576\n");
	for (size_t i = 0; i < m.n; i++)
		assert_true(pb_numa_use_bytes(&m.use[i]) == PB_NA ||
			    m.use[i].page_bytes == 4096); /* a size that does not fit is no size */
}

static void test_more_kinds_than_room(void **state)
{
	struct pb_numamaps m = {0};
	char line[64];

	(void)state;
	for (unsigned i = 0; i < PB_NUMA_USES_MAX + 3; i++) {
		snprintf(line, sizeof(line), "1 bind:%u N0=7 kernelpagesize_kB=4\n", i);
		pb_numamaps_add(&m, line);
	}
	assert_int_equal(m.n, PB_NUMA_USES_MAX);
	assert_int_equal(m.left_out, 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meminfo_of_several_kernels),
		cmocka_unit_test(test_absurd_meminfo),
		cmocka_unit_test(test_numa_maps),
		cmocka_unit_test(test_old_and_absurd_numa_maps),
		cmocka_unit_test(test_more_kinds_than_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
