/* Unit tests of engine/run/host/link_estimate.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>

#include "engine/lib/csv.h"
#include "engine/run/host/link_estimate.h"
#include "tests/unit/tmpdir.h"

#define ENGINE_HEAD "t_ns,job,target_depth,submitted,completed,failed,read_bytes,write_bytes,depth_ns\r\n"
#define PCIE_HEAD "t_ns,bdf,hop,link_speed_gts,link_width,mps_bytes,mrrs_bytes\r\n"
#define PCIE                                                                                                 \
	PCIE_HEAD "1,0000:41:00.0,0,8,4,512,512\r\n"                                                         \
		  "1,0000:40:01.0,1,8,4,256,128\r\n"                                                         \
		  "2,0000:41:00.0,0,8,4,,\r\n"

struct place {
	struct tmpdir dir;
	struct pb_rundir run;
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	char path[128];

	assert_non_null(p);
	tmpdir_make(&p->dir);
	snprintf(path, sizeof(path), "%s/run", p->dir.path);
	assert_int_equal(pb_rundir_create(&p->run, path, NULL), 0);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	pb_rundir_close(&p->run);
	tmpdir_remove(&p->dir);
	free(p);
	return 0;
}

static void put(struct place *p, const char *name, const char *text)
{
	assert_int_equal(pb_rundir_put(&p->run, name, text, strlen(text), NULL), 0);
}

static void test_rows(void **state)
{
	struct place *p = *state;
	struct pb_table *t;

	put(p, "host/pcie.csv", PCIE);
	put(p, "guest/g/engine.csv",
	    ENGINE_HEAD "10,0,4,0,0,0,0,0,0\r\n10,1,4,0,0,0,0,0,0\r\n"
			"20,0,4,1,1,0,4096,0,9\r\n20,1,4,1,1,0,0,4096,9\r\n");
	assert_int_equal(pb_link_estimate_write(&p->run, "g", NULL), 1);
	assert_int_equal(pb_table_read(&t, p->run.fd, "host/link_estimate.csv", NULL), 0);
	assert_int_equal(pb_table_rows(t), 2); /* one an instant, jobs together */
	assert_string_equal(pb_table_str(t, 1, pb_table_col(t, "source")), "estimate");
	assert_int_equal(pb_table_i64(t, 1, pb_table_col(t, "read_bytes")), 4096);
	assert_int_equal(pb_table_i64(t, 1, pb_table_col(t, "commands")), 2);
	assert_int_equal(pb_table_i64(t, 1, pb_table_col(t, "mps_bytes")),
			 256); /* the smallest of the path */
	assert_int_equal(pb_table_i64(t, 1, pb_table_col(t, "mrrs_bytes")), 512);
	assert_int_equal(pb_table_i64(t, 1, pb_table_col(t, "to_host_bytes")), 16 * 280 + 8 * 24 + 2 * 64);
	assert_true(pb_table_i64(t, 1, pb_table_col(t, "link_bytes_s")) == 3938461538LL);
	pb_table_free(t);
}

/* Where the processor counts there is nothing to estimate. */
static void test_counted(void **state)
{
	struct place *p = *state;

	put(p, "host/pcie.csv", PCIE);
	put(p, "host/pciebw.csv", "t_ns,source\r\n");
	put(p, "guest/g/engine.csv", ENGINE_HEAD "10,0,4,0,0,0,0,0,0\r\n");
	assert_int_equal(pb_link_estimate_write(&p->run, "g", NULL), 0);
}

static void test_nothing_to_estimate_from(void **state)
{
	struct place *p = *state;

	assert_int_equal(pb_link_estimate_write(&p->run, "g", NULL), 0);
	put(p, "guest/g/engine.csv", ENGINE_HEAD "10,0,4,0,0,0,0,0,0\r\n");
	put(p, "host/pcie.csv", PCIE_HEAD "1,0000:41:00.0,0,8,4,,\r\n"); /* config space was not readable */
	assert_int_equal(pb_link_estimate_write(&p->run, "g", NULL), 0);
	put(p, "host/pcie.csv", "t_ns,bdf\r\n");
	assert_int_equal(pb_link_estimate_write(&p->run, "g", NULL), 0);
}

/* The guest's numbers are not trusted: rows end where they become impossible. */
static void test_absurd_guest(void **state)
{
	struct place *p = *state;
	struct pb_table *t;

	put(p, "host/pcie.csv", PCIE);
	put(p, "guest/g/engine.csv",
	    ENGINE_HEAD "10,0,4,1,1,0,512,0,0\r\n20,0,4,1,1,0,9223372036854775807,0,9\r\n"
			"30,0,4,1,x,0,,-5,9\r\n");
	assert_int_equal(pb_link_estimate_write(&p->run, "g", NULL), 1);
	assert_int_equal(pb_table_read(&t, p->run.fd, "host/link_estimate.csv", NULL), 0);
	assert_int_equal(pb_table_rows(t), 1);
	pb_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_to_estimate_from, setup, teardown),
		cmocka_unit_test_setup_teardown(test_absurd_guest, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
