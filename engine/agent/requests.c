/*
 * What each request does. Everything a request says is checked here before it
 * reaches a path, a command or a size; framing and order are serve.c's.
 */
#include "engine/agent/requests.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/agent/clock.h"
#include "engine/agent/disks.h"
#include "engine/agent/ptp.h"
#include "engine/agent/workdir.h"
#include "engine/lib/base64.h"
#include "engine/lib/interlock.h"
#include "engine/lib/json.h"

#define DEPTH_MAX 32768
#define JOB_MAX 60000 /* bytes of a job file */
#define BACKEND_MAX 31

static void set_time(json_t *reply, int64_t t_ns)
{
	json_object_set_new(reply, "t_ns", json_integer(t_ns));
}

static int ping(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	(void)a;
	(void)req;
	(void)err;
	set_time(reply, pb_clock_raw_ns());
	return 0;
}

static int ptp(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	struct pb_ptp p;
	int rc = pb_ptp_read(&a->root, &p, err);

	(void)req;
	if (rc)
		return rc;
	set_time(reply, p.raw_ns);
	json_object_set_new(reply, "host_real_ns", json_integer(p.real_ns));
	json_object_set_new(reply, "width_ns", json_integer(p.width_ns));
	return 0;
}

static int disks(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	json_t *list = pb_disks_list(&a->root);

	(void)req;
	if (!list)
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory to list the disks");
	return json_object_set_new(reply, "disks", list);
}

static int sources(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	json_t *disk = NULL;
	int rc = pb_disks_find(&a->root, json_object_get(req, "disk"), &disk, err);

	if (rc)
		return rc;
	json_object_set_new(reply, "sources", pb_telemetry_probe(&a->root, pb_json_str(disk, "name", "")));
	json_decref(disk);
	return 0;
}

int pb_request_bounded(const json_t *req, const char *key, int64_t lo, int64_t hi, int64_t *v,
		       struct pb_err *err)
{
	const json_t *j = json_object_get(req, key);

	if (!json_is_integer(j) || json_integer_value(j) < lo || json_integer_value(j) > hi)
		return pb_fail(err, PB_USAGE, EINVAL, "%s must be a number from %lld to %lld", key,
			       (long long)lo, (long long)hi);
	*v = json_integer_value(j);
	return 0;
}

/* Whether fio may write: only when the serial of exactly this disk was given. A disk without one goes by its
 * name. */
static int may_write(const json_t *req, const json_t *disk, bool *write, struct pb_err *err)
{
	const json_t *given = json_object_get(req, "write_serial");
	const char *serial = pb_json_str(disk, "serial", "");

	*write = false;
	if (!given || json_is_null(given))
		return 0;
	if (!*serial)
		serial = pb_json_str(disk, "name", "");
	if (!json_is_string(given) || strcmp(json_string_value(given), serial))
		return pb_fail(err, PB_UNSAFE, EPERM,
			       "the serial given for writing is not that of %s, which is %s",
			       pb_json_str(disk, "path", "?"), serial);
	*write = true;
	return 0;
}

struct start_args {
	const char *job, *backend, *engine;
	int64_t depth, iodepth_max, interval_ms, rows_ms;
};

/* passthru, or for comparison fio's own io_uring, which fills no page. */
static int engine_arg(const json_t *req, const char **engine, struct pb_err *err)
{
	const char *name = pb_json_str(req, "engine", "passthru");

	*engine = NULL;
	if (!strcmp(name, "passthru"))
		return 0;
	if (strcmp(name, "io_uring"))
		return pb_fail(err, PB_USAGE, EINVAL, "engine must be passthru or io_uring");
	if (json_object_get(req, "backend"))
		return pb_fail(err, PB_USAGE, EINVAL, "engine io_uring is fio's own and has no backend");
	*engine = "io_uring";
	return 0;
}

static int start_args(const json_t *req, struct start_args *s, struct pb_err *err)
{
	int rc;

	s->job = pb_json_str(req, "job", NULL);
	if (!s->job || !*s->job || strlen(s->job) > JOB_MAX)
		return pb_fail(err, PB_USAGE, EINVAL, "job must be the text of a job file, at most %d bytes",
			       JOB_MAX);
	s->backend = pb_json_str(req, "backend", "auto");
	if (strlen(s->backend) > BACKEND_MAX ||
	    s->backend[strspn(s->backend, "abcdefghijklmnopqrstuvwxyz_,")])
		return pb_fail(err, PB_USAGE, EINVAL,
			       "backend must be a name of at most %d letters, with its modes after commas",
			       BACKEND_MAX);
	rc = engine_arg(req, &s->engine, err);
	rc = rc ? rc : pb_request_bounded(req, "iodepth_max", 1, DEPTH_MAX, &s->iodepth_max, err);
	rc = rc ? rc : pb_request_bounded(req, "depth", 1, DEPTH_MAX, &s->depth, err);
	rc = rc ? rc : pb_request_bounded(req, "interval_ms", 10, 60000, &s->interval_ms, err);
	s->rows_ms = s->interval_ms;
	if (!rc && json_object_get(req, "rows_ms"))
		rc = pb_request_bounded(req, "rows_ms", 10, s->interval_ms, &s->rows_ms, err);
	return rc;
}

int pb_request_disk(struct pb_agent *a, const json_t *req, json_t **disk, bool *write, struct pb_err *err)
{
	int rc = pb_disks_find(&a->root, json_object_get(req, "disk"), disk, err);

	rc = rc ? rc : may_write(req, *disk, write, err);
	return rc ? rc
		  : pb_interlock_check_over(&a->root, pb_json_str(*disk, "name", ""), *write,
					    pb_json_str(req, "overwrite_signature", NULL), err);
}

static int prepare(struct pb_agent *a, const json_t *req, json_t **disk, bool *write, struct pb_err *err)
{
	int rc = pb_request_disk(a, req, disk, write, err);

	rc = rc ? rc : pb_fio_tool_find(&a->tool, a->fio_path, err);
	if (!rc && !a->dir[0])
		rc = pb_workdir_make(a->dir, sizeof(a->dir), err);
	return rc;
}

/* fio runs: from here on what happens in the guest is recorded. */
static int start_telemetry(struct pb_agent *a, const struct start_args *args, const json_t *disk,
			   const struct pb_smart *before, struct pb_err *err)
{
	const struct pb_telemetry_opts o = {.root = &a->root,
					    .page = a->job.page,
					    .disk = pb_json_str(disk, "name", ""),
					    .before = before,
					    .interval_ms = (unsigned)args->interval_ms,
					    .rows_ms = (unsigned)args->rows_ms};
	int rc = pb_telemetry_start(&a->telemetry, &o, err);

	if (rc)
		pb_fio_job_release(&a->job);
	return rc;
}

/* What the disk itself says; admin commands, so before any I/O that is measured. */
static void ask_disk(const struct pb_agent *a, json_t *disk, struct pb_smart *smart)
{
	const char *name = pb_json_str(disk, "name", "");
	json_t *features = pb_nvme_features(&a->root, name);

	if (features)
		json_object_set_new(disk, "nvme", features);
	pb_nvme_smart(&a->root, name, smart);
}

static int start(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	struct pb_fio_start s = {.tool = &a->tool, .dir = a->dir};
	struct start_args args;
	struct pb_smart smart;
	json_t *disk = NULL;
	int rc = start_args(req, &args, err);

	if (pb_fio_job_running(&a->job) || a->verify)
		return pb_fail(err, PB_USAGE, EBUSY, "%s is running already: stop it first",
			       a->verify ? "verify" : "fio");
	rc = rc ? rc : prepare(a, req, &disk, &s.write, err);
	pb_telemetry_free(a->telemetry);
	a->telemetry = NULL;
	if (!rc) {
		s.job = args.job;
		s.backend = args.backend;
		s.engine = args.engine;
		s.depth = (unsigned)args.depth;
		s.disk_path = pb_json_str(disk, "path", "");
		ask_disk(a, disk, &smart);
		rc = pb_fio_job_start(&a->job, &s, err);
	}
	rc = rc ? rc : start_telemetry(a, &args, disk, &smart, err);
	if (!rc) {
		json_object_set_new(reply, "fio", json_string(a->tool.version));
		json_object_set_new(reply, "engine",
				    json_string(args.engine       ? args.engine
						: a->tool.builtin ? "builtin"
								  : a->tool.engine));
		json_object_set_new(reply, "backend", json_string(pb_page_backend(a->job.page)));
		pb_json_set_str(reply, "backend_why", pb_page_backend_why(a->job.page));
		json_object_set(reply, "disk", disk);
		json_object_set_new(reply, "jobs", json_integer(pb_page_jobs(a->job.page)));
	}
	json_decref(disk);
	return rc;
}

static int need_job(const struct pb_agent *a, struct pb_err *err)
{
	return a->job.page ? 0 : pb_fail(err, PB_USAGE, ESRCH, "fio has not been started");
}

static int depth(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	int64_t target;
	int rc = need_job(a, err);

	rc = rc ? rc : pb_request_bounded(req, "target", 1, DEPTH_MAX, &target, err);
	if (rc)
		return rc;
	pb_page_steer(a->job.page, (uint64_t)target);
	set_time(reply, pb_clock_raw_ns());
	return 0;
}

static int rows(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	int64_t since, max;
	json_t *list;
	uint64_t next;
	int rc = need_job(a, err);

	rc = rc ? rc : pb_request_bounded(req, "since", 0, INT64_MAX, &since, err);
	rc = rc ? rc : pb_request_bounded(req, "max", 1, PB_PROTO_ROWS_MAX, &max, err);
	if (rc)
		return rc;
	list = json_array();
	next = pb_telemetry_rows(a->telemetry, (uint64_t)since, (size_t)max, list);
	json_object_set_new(reply, "rows", list);
	json_object_set_new(reply, "next", json_integer((json_int_t)next));
	json_object_set_new(reply, "running", json_boolean(pb_fio_job_running(&a->job)));
	return 0;
}

static json_t *sparse(const uint64_t bins[PB_HIST_BINS])
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < PB_HIST_BINS; i++)
		if (bins[i])
			json_array_append_new(list, json_pack("[iI]", (int)i, (json_int_t)bins[i]));
	return list;
}

static int hist(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	static const char *const names[] = {"read", "write", "trim"};
	uint64_t bins[PB_HIST_BINS];
	struct pb_page_row row;
	int64_t now;
	unsigned dir;
	int rc = need_job(a, err);

	(void)req;
	if (rc)
		return rc;
	pb_page_total(a->job.page, &row);
	now = pb_clock_raw_ns();
	for (dir = 0; dir < PB_PAGE_DIRS; dir++) {
		pb_page_hist(a->job.page, (enum pb_page_dir)dir, bins);
		json_object_set_new(reply, names[dir], sparse(bins));
	}
	set_time(reply, now);
	json_object_set_new(reply, "row", pb_telemetry_row_json(now, &row));
	return 0;
}

/* The failed I/Os that the page describes, in order of their jobs. */
static int faults(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	struct pb_page_row row;
	struct pb_page_fault f;
	json_t *list;
	unsigned job, i;
	int rc = need_job(a, err);

	(void)req;
	if (rc)
		return rc;
	pb_page_total(a->job.page, &row);
	list = json_array();
	for (job = 0; job < pb_page_jobs(a->job.page); job++)
		for (i = 0;
		     json_array_size(list) < PB_PROTO_FAULTS_MAX && pb_page_fault(a->job.page, job, i, &f);
		     i++)
			json_array_append_new(list, json_pack("[IiIIII]", (json_int_t)f.t_ns, (int)job,
							      (json_int_t)f.dir, (json_int_t)f.error,
							      (json_int_t)f.offset, (json_int_t)f.bytes));
	json_object_set_new(reply, "failed", json_integer((json_int_t)row.failed));
	json_object_set_new(reply, "faults", list);
	return 0;
}

static int stop(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	struct pb_page_row row;
	int rc = need_job(a, err);

	(void)req;
	if (rc)
		return rc;
	pb_fio_job_stop(&a->job);
	pb_telemetry_stop(a->telemetry);
	pb_page_total(a->job.page, &row);
	json_object_set_new(reply, "exit", json_integer(a->job.exit));
	if (a->job.exit)
		pb_json_set_str(reply, "error",
				a->job.log_tail && *a->job.log_tail ? a->job.log_tail : "fio said nothing");
	else if (!a->job.asked)
		pb_json_set_str(reply, "error", "fio ended by itself before it was asked to");
	return 0;
}

/* Files in the private folder that may be fetched. */
static const char *const disk_files[] = {"fio.json", "fio.log"};

static int open_file(const struct pb_agent *a, const char *name, struct stat *st)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", a->job.dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, st)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int files(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	json_t *list;
	struct stat st;
	unsigned i;
	int fd, rc = need_job(a, err);

	(void)req;
	if (rc)
		return rc;
	list = json_array();
	for (i = 0; i < PB_GUEST_SOURCES; i++)
		json_array_append_new(list, json_pack("{s:s,s:I,s:s}", "name", pb_guest_sources[i].file,
						      "size", (json_int_t)pb_telemetry_size(a->telemetry, i),
						      "status", pb_telemetry_status(a->telemetry, i)));
	for (i = 0; i < 2; i++) {
		fd = open_file(a, disk_files[i], &st);
		if (fd < 0)
			continue;
		close(fd);
		json_array_append_new(
			list, json_pack("{s:s,s:I}", "name", disk_files[i], "size", (json_int_t)st.st_size));
	}
	return json_object_set_new(reply, "files", list);
}

static int read_disk_file(const struct pb_agent *a, const char *name, int64_t offset, size_t max,
			  struct pb_buf *out, bool *eof)
{
	char chunk[PB_PROTO_FETCH_MAX];
	struct stat st;
	int fd = open_file(a, name, &st);
	ssize_t n;

	if (fd < 0)
		return -ENOENT;
	n = pread(fd, chunk, max, offset);
	close(fd);
	if (n < 0)
		return -EIO;
	*eof = offset + n >= st.st_size;
	return pb_buf_add(out, chunk, (size_t)n);
}

/* Appends the wanted part of the file called name; -ENOENT when there is none. */
static int read_file(struct pb_agent *a, const char *name, int64_t offset, size_t max, struct pb_buf *out,
		     bool *eof)
{
	unsigned i;
	int rc;

	for (i = 0; i < PB_GUEST_SOURCES; i++) {
		if (strcmp(name, pb_guest_sources[i].file))
			continue;
		rc = pb_telemetry_read(a->telemetry, i, (size_t)offset, max, out);
		*eof = (size_t)offset + out->len >= pb_telemetry_size(a->telemetry, i);
		return rc;
	}
	for (i = 0; i < 2; i++)
		if (!strcmp(name, disk_files[i]))
			return read_disk_file(a, name, offset, max, out, eof);
	return -ENOENT;
}

static int fetch(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	const char *name = pb_json_str(req, "name", "");
	struct pb_buf data = {0}, text = {0};
	int64_t offset, max;
	bool eof = false;
	int rc = need_job(a, err);

	rc = rc ? rc : pb_request_bounded(req, "offset", 0, INT64_MAX / 2, &offset, err);
	rc = rc ? rc : pb_request_bounded(req, "max", 1, PB_PROTO_FETCH_MAX, &max, err);
	if (rc)
		return rc;
	rc = read_file(a, name, offset, (size_t)max, &data, &eof);
	rc = rc ? rc : pb_base64_encode(&text, data.data ? data.data : "", data.len);
	if (rc == -ENOENT)
		rc = pb_fail(err, PB_USAGE, ENOENT, "there is no file called %.64s", name);
	else if (rc)
		rc = pb_fail(err, PB_MISSING, -rc, "cannot read %s: %s", name, strerror(-rc));
	if (!rc) {
		pb_json_set_str(reply, "data", text.data ? text.data : "");
		json_object_set_new(reply, "eof", json_boolean(eof));
	}
	pb_buf_fini(&data);
	pb_buf_fini(&text);
	return rc;
}

static int quit(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	(void)req;
	(void)reply;
	(void)err;
	pb_fio_job_stop(&a->job);
	a->quit = true;
	return 0;
}

static const struct pb_request requests[] = {
	{"depth", depth},
	{"disks", disks},
	{"faults", faults},
	{"fetch", fetch},
	{"files", files},
	{"hist", hist},
	{"ping", ping},
	{"ptp", ptp},
	{"quit", quit},
	{"rows", rows},
	{"set", pb_request_set},
	{"sources", sources},
	{"start", start},
	{"stop", stop},
	{"verify_bad", pb_request_verify_bad},
	{"verify_start", pb_request_verify_start},
	{"verify_status", pb_request_verify_status},
	{"verify_stop", pb_request_verify_stop},
};

const struct pb_request *pb_request_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (!strcmp(name, requests[i].name))
			return &requests[i];
	return NULL;
}
