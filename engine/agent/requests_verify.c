/*
 * The verify_* requests: integrity mode, checked the same way as a start of fio.
 */
#include <errno.h>
#include <string.h>

#include "engine/agent/requests.h"
#include "engine/lib/json.h"

#define PASSES_MAX 1000
#define BAD_MAX 200 /* rows in one answer */

static int parse_numbers(const json_t *req, struct pb_verify_job *job, struct pb_err *err)
{
	int64_t size, passes, oldest, seed, run, threads;
	int rc = pb_request_bounded(req, "size_bytes", PB_VERIFY_SPAN, INT64_MAX / 2, &size, err);

	rc = rc ? rc : pb_request_bounded(req, "passes", 1, PASSES_MAX, &passes, err);
	rc = rc ? rc : pb_request_bounded(req, "oldest", 0, PASSES_MAX, &oldest, err);
	rc = rc ? rc : pb_request_bounded(req, "seed", 0, INT64_MAX, &seed, err);
	rc = rc ? rc : pb_request_bounded(req, "run", 0, INT64_MAX, &run, err);
	rc = rc ? rc : pb_request_bounded(req, "threads", 1, PB_VERIFY_THREADS_MAX, &threads, err);
	if (rc)
		return rc;
	if (size % PB_VERIFY_SPAN || oldest > passes)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "size_bytes must be a multiple of %d and oldest at most passes",
			       PB_VERIFY_SPAN);
	job->size_bytes = (uint64_t)size;
	job->passes = (uint32_t)passes;
	job->oldest = (uint32_t)oldest;
	job->seed = (uint64_t)seed;
	job->run = (uint64_t)run;
	job->threads = (unsigned)threads;
	return 0;
}

static int parse_mode(const json_t *req, struct pb_verify_job *job, struct pb_err *err)
{
	const char *mode = pb_json_str(req, "mode", "");

	job->write = !strcmp(mode, "write") || !strcmp(mode, "both");
	job->read = !strcmp(mode, "read") || !strcmp(mode, "both");
	return job->write || job->read ? 0
				       : pb_fail(err, PB_USAGE, EINVAL, "mode must be write, read or both");
}

/* The disk, checked; refused when it is too small or may not be written to although it would be. */
static int use_disk(struct pb_agent *a, const json_t *req, struct pb_verify_job *job, json_t **disk,
		    struct pb_err *err)
{
	bool write = false;
	int rc = pb_request_disk(a, req, disk, &write, err);

	if (rc)
		return rc;
	job->path = pb_json_str(*disk, "path", "");
	if (job->write && !write)
		return pb_fail(err, PB_UNSAFE, EPERM,
			       "verify writes, but no serial was given that allows writing to %s", job->path);
	if ((int64_t)job->size_bytes > pb_json_i64(*disk, "size_bytes", 0))
		return pb_fail(err, PB_USAGE, ENOSPC, "%s has %lld bytes, less than the %llu to verify",
			       job->path, (long long)pb_json_i64(*disk, "size_bytes", 0),
			       (unsigned long long)job->size_bytes);
	return 0;
}

int pb_request_verify_start(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	struct pb_verify_job job = {0};
	json_t *disk = NULL;
	int rc;

	if (a->verify || pb_fio_job_running(&a->job))
		return pb_fail(err, PB_USAGE, EBUSY, "%s is running already: stop it first",
			       a->verify ? "verify" : "fio");
	rc = parse_numbers(req, &job, err);
	rc = rc ? rc : parse_mode(req, &job, err);
	rc = rc ? rc : use_disk(a, req, &job, &disk, err);
	rc = rc ? rc : pb_verify_start(&a->verify, &job, err);
	if (!rc)
		json_object_set(reply, "disk", disk);
	json_decref(disk);
	return rc;
}

static int need_verify(const struct pb_agent *a, struct pb_err *err)
{
	return a->verify ? 0 : pb_fail(err, PB_USAGE, ESRCH, "verify has not been started");
}

int pb_request_verify_status(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	int64_t recorded = 0;
	int rc = need_verify(a, err);

	if (!rc && json_object_get(req, "recorded"))
		rc = pb_request_bounded(req, "recorded", 0, PASSES_MAX, &recorded, err);
	if (rc)
		return rc;
	pb_verify_recorded(a->verify, (uint32_t)recorded);
	pb_verify_status(a->verify, reply);
	return 0;
}

int pb_request_verify_bad(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	int64_t since, max;
	int rc = need_verify(a, err);

	rc = rc ? rc : pb_request_bounded(req, "since", 0, PB_VERIFY_BAD_MAX, &since, err);
	rc = rc ? rc : pb_request_bounded(req, "max", 1, BAD_MAX, &max, err);
	if (!rc)
		pb_verify_bad(a->verify, (size_t)since, (size_t)max, reply);
	return rc;
}

int pb_request_verify_stop(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	int rc = need_verify(a, err);

	(void)req;
	(void)reply;
	pb_verify_free(a->verify);
	a->verify = NULL;
	return rc;
}
