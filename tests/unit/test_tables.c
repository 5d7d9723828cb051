/* Tables that are read once, also when they are not there. */
#include <errno.h>
#include <fcntl.h>

#include "reports/tables.h"
#include "tests/unit/reporttest.h"

static void put(const struct tmpdir *d, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", d->path, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void a_table_is_read_once(void **state)
{
	const struct pb_table *a = NULL, *b = NULL;
	struct pb_tables *s;
	struct tmpdir d;
	int fd;

	(void)state;
	tmpdir_make(&d);
	put(&d, "a.csv", "t_ns,x\n1,2\n");
	fd = open(d.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s = pb_tables_new(fd);
	assert_int_equal(pb_tables_get(s, &a, "a.csv", NULL), 0);
	assert_non_null(a);
	unlinkat(fd, "a.csv", 0);
	assert_int_equal(pb_tables_get(s, &b, "a.csv", NULL), 0);
	assert_ptr_equal(a, b);
	/* absent is remembered, too */
	assert_int_equal(pb_tables_get(s, &b, "b.csv", NULL), 0);
	assert_null(b);
	put(&d, "b.csv", "t_ns\n1\n");
	b = a;
	assert_int_equal(pb_tables_get(s, &b, "b.csv", NULL), 0);
	assert_null(b);
	pb_tables_free(s);
	close(fd);
	tmpdir_remove(&d);
}

static void every_reader_of_a_broken_table_is_told(void **state)
{
	struct pb_err first = PB_ERR_INIT, second = PB_ERR_INIT;
	const struct pb_table *t = NULL;
	struct pb_tables *s;
	struct tmpdir d;
	int fd;

	(void)state;
	tmpdir_make(&d);
	put(&d, "a.csv", "t_ns,x\n1,2,3\n");
	fd = open(d.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s = pb_tables_new(fd);
	assert_true(pb_tables_get(s, &t, "a.csv", &first) < 0);
	assert_true(pb_tables_get(s, &t, "a.csv", &second) < 0);
	assert_string_equal(first.msg, second.msg);
	assert_non_null(strstr(first.msg, "a.csv"));
	pb_tables_free(s);
	close(fd);
	tmpdir_remove(&d);
}

static void a_guest_cannot_name_another_folder(void **state)
{
	const struct pb_table *t;
	struct pb_tables *s;
	struct tmpdir d;
	int fd;

	(void)state;
	tmpdir_make(&d);
	put(&d, "a.csv", "t_ns,x\n1,2\n");
	fd = open(d.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s = pb_tables_new(fd);
	assert_int_equal(pb_tables_get_guest(s, &t, "x/../..", "a.csv", NULL), 0);
	assert_null(t);
	assert_int_equal(pb_tables_get_guest(s, &t, "", "a.csv", NULL), 0);
	assert_null(t);
	pb_tables_free(s);
	close(fd);
	tmpdir_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_read_once),
		cmocka_unit_test(every_reader_of_a_broken_table_is_told),
		cmocka_unit_test(a_guest_cannot_name_another_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
