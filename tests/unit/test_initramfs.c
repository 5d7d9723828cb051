/* Initramfs images: what goes in comes out by another reader; module order; errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/buf.h"
#include "engine/run/guest/initramfs.h"

static char image[64];

static int setup(void **state)
{
	int fd;

	(void)state;
	snprintf(image, sizeof(image), "/tmp/pb-initramfs.XXXXXX");
	fd = mkstemp(image);
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(image);
}

/* Finds an entry: its mode, or 0; its text in b when given. */
static unsigned find(const char *name, struct pb_buf *b)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	unsigned mode = 0;
	char text[512];
	la_ssize_t n;

	archive_read_support_format_cpio(a);
	assert_int_equal(archive_read_open_filename(a, image, 10240), ARCHIVE_OK);
	while (!mode && archive_read_next_header(a, &e) == ARCHIVE_OK) {
		if (strcmp(archive_entry_pathname(e), name) != 0)
			continue;
		mode = archive_entry_mode(e);
		while (b && (n = archive_read_data(a, text, sizeof(text))) > 0)
			pb_buf_add(b, text, (size_t)n);
		if (b && S_ISLNK(mode))
			pb_buf_str(b, archive_entry_symlink(e));
	}
	archive_read_free(a);
	return mode;
}

static void test_entries(void **state)
{
	struct pb_initramfs *r;
	struct pb_buf b = {0};

	(void)state;
	assert_int_equal(pb_initramfs_new(&r, image, NULL), 0);
	assert_int_equal(pb_initramfs_data(r, "/init", "#!/bin/sh\n", 10, 0755, NULL), 0);
	assert_int_equal(pb_initramfs_link(r, "bin", "usr/bin", NULL), 0);
	assert_int_equal(pb_initramfs_file(r, "self", "/proc/self/comm", 0600, NULL), 0);
	assert_int_equal(pb_initramfs_file(r, "empty", "/dev/null", 0644, NULL), 0);
	assert_int_equal(pb_initramfs_finish(r, NULL), 0);
	pb_initramfs_free(r);
	assert_int_equal(find("empty", NULL), S_IFREG | 0644);
	assert_int_equal(find("init", &b), S_IFREG | 0755);
	assert_string_equal(b.data, "#!/bin/sh\n");
	pb_buf_clear(&b);
	assert_true(S_ISLNK(find("bin", &b)));
	assert_string_equal(b.data, "usr/bin");
	pb_buf_clear(&b);
	assert_int_equal(find("self", &b), S_IFREG | 0600);
	assert_non_null(strstr(b.data, "initramfs"));
	assert_int_equal(find("proc", NULL), S_IFDIR | 0755);
	assert_int_equal(find("dev/console", NULL), S_IFCHR | 0600);
	assert_int_equal(find("modules.list", NULL), S_IFREG | 0644);
	pb_buf_fini(&b);
}

static void test_no_such_file(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_initramfs *r;

	(void)state;
	assert_int_equal(pb_initramfs_new(&r, image, NULL), 0);
	assert_true(pb_initramfs_file(r, "x", "/nonexistent/file", 0644, &err) < 0);
	assert_non_null(strstr(err.msg, "/nonexistent/file"));
	pb_initramfs_free(r);
	err = (struct pb_err)PB_ERR_INIT;
	assert_true(pb_initramfs_new(&r, "/nonexistent/dir/image", &err) < 0);
	assert_int_equal(err.status, PB_MISSING);
}

/* A disk that is full shows when the image is written, not when the guest hangs. */
static void test_disk_full(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	static char big[1 << 20];
	struct pb_initramfs *r;
	int rc;

	(void)state;
	rc = pb_initramfs_new(&r, "/dev/full", &err);
	if (rc == 0) {
		rc = pb_initramfs_data(r, "big", big, sizeof(big), 0644, &err);
		rc = rc < 0 ? rc : pb_initramfs_finish(r, &err);
		pb_initramfs_free(r);
	}
	assert_true(rc < 0);
	assert_non_null(strstr(err.msg, "/dev/full"));
}

/* The module tree that `make deps` unpacked, or none. */
static int tree(char *buf, size_t size)
{
	DIR *d = opendir(PB_CACHEDIR "/linux-6.12/lib/modules");
	struct dirent *e;
	int found = 0;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			found = snprintf(buf, size, PB_CACHEDIR "/linux-6.12/lib/modules/%s", e->d_name);
	if (d)
		closedir(d);
	return found;
}

static void test_modules(void **state)
{
	char path[512];
	struct pb_initramfs *r;
	struct pb_buf list = {0}, ko = {0};
	struct pb_err err = PB_ERR_INIT;
	char *core, *nvme;

	(void)state;
	if (!tree(path, sizeof(path)))
		skip();
	assert_int_equal(pb_initramfs_new(&r, image, NULL), 0);
	assert_int_equal(pb_initramfs_module(r, path, "nvme", &err), 0);
	assert_int_equal(pb_initramfs_module(r, path, "nvme", &err), 0);
	/* the alias of an NVMe controller asks for the same module */
	assert_int_equal(
		pb_initramfs_module(r, path, "pci:v00001B36d00000010sv00001AF4sd00001100bc01sc08i02", &err),
		0);
	assert_int_equal(pb_initramfs_module(r, path, "no_such_module", &err), -ENOENT);
	assert_non_null(strstr(err.msg, "no_such_module"));
	assert_int_equal(pb_initramfs_finish(r, NULL), 0);
	pb_initramfs_free(r);

	assert_true(find("modules.list", &list) != 0);
	core = strstr(list.data, "/modules/nvme_core.ko\n");
	nvme = strstr(list.data, "/modules/nvme.ko\n");
	assert_non_null(core);
	assert_non_null(nvme);
	assert_true(core < nvme);
	assert_null(strstr(nvme + 1, "/modules/nvme.ko\n"));
	assert_true(find("modules/nvme.ko", &ko) != 0);
	assert_memory_equal(ko.data, "\177ELF", 4); /* unpacked: the kernel of a guest may not know xz */
	pb_buf_fini(&list);
	pb_buf_fini(&ko);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_no_such_file),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_modules),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
