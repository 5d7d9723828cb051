/* Unit tests of engine/run/host/savemachine.c: there and back again, made up and on this machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/lib/json.h"
#include "engine/run/check.h"
#include "engine/run/host/savemachine.h"
#include "tests/unit/faketree.h"

static void unpack(const char *archive, const char *dir)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		execlp("tar", "tar", "-xf", archive, "-C", dir, (char *)NULL);
		_exit(127);
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("tar cannot unpack %s", archive);
}

struct place {
	struct tmpdir dir;
	char file[128];
};

static void place_make(struct place *p, const char *name)
{
	tmpdir_make(&p->dir);
	snprintf(p->file, sizeof(p->file), "%s/%s", p->dir.path, name);
}

static void open_saved(const struct place *p, const struct pb_savemachine *m, struct pb_root *root)
{
	char path[300];

	unpack(p->file, p->dir.path);
	snprintf(path, sizeof(path), "%s/%s", p->dir.path, m->folder);
	assert_int_equal(pb_root_open(root, path, NULL), 0);
}

#define NVME "sys/devices/pci0000:00/0000:00:03.0/nvme/nvme0"

static void put_machine(struct faketree *f)
{
	fake_put(f, NVME "/serial", "S64ANS0R123456Z \n");
	fake_put(f, NVME "/model", "A disk S64ANS0R123456Z\n");
	fake_link(f, "../../devices/pci0000:00/0000:00:03.0/nvme/nvme0", "sys/class/nvme/nvme0");
	fake_put(f, "proc/cmdline", "root=UUID=5ebd9c3a-11d2-4f0e-8d55-0123456789ab\n");
	fake_put(f, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "0\n");
}

static void test_serials_stay_home(void **state)
{
	struct pb_savemachine m;
	struct pb_root root;
	struct faketree f;
	struct place p;
	char text[128];

	(void)state;
	fake_make(&f);
	put_machine(&f);
	place_make(&p, "mine.tar.zst");
	assert_int_equal(pb_savemachine_write(&f.root, p.file, false, NULL, NULL, &m, NULL), 0);
	assert_string_equal(m.folder, "mine");
	assert_true(m.files > 5 && m.bytes > 0 && !m.cut);
	open_saved(&p, &m, &root);
	assert_true(pb_root_read(&root, text, sizeof(text), "/" NVME "/serial") < 0);
	assert_true(pb_root_read(&root, text, sizeof(text), "/sys/class/nvme/nvme0/model") > 0);
	assert_string_equal(text, "A disk xxxxxxxxxxxxxxx");
	assert_true(pb_root_read(&root, text, sizeof(text), "/proc/cmdline") > 0);
	assert_string_equal(text, "root=UUID=00000000-0000-0000-0000-000000000000");
	pb_root_close(&root);
	tmpdir_remove(&p.dir);
	fake_remove(&f);
}

static void test_serials_when_asked(void **state)
{
	struct pb_savemachine m;
	struct pb_root root;
	struct faketree f;
	struct place p;
	char text[128];

	(void)state;
	fake_make(&f);
	put_machine(&f);
	place_make(&p, "mine.tar.xz");
	assert_int_equal(pb_savemachine_write(&f.root, p.file, true, NULL, NULL, &m, NULL), 0);
	open_saved(&p, &m, &root);
	assert_true(pb_root_read(&root, text, sizeof(text), "/sys/class/nvme/nvme0/serial") > 0);
	assert_string_equal(text, "S64ANS0R123456Z ");
	pb_root_close(&root);
	tmpdir_remove(&p.dir);
	fake_remove(&f);
}

static void test_names(void **state)
{
	static const char *const bad[] = {"m.tar", "m.tar.gz", ".tar.xz", "m", ""};
	struct pb_savemachine m;
	struct pb_err err = PB_ERR_INIT;
	struct faketree f;
	struct place p;

	(void)state;
	fake_make(&f);
	place_make(&p, "m.tar.zst");
	tmpdir_write(&p.dir, "m.tar.zst", "precious");
	assert_int_equal(pb_savemachine_write(&f.root, p.file, false, NULL, NULL, &m, &err), -EEXIST);
	assert_int_equal(err.status, PB_USAGE);
	assert_non_null(strstr(err.msg, "not overwritten"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(p.file, sizeof(p.file), "%s/%s", p.dir.path, bad[i]);
		assert_int_equal(pb_savemachine_write(&f.root, p.file, false, NULL, NULL, &m, NULL), -EINVAL);
	}
	tmpdir_remove(&p.dir);
	fake_remove(&f);
}

static void test_unreadable_is_counted(void **state)
{
	struct pb_savemachine m;
	struct faketree f;
	struct place p;

	(void)state;
	if (geteuid() == 0)
		skip(); /* root reads it all the same */
	fake_make(&f);
	put_machine(&f);
	fake_put(&f, "sys/kernel/mm/ksm/run", "0\n");
	assert_int_equal(fchmodat(f.dir.fd, "sys/kernel/mm/ksm/run", 0004, 0), 0);
	place_make(&p, "m.tar.zst");
	assert_int_equal(pb_savemachine_write(&f.root, p.file, false, NULL, NULL, &m, NULL), 0);
	assert_int_equal(m.unreadable, 1);
	tmpdir_remove(&p.dir);
	fake_remove(&f);
}

/* Disks come and go while other tests run. */
static void drop_disks(json_t *items)
{
	for (size_t i = json_array_size(items); i-- > 0;)
		if (!strcmp(pb_json_str(json_array_get(items, i), "area", ""), "disks"))
			json_array_remove(items, i);
}

/* The check of this machine, and of this machine saved and unpacked, say the same. */
static void test_check_says_the_same(void **state)
{
	struct pb_savemachine m;
	struct pb_root live, root;
	struct pb_guest_spec spec;
	json_t *before = NULL, *after = NULL;
	struct place p;
	int status;

	(void)state;
	assert_int_equal(pb_root_open(&live, NULL, NULL), 0);
	assert_int_equal(pb_guest_spec_parse(&spec, NULL, NULL, NULL), 0);
	status = pb_check(&live, NULL, &spec, &before, NULL);
	assert_true(status >= 0);
	place_make(&p, "here.tar.zst");
	assert_int_equal(pb_savemachine_write(&live, p.file, true, before, NULL, &m, NULL), 0);
	assert_true(m.bytes < 16 << 20);
	open_saved(&p, &m, &root);
	assert_int_equal(pb_check(&root, NULL, &spec, &after, NULL), status);
	drop_disks(before);
	drop_disks(after);
	assert_true(json_array_size(before) > 10);
	assert_int_equal(json_array_size(before), json_array_size(after));
	for (size_t i = 0; i < json_array_size(before); i++) {
		json_t *a = json_array_get(before, i), *b = json_array_get(after, i);

		if (!json_equal(a, b))
			fail_msg("%s: '%s' live, '%s' saved", pb_json_str(a, "name", ""),
				 pb_json_str(a, "text", ""), pb_json_str(b, "text", ""));
	}
	json_decref(before);
	json_decref(after);
	pb_root_close(&root);
	pb_root_close(&live);
	tmpdir_remove(&p.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_serials_stay_home),
		cmocka_unit_test(test_serials_when_asked),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_unreadable_is_counted),
		cmocka_unit_test(test_check_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
