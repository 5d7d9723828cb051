/*
 * Fuzz target for what the agent reads in the guest: /proc/interrupts, /proc/stat, a disk's stat file and the
 * bytes of its SMART log. Whatever they hold, what comes out is rows of as many cells as the header has.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/agent/nvme.h"
#include "engine/agent/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const files[] = {"proc/interrupts", "proc/stat", "sys/block/sda/stat"};
#define N_FILES (sizeof(files) / sizeof(files[0]))

static void make_dirs(int fd)
{
	static const char *const dirs[] = {"proc", "sys", "sys/block", "sys/block/sda"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (mkdirat(fd, dirs[i], 0700))
			abort();
}

static void remove_all(int fd, const char *dir)
{
	static const char *const dirs[] = {"sys/block/sda", "sys/block", "sys", "proc"};

	for (size_t i = 0; i < N_FILES; i++)
		unlinkat(fd, files[i], 0);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		unlinkat(fd, dirs[i], AT_REMOVEDIR);
	rmdir(dir);
}

static void put(int dir, const char *path, const uint8_t *data, size_t size)
{
	int fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

/* Every line has as many cells as the first, and nothing that CSV would have to quote. */
static void check(const struct pb_buf *b)
{
	unsigned cells = 0, want = 0;

	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] == '"' || (b->data[i] < ' ' && b->data[i] != '\n'))
			abort();
		cells += b->data[i] == ',';
		if (b->data[i] != '\n')
			continue;
		want = want ? want : cells;
		if (cells != want)
			abort();
		cells = 0;
	}
}

static void record(const struct pb_root *root)
{
	struct pb_buf irq = {0}, cpu = {0}, block = {0};
	struct pb_record r;

	pb_record_begin(&r, root, &irq, &cpu);
	pb_record_interrupts(&r, root, &irq);
	pb_record_cpu(&r, root, &cpu);
	pb_buf_str(&block, pb_record_block_header);
	pb_record_block(root, "sda", &block);
	check(&irq);
	check(&cpu);
	check(&block);
	pb_record_fini(&r);
	pb_buf_fini(&irq);
	pb_buf_fini(&cpu);
	pb_buf_fini(&block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char dir[] = "/dev/shm/passbench-fuzz-XXXXXX";
	struct pb_smart s = {.ok = true};
	struct pb_buf smart = {0};
	struct pb_root root;

	memcpy(s.log, data, size < PB_SMART_BYTES ? size : PB_SMART_BYTES);
	pb_buf_str(&smart, pb_smart_header);
	pb_smart_row(&s, &smart);
	check(&smart);
	pb_buf_fini(&smart);
	if (!mkdtemp(dir) || pb_root_open(&root, dir, NULL))
		abort();
	make_dirs(root.fd);
	for (size_t i = 0; i < N_FILES; i++)
		put(root.fd, files[i], data, size);
	record(&root);
	remove_all(root.fd, dir);
	pb_root_close(&root);
	return 0;
}
