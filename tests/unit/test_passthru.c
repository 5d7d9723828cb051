/*
 * The plugin in the machine's own fio: what it refuses before any I/O, and
 * that it works without a page. Needs a finished build and fio; skips otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/fs.h>
#include <sys/wait.h>

#include "engine/lib/page_read.h"
#include "tests/unit/built.h"
#include "tests/unit/faketree.h"
#include "tests/unit/loopdev.h"

struct bench {
	struct tmpdir dir;
	struct loopdev loop;
	char plugin[PATH_MAX];
	bool ready;
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	*state = b;
	tmpdir_make(&b->dir);
	b->ready = !access("/usr/bin/fio", X_OK) && built_find("passthru.so", b->plugin, sizeof(b->plugin)) &&
		   loopdev_make(&b->loop, 8 << 20);
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	if (b->ready)
		loopdev_remove(&b->loop);
	tmpdir_remove(&b->dir);
	free(b);
	return 0;
}

/* Runs fio for a moment with these options added; its exit status, what it said in *said (static). */
static int fio(struct bench *b, const char *plugin, const char *options, const char **said)
{
	char cmd[3 * PATH_MAX];
	int status;

	snprintf(cmd, sizeof(cmd),
		 "cd %s && /usr/bin/fio --name=j --ioengine=external:%s --filename=%s --direct=1 --thread=1 "
		 "--bs=4k --iodepth=8 --time_based=1 --runtime=1 %s >said 2>&1",
		 b->dir.path, plugin, b->loop.path, options);
	status = system(cmd);
	*said = tmpdir_read(&b->dir, "said");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void must_say(const char *said, const char *word)
{
	if (!strstr(said, word))
		fail_msg("'%s' is not in: %s", word, said);
}

/* Rewrites the version that a copy of the plugin says it was built for. */
static void copy_with_version(const struct bench *b, const char *to, const char *from_text,
			      const char *to_text)
{
	FILE *f = fopen(b->plugin, "r");
	char *data = malloc(4 << 20), *at = data;
	size_t n = fread(data, 1, 4 << 20, f), len = strlen(from_text) + 1;
	unsigned found = 0;

	fclose(f);
	assert_int_equal(strlen(from_text), strlen(to_text));
	while ((at = memmem(at, n - (size_t)(at - data), from_text, len))) {
		memcpy(at, to_text, len);
		found++;
	}
	assert_true(found > 0);
	tmpdir_write_bytes(&b->dir, to, data, n);
	free(data);
}

static void another_fio_version_is_refused(void **state)
{
	char version[32] = "", other[32], path[128];
	struct bench *b = *state;
	const char *said;
	FILE *p;

	if (!b->ready)
		skip();
	p = popen("/usr/bin/fio --version", "r");
	assert_non_null(fgets(version, sizeof(version), p));
	pclose(p);
	version[strcspn(version, "\n")] = '\0';
	strcpy(other, version);
	other[strlen(other) - 1] ^= 1;
	copy_with_version(b, "other.so", version, other);
	snprintf(path, sizeof(path), "%s/other.so", b->dir.path);
	assert_int_not_equal(fio(b, path, "--rw=randread", &said), 0);
	must_say(said, version);
	must_say(said, other);
	assert_null(strstr(said, "IOPS="));
}

static void works_without_a_page(void **state)
{
	struct bench *b = *state;
	const char *said;

	if (!b->ready)
		skip();
	assert_int_equal(fio(b, b->plugin, "--rw=randread --readonly", &said), 0);
	must_say(said, "IOPS=");
}

static void all_directions_are_counted(void **state)
{
	struct bench *b = *state;
	struct pb_page *page = NULL;
	struct pb_page_row row;
	uint64_t *bins;
	char path[128], options[300];
	const char *said;

	if (!b->ready)
		skip();
	bins = calloc(PB_HIST_BINS, sizeof(*bins));
	assert_non_null(bins);
	snprintf(path, sizeof(path), "%s/page", b->dir.path);
	assert_int_equal(pb_page_create(&page, path, 3, NULL), 0);
	snprintf(options, sizeof(options), "--rw=randrw --fdatasync=4 --page=%s", path);
	assert_int_equal(fio(b, b->plugin, options, &said), 0);
	pb_page_total(page, &row);
	assert_int_equal(row.failed, 0);
	assert_true(row.read_bytes > 0 && row.write_bytes > 0);
	assert_int_equal(row.read_bytes + row.write_bytes, 4096 * row.completed);
	assert_int_equal(row.submitted, row.completed);
	for (int dir = 0; dir < 2; dir++) {
		uint64_t sum = 0;

		pb_page_hist(page, (enum pb_page_dir)dir, bins);
		for (unsigned i = 0; i < PB_HIST_BINS; i++)
			sum += bins[i];
		assert_int_equal(sum * 4096, dir ? row.write_bytes : row.read_bytes);
	}
	assert_string_equal(pb_page_backend(page), "uring");
	pb_page_unmap(page);
	free(bins);
}

static void trims_are_counted(void **state)
{
	struct bench *b = *state;
	struct pb_page *page = NULL;
	struct pb_page_row row;
	char path[128], options[300];
	const char *said;

	if (!b->ready)
		skip();
	snprintf(path, sizeof(path), "%s/page", b->dir.path);
	assert_int_equal(pb_page_create(&page, path, 1, NULL), 0);
	snprintf(options, sizeof(options), "--rw=trim --page=%s", path);
	assert_int_equal(fio(b, b->plugin, options, &said), 0);
	pb_page_total(page, &row);
	assert_int_equal(row.failed, 0);
	assert_true(row.trim_bytes > 0);
	assert_int_equal(row.trim_bytes, 4096 * row.completed);
	pb_page_unmap(page);
}

static void a_claimed_disk_is_refused_and_unchanged(void **state)
{
	struct bench *b = *state;
	unsigned long long sum;
	const char *said;
	int fd;

	if (!b->ready)
		skip();
	sum = loopdev_sum(&b->loop);
	fd = open(b->loop.path, O_RDONLY | O_EXCL | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_not_equal(fio(b, b->plugin, "--rw=randwrite", &said), 0);
	must_say(said, "in use");
	must_say(said, b->loop.path);
	close(fd);
	assert_int_equal(loopdev_sum(&b->loop), sum);
}

static void a_read_only_disk_is_not_written(void **state)
{
	int on = 1, off = 0;
	struct bench *b = *state;
	unsigned long long sum;
	const char *said;

	if (!b->ready)
		skip();
	sum = loopdev_sum(&b->loop);
	assert_int_equal(ioctl(b->loop.fd, BLKROSET, &on), 0);
	assert_int_not_equal(fio(b, b->plugin, "--rw=randwrite", &said), 0);
	must_say(said, "read-only");
	assert_int_equal(fio(b, b->plugin, "--rw=randread --readonly", &said), 0);
	ioctl(b->loop.fd, BLKROSET, &off);
	assert_int_equal(loopdev_sum(&b->loop), sum);
}

static void bad_pages_and_backends_are_refused(void **state)
{
	struct bench *b = *state;
	const char *said;

	if (!b->ready)
		skip();
	assert_int_not_equal(fio(b, b->plugin, "--rw=randread --page=/nowhere/page", &said), 0);
	must_say(said, "/nowhere/page");
	tmpdir_write(&b->dir, "page", "not a page");
	assert_int_not_equal(fio(b, b->plugin, "--rw=randread --page=page", &said), 0);
	must_say(said, "not a page");
	assert_int_not_equal(fio(b, b->plugin, "--rw=randread --backend=pigeon", &said), 0);
	must_say(said, "pigeon");
	must_say(said, "uring");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(another_fio_version_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(works_without_a_page, setup, teardown),
		cmocka_unit_test_setup_teardown(all_directions_are_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(trims_are_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(a_claimed_disk_is_refused_and_unchanged, setup, teardown),
		cmocka_unit_test_setup_teardown(a_read_only_disk_is_not_written, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_pages_and_backends_are_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
