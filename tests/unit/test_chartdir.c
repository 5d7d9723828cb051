/* The folder of charts: built aside, exchanged, taken back. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "reports/chartdir.h"
#include "reports/labels.h"
#include "reports/lang.h"
#include "tests/unit/reporttest.h"

/* True: as on 9p, which takes no flags. */
static bool plain_renames;

int renameat2(int olddir, const char *from, int newdir, const char *to, unsigned int flags)
{
	if (!plain_renames)
		return (int)syscall(SYS_renameat2, olddir, from, newdir, to, flags);
	/* the kernel looks for both names before it asks the file system */
	if (faccessat(olddir, from, F_OK, AT_SYMLINK_NOFOLLOW) ||
	    (flags & RENAME_EXCHANGE && faccessat(newdir, to, F_OK, AT_SYMLINK_NOFOLLOW)))
		errno = ENOENT;
	else
		errno = EINVAL;
	return -1;
}

struct fixture {
	struct tmpdir d;
	int fd;
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	assert_int_equal(setenv("PASSBENCH_DATA", ".", 1), 0);
	tmpdir_make(&x->d);
	x->fd = open(x->d.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(x->fd >= 0);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	close(x->fd);
	tmpdir_remove(&x->d);
	free(x);
	plain_renames = false;
	return 0;
}

/* A new set that holds one file of that name. */
static void build(struct fixture *x, const char *name)
{
	int fd = pb_chartdir_begin(x->fd, NULL), file;

	assert_true(fd >= 0);
	file = openat(fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	assert_true(file >= 0);
	close(file);
	close(fd);
}

static bool there(const struct fixture *x, const char *path)
{
	return !faccessat(x->fd, path, F_OK, AT_SYMLINK_NOFOLLOW);
}

static void sets_change_places_and_back(void **state)
{
	struct fixture *x = *state;

	build(x, "first");
	assert_int_equal(pb_chartdir_exchange(x->fd, NULL), 0);
	assert_true(there(x, "report/charts/first"));
	assert_false(there(x, "report/charts.new"));
	build(x, "second");
	assert_int_equal(pb_chartdir_exchange(x->fd, NULL), 0);
	assert_true(there(x, "report/charts/second") && there(x, "report/charts.new/first"));
	assert_int_equal(pb_chartdir_exchange(x->fd, NULL), 0);
	assert_true(there(x, "report/charts/first") && there(x, "report/charts.new/second"));
	pb_chartdir_remove_new(x->fd);
	assert_false(there(x, "report/charts.new"));
	assert_true(there(x, "report/charts/first"));
}

static void the_first_set_can_be_taken_back(void **state)
{
	struct fixture *x = *state;

	build(x, "first");
	assert_int_equal(pb_chartdir_exchange(x->fd, NULL), 0);
	assert_int_equal(pb_chartdir_exchange(x->fd, NULL), 0);
	assert_false(there(x, "report/charts"));
	assert_true(there(x, "report/charts.new/first"));
	pb_chartdir_remove_new(x->fd);
	pb_chartdir_remove_new(x->fd); /* nothing there is fine */
}

/* The lab's results lie on such a file system: no first report could be written there. */
static void the_same_without_exchanging(void **state)
{
	plain_renames = true;
	sets_change_places_and_back(state);
}

static void the_first_taken_back_without_exchanging(void **state)
{
	plain_renames = true;
	the_first_set_can_be_taken_back(state);
}

static void a_set_begins_empty(void **state)
{
	struct fixture *x = *state;

	build(x, "left over");
	build(x, "new");
	assert_false(there(x, "report/charts.new/left over"));
}

static void links_are_not_followed(void **state)
{
	struct fixture *x = *state;
	struct pb_err err = PB_ERR_INIT;

	assert_int_equal(mkdirat(x->fd, "elsewhere", 0755), 0);
	assert_int_equal(symlinkat("elsewhere", x->fd, "report"), 0);
	assert_true(pb_chartdir_begin(x->fd, &err) < 0);
	assert_non_null(strstr(err.msg, "report"));
	assert_false(there(x, "elsewhere/charts.new"));
}

static void there_is_room_here(void **state)
{
	struct fixture *x = *state;
	struct stat st;

	assert_int_equal(pb_chartdir_room(x->fd), 0);
	assert_true(fstatat(x->fd, "room.tmp", &st, 0) < 0);
}

/* Words for gnuplot: a quote in one must not end the string. */
static void labels_are_strings(void **state)
{
	static const char *const langs[] = {"en", "zh"};
	struct fixture *x = *state;
	char path[256], text[16384], *line, *save = NULL;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/labels.gp", x->d.path);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pb_lang_use(langs[i], NULL), 0);
		assert_int_equal(pb_labels_write(x->fd, NULL), 0);
		pb_lang_use(NULL, NULL);
		f = fopen(path, "r");
		assert_non_null(f);
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
		text[n] = '\0';
		assert_non_null(strstr(text, i ? "l_depth = '队列深度'\n" : "l_depth = 'queue depth'\n"));
		for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
			size_t quotes = 0;

			for (const char *c = line; *c; c++)
				quotes += *c == '\'';
			assert_int_equal(quotes % 2, 0);
			assert_non_null(strstr(line, " = "));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sets_change_places_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(the_first_set_can_be_taken_back, setup, teardown),
		cmocka_unit_test_setup_teardown(the_same_without_exchanging, setup, teardown),
		cmocka_unit_test_setup_teardown(the_first_taken_back_without_exchanging, setup, teardown),
		cmocka_unit_test_setup_teardown(a_set_begins_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(links_are_not_followed, setup, teardown),
		cmocka_unit_test_setup_teardown(there_is_room_here, setup, teardown),
		cmocka_unit_test_setup_teardown(labels_are_strings, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
