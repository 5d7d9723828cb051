/*
 * fio's result (--output-format=json or json+): each group of jobs that ran together is a step. Host counters
 * it has none.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/import/fiojob.h"
#include "engine/import/importer.h"
#include "engine/import/jsontext.h"
#include "engine/lib/json.h"

/* [ours] steps of one file; a curve has tens */
#define GROUPS_MAX 1024
#define ALL_CLIENTS "All clients"

static bool detect(const char *head)
{
	const char *json = pb_jsontext_find(head);

	return json && (strstr(json, "\"fio version\"") || strstr(json, "\"jobname\""));
}

/* Of a client's run the jobs stand under another name, with their sum as one more entry. */
static const json_t *jobs_of(const json_t *doc)
{
	const json_t *jobs = json_object_get(doc, "jobs");

	return json_is_array(jobs) ? jobs : json_object_get(doc, "client_stats");
}

static bool is_job(const json_t *job)
{
	return json_is_object(job) && strcmp(pb_json_str(job, "jobname", ""), ALL_CLIENTS) != 0;
}

/* Entries with this job's name in its group. */
static unsigned same_name(const json_t *jobs, const json_t *job)
{
	const json_t *other;
	unsigned n = 0;
	size_t i;

	json_array_foreach(jobs, i, other) n +=
		is_job(other) && pb_json_i64(other, "groupid", 0) == pb_json_i64(job, "groupid", 0) &&
		strcmp(pb_json_str(other, "jobname", ""), pb_json_str(job, "jobname", "")) == 0;
	return n;
}

static struct pb_fio_group *group_of(struct pb_fio_group **list, size_t *n, int64_t id)
{
	struct pb_fio_group *more;

	for (size_t i = 0; i < *n; i++)
		if ((*list)[i].id == id)
			return &(*list)[i];
	if (*n == GROUPS_MAX)
		return NULL;
	more = reallocarray(*list, *n + 1, sizeof(*more));
	if (!more)
		return NULL;
	*list = more;
	memset(&more[*n], 0, sizeof(*more));
	more[*n].id = id;
	return &more[(*n)++];
}

/* Adds a value to a comma separated list, once. */
static void list_add(char *list, size_t size, const char *value)
{
	size_t len = strlen(list), n = strlen(value);

	for (const char *at = list; n && (at = strstr(at, value)); at += n)
		if ((at == list || at[-1] == ',') && (at[n] == ',' || !at[n]))
			return;
	if (n && len + n + 2 < size)
		snprintf(list + len, size - len, "%s%s", len ? "," : "", value);
}

/* What the jobs did, as a profile of the manifest has it. */
static void say_profile(struct pb_importing *im, const json_t *global, const json_t *jobs)
{
	char names[128] = "", rw[64] = "", bs[64] = "", engines[64] = "", files[128] = "";
	bool direct = true, writes = false;
	const json_t *job;
	size_t i;

	json_array_foreach(jobs, i, job)
	{
		if (!is_job(job))
			continue;
		list_add(names, sizeof(names), pb_json_str(job, "jobname", ""));
		list_add(rw, sizeof(rw),
			 pb_fio_option(global, job, "rw", pb_fio_option(global, job, "readwrite", "read")));
		list_add(bs, sizeof(bs),
			 pb_fio_option(global, job, "bs", pb_fio_option(global, job, "blocksize", "4k")));
		list_add(engines, sizeof(engines), pb_fio_option(global, job, "ioengine", "psync"));
		list_add(files, sizeof(files), pb_fio_option(global, job, "filename", ""));
		direct = direct && strcmp(pb_fio_option(global, job, "direct", "0"), "1") == 0;
		writes |= pb_json_num(json_object_get(job, "write"), "total_ios", 0) > 0 ||
			  pb_json_num(json_object_get(job, "trim"), "total_ios", 0) > 0;
	}
	pb_importing_fact(im, "profile", "name", json_string(names));
	pb_importing_fact(im, "profile", "title", json_string(names));
	pb_importing_fact(im, "profile", "rw", json_string(rw));
	pb_importing_fact(im, "profile", "bs", json_string(bs));
	pb_importing_fact(im, "profile", "direct", json_boolean(direct));
	pb_importing_fact(im, "profile", "writes", json_boolean(writes));
	pb_importing_fact(im, "guest", "engine", json_string(engines));
	if (files[0])
		pb_importing_fact(im, "disk", "block", json_string(files));
}

/* When fio ended: 0 when it does not say. */
static int64_t ended_ns(const json_t *doc)
{
	int64_t ms = pb_json_i64(doc, "timestamp_ms", 0), s = pb_json_i64(doc, "timestamp", 0);

	if (ms > 0 && ms < INT64_C(8000000000000))
		return ms * 1000000;
	return s > 0 && s < 8000000000 ? s * 1000000000 : 0;
}

/*
 * fio says when it ended, not when each group did: groups are taken to have run one after the other, the last
 * to have ended with fio.
 */
static int put_steps(struct pb_importing *im, const struct pb_fio_group *list, size_t n, int64_t end_ns,
		     struct pb_err *err)
{
	double left_ms = 0;
	bool all = true, submission = false;
	int rc = 0;

	for (size_t i = 1; i < n; i++)
		left_ms += list[i].runtime_ms;
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct pb_import_step s;
		double t1 = (double)end_ns - left_ms * 1e6;

		/* without stamps the run begins at 0 */
		if (end_ns == 0 || t1 < list[i].runtime_ms * 1e6)
			t1 = fmin(left_ms * 1e6 + list[i].runtime_ms * 1e6 + 1, 9e18);
		all &= pb_fio_group_step(&list[i], (int64_t)t1, &s);
		submission |= list[i].submission;
		rc = pb_stepfile_add(&im->steps, &s, err);
		if (i + 1 < n)
			left_ms -= list[i + 1].runtime_ms;
	}
	if (!all)
		pb_importing_note(
			im,
			"quantiles of several jobs or directions cannot be added up from summaries: run fio "
			"with --output-format=json+");
	if (submission)
		pb_importing_note(im, "latencies include the submission (fio ran with lat_percentiles)");
	return rc;
}

static int check_doc(const json_t *doc, const json_t *jobs, const char *file, struct pb_err *err)
{
	const char *version = pb_json_str(doc, "fio version", "");
	const json_t *read = json_object_get(json_array_get(jobs, 0), "read");

	if (!json_array_size(jobs))
		return pb_fail(err, PB_USAGE, ENODATA, "%s: is not fio's result: it holds no jobs", file);
	if (strncmp(version, "fio-2", 5) == 0 || strncmp(version, "fio-1", 5) == 0 ||
	    (json_object_get(read, "clat") && !json_object_get(read, "clat_ns")))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s: written by %s, whose units differ from fio 3's; run fio 3", file,
			       *version ? version : "fio 2");
	return 0;
}

static int import_doc(struct pb_importing *im, const json_t *doc, const char *file, struct pb_err *err)
{
	const json_t *jobs = jobs_of(doc), *global = json_object_get(doc, "global options"), *job;
	struct pb_fio_group *list = NULL, *g;
	size_t n = 0, i;
	int rc = check_doc(doc, jobs, file, err);

	if (rc)
		return rc;
	json_array_foreach(jobs, i, job)
	{
		if (rc || !is_job(job))
			continue;
		g = group_of(&list, &n, pb_json_i64(job, "groupid", 0));
		if (!g)
			rc = pb_fail(err, PB_USAGE, E2BIG, "%s: more than %d groups of jobs", file,
				     GROUPS_MAX);
		else
			rc = pb_fio_group_add(g, global, job, same_name(jobs, job), file, err);
	}
	if (rc == 0 && n == 0)
		rc = pb_fail(err, PB_USAGE, ENODATA, "%s: is not fio's result: it holds no jobs", file);
	if (rc == 0)
		rc = put_steps(im, list, n, ended_ns(doc), err);
	free(list);
	if (rc)
		return rc;
	say_profile(im, global, jobs);
	pb_importing_fact(im, "guest", "fio", json_string(pb_json_str(doc, "fio version", "fio")));
	return 0;
}

static int read_fio(struct pb_importing *im, struct pb_input *in, struct pb_err *err)
{
	json_t *doc = NULL;
	unsigned n = 0;
	int rc = pb_jsontext_read(&doc, &n, in, err);

	if (rc)
		return rc;
	if (n > 1)
		pb_importing_note(im, "%s holds %u results (--status-interval): the last one was taken",
				  pb_input_path(in), n);
	rc = import_doc(im, doc, pb_input_path(in), err);
	json_decref(doc);
	return rc;
}

const struct pb_importer pb_importer_fio = {
	.name = "fio",
	.help = "fio 3, JSON and JSON+: jobs that ran together are a step",
	.record = "fio JOB.fio --output-format=json+ --output=fio.json",
	.tool = "fio-json",
	.title = "fio JSON",
	.detect = detect,
	.read = read_fio,
};
