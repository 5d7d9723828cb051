/*
 * Fuzz target for what analyze, report and compare make of a run directory's files. The first line of the
 * input names one file, the rest is its contents, under a right hash: any bytes are refused with one sentence
 * or give findings and a page.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzers/analyzer.h"
#include "engine/compare/environment.h"
#include "engine/compare/metrics.h"
#include "engine/lib/json.h"
#include "engine/lib/remove_tree.h"
#include "engine/lib/rundir_files.h"
#include "reports/report.h"
#include "tests/unit/mkrun_model.h"

/* Few rows, so that many inputs are tried; the example's windows take two seconds. */
#undef MK_TICK
#define MK_TICK 500000000LL
#include "tests/unit/mkrun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Files that may be given; others would only be files that nobody reads. */
static const char *const files[] = {
	"manifest.json",
	"steps.csv",
	"steady.csv",
	"paths/paths.json",
	"vcpus/vcpus.json",
	"beside.json",
	"predicted.json",
	"topology.xml",
	"host/interrupts.csv",
	"host/affinity.csv",
	"host/cpu.csv",
	"host/threads.csv",
	"host/kvm.csv",
	"host/pcie.csv",
	"host/iommu.csv",
	"host/pciebw.csv",
	"host/memory.csv",
	"host/guestmem.csv",
	"host/block.csv",
	"host/power.csv",
	"host/thermal.csv",
	"host/pressure.csv",
	"host/environment.csv",
	"host/link_estimate.csv",
	"host/softirqs.csv",
	"host/pmu.csv",
	"guest/guest0/engine.csv",
	"guest/guest0/block.csv",
	"guest/guest0/cpu.csv",
	"guest/guest0/smart.csv",
	"guest/guest0/errors.csv",
	"guest/guest0/latency.csv",
	"guest/guest0/interrupts.csv",
	NULL,
};

/* The example run, made once; every input works on copies of its small files in memory. */
static struct {
	char path[64];
	int fd;
	json_t *manifest;
} base;

static void leave(void)
{
	pb_remove_tree(base.path);
	json_decref(base.manifest);
}

static void setup(void)
{
	static const char *const extra[] = {"", "/host", "/guest", "/guest/guest0", "/paths", "/vcpus"};
	struct mk_run m;
	char dir[128];

	strcpy(base.path, access("/dev/shm", W_OK) == 0 ? "/dev/shm/pb-fuzz-XXXXXX" : "/tmp/pb-fuzz-XXXXXX");
	if (!mkdtemp(base.path))
		abort();
	mk_default(&m);
	m.device_share = 1;
	if (mk_write(&m, base.path))
		abort();
	for (size_t i = 0; i < sizeof(extra) / sizeof(extra[0]); i++) {
		snprintf(dir, sizeof(dir), "%s%s", base.path, extra[i]);
		mkdir(dir, 0755);
	}
	base.fd = open(base.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base.fd < 0 || pb_json_read(&base.manifest, base.fd, "manifest.json", NULL))
		abort();
	atexit(leave);
}

static void put(const char *name, const void *data, size_t size)
{
	int fd = openat(base.fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

/* The manifest of the input, with what lets it be opened at all. */
static json_t *manifest_of(const char *name, const char *text, size_t size)
{
	json_t *j = NULL;

	if (strcmp(name, "manifest.json") != 0)
		return json_deep_copy(base.manifest);
	if (pb_json_parse(&j, text, size, "input", NULL))
		return NULL;
	json_object_set_new(j, "schema", json_integer(PB_SCHEMA));
	pb_json_set_str(j, "state", "complete");
	json_object_set(j, "files", json_object_get(base.manifest, "files"));
	return j;
}

/* Refused with one sentence, or read. */
static void read_to_compare(const struct pb_rundir *d)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_metrics m = {0};
	struct pb_environment e = {0};

	if (pb_metrics_of(&m, d, &err) < 0 && (!err.msg[0] || strchr(err.msg, '\n')))
		abort();
	for (size_t i = 1; i < m.n; i++)
		if (pb_metric_order(m.v[i - 1].name, m.v[i].name) >= 0)
			abort();
	err = (struct pb_err)PB_ERR_INIT;
	if (pb_environment_of(&e, d, &err) < 0 && (!err.msg[0] || strchr(err.msg, '\n')))
		abort();
	pb_metrics_fini(&m);
	pb_environment_fini(&e);
}

static void analyze_and_report(void)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs = {0};
	struct pb_run *run = NULL;
	struct pb_rundir d;
	struct pb_report_input in = {.dir = &d, .findings = &fs};
	int rc = pb_run_open(&run, base.path, &err);

	if (rc == 0)
		rc = pb_analyze(run, &fs, &err);
	if (rc < 0 && (!err.msg[0] || strchr(err.msg, '\n')))
		abort();
	pb_run_close(run);
	if (pb_rundir_open(&d, base.path, &err) == 0) {
		if (rc == 0)
			pb_report_md.write(&in, &err);
		read_to_compare(&d);
		pb_rundir_close(&d);
	}
	pb_findings_fini(&fs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = memchr(text, '\n', size);
	const char *name = NULL;
	char hex[PB_RUNDIR_HEX], *kept = NULL, *dump;
	struct stat st = {0};
	json_t *j;

	if (!base.path[0])
		setup();
	for (size_t i = 0; end && files[i]; i++)
		if (strlen(files[i]) == (size_t)(end - text) && memcmp(files[i], text, strlen(files[i])) == 0)
			name = files[i];
	if (!name)
		return 0;
	size -= (size_t)(end + 1 - text);
	j = manifest_of(name, end + 1, size);
	if (!j)
		return 0;
	if (strcmp(name, "manifest.json") != 0) {
		int fd = openat(base.fd, name, O_RDONLY | O_CLOEXEC);

		if (fd >= 0 && fstat(fd, &st) == 0 && (kept = malloc((size_t)st.st_size + 1)))
			st.st_size = read(fd, kept, (size_t)st.st_size);
		if (fd >= 0)
			close(fd);
		put(name, end + 1, size);
		if (pb_rundir_hash(base.fd, name, hex))
			abort();
		json_object_set_new(j, "files", json_deep_copy(json_object_get(base.manifest, "files")));
		pb_json_set_str(json_object_get(j, "files"), name, hex);
	}
	dump = json_dumps(j, 0);
	put("manifest.json", dump, strlen(dump));
	free(dump);
	json_decref(j);
	analyze_and_report();
	if (kept)
		put(name, kept, (size_t)st.st_size);
	else if (strcmp(name, "manifest.json") != 0)
		unlinkat(base.fd, name, 0);
	free(kept);
	return 0;
}
