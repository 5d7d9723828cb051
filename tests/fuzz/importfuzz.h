/*
 * What the importers' fuzz targets share; FORMAT is the importer's name. The input is imported twice, strict
 * and lenient. What is refused leaves nothing; what is taken is a complete run that can be analyzed.
 */
#ifndef PB_TESTS_IMPORTFUZZ_H
#define PB_TESTS_IMPORTFUZZ_H

#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyzers/analyzer.h"
#include "engine/import/import.h"
#include "engine/lib/remove_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char fuzz_dir[64];

static void leave(void)
{
	pb_remove_tree(fuzz_dir);
}

static void analyze(const char *path)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs = {0};
	struct pb_run *run = NULL;

	if (pb_run_open(&run, path, &err) || pb_analyze(run, &fs, &err))
		abort();
	pb_run_close(run);
	pb_findings_fini(&fs);
}

static void import(char *file, bool lenient)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_import_result result;
	char out[96];
	const struct pb_import_opts o = {
		.format = FORMAT, .lenient = lenient, .files = &file, .n_files = 1, .out = out};

	snprintf(out, sizeof(out), "%s/run", fuzz_dir);
	if (pb_import(&o, &result, &err)) {
		if (!err.msg[0] || err.status != PB_USAGE || access(out, F_OK) == 0)
			abort();
		return;
	}
	analyze(out);
	if (pb_remove_tree(out))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", 0);
	char path[64];

	if (!fuzz_dir[0]) {
		strcpy(fuzz_dir,
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm/pb-fuzz-XXXXXX" : "/tmp/pb-fuzz-XXXXXX");
		if (!mkdtemp(fuzz_dir))
			abort();
		atexit(leave);
	}
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	import(path, false);
	import(path, true);
	close(fd);
	return 0;
}

#endif
