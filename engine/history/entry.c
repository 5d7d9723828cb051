/*
 * Reads what the history keeps of a run directory. The names of facts are those of
 * engine/compare/environment.c, so that compare and history speak of the same things.
 */
#include "engine/history/entry.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/compare/environment.h"
#include "engine/history/schema.h"
#include "engine/lib/json.h"
#include "engine/lib/plain.h"
#include "engine/lib/rundir.h"
#include "engine/lib/rundir_files.h"

#define TEXT_MAX 1024
#define JOB_BYTES_MAX (1 << 20)
#define JOB_DIGITS 12 /* of the hash: enough to tell two job files apart */
#define METRICS_MAX 65536

/*
 * Facts that compare counts as environment and that make a series all the same: the host itself, the
 * guest's size, and states that are chosen on the command line.
 */
static const char *const also_identity[] = {"CPU", "vCPUs", "guest memory (MiB)", "emulated lab",
					    "steady state"};
/* The hash of the whole job file: it holds the largest depth, so that another list of depths would be another
 * series. job_of() takes its place. */
static const char *const replaced[] = {"job file (sha256)"};

static bool listed(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static int set(json_t *object, const char *name, const char *value)
{
	char *key = pb_plain_copy(name, PB_SCHEMA_NAME_MAX), *text = pb_plain_copy(value, TEXT_MAX);
	int rc = key && text ? json_object_set_new(object, key, json_string(text)) : -1;

	free(key);
	free(text);
	return rc < 0 ? -ENOMEM : 0;
}

/* A digest of profile.fio without comments and the engine's room for depths. False when there is no such
 * file. */
static bool job_of(int dirfd, char digest[JOB_DIGITS + 1])
{
	int fd = openat(dirfd, "profile.fio", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char *text = fd < 0 ? NULL : malloc(JOB_BYTES_MAX), *save = NULL;
	char hex[SHA256_DIGEST_STRING_LENGTH];
	ssize_t n = text ? read(fd, text, JOB_BYTES_MAX - 1) : -1;
	SHA2_CTX sha;

	if (fd >= 0)
		close(fd);
	if (n < 0) {
		free(text);
		return false;
	}
	text[n] = '\0';
	SHA256Init(&sha);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (line[0] == ';' || line[0] == '#' || strncmp(line, "iodepth=", 8) == 0)
			continue;
		SHA256Update(&sha, (const uint8_t *)line, strlen(line) + 1);
	}
	SHA256End(&sha, hex);
	free(text);
	snprintf(digest, JOB_DIGITS + 1, "%.*s", JOB_DIGITS, hex);
	return true;
}

/* What the command line chose and no fact of compare says. */
static int add_choices(json_t *identity, const struct pb_rundir *d)
{
	const json_t *steady = json_object_get(d->manifest, "steady");
	char digest[JOB_DIGITS + 1];
	int rc;

	rc = set(identity, "backend asked for",
		 pb_json_str(json_object_get(d->manifest, "run_options"), "backend", "auto"));
	if (rc == 0)
		rc = set(identity, "preconditioned",
			 json_is_object(json_object_get(steady, "precondition")) ? "yes" : "no");
	if (rc == 0 && job_of(d->fd, digest))
		rc = set(identity, "job", digest);
	return rc;
}

/* The facts of a run in their two groups, as canonical text. */
static int read_facts(struct pb_entry *e, const struct pb_rundir *d, struct pb_err *err)
{
	json_t *identity = json_object(), *environment = json_object();
	struct pb_environment facts = {0};
	int rc = pb_environment_of(&facts, d, err);
	int bad = rc == 0 ? 0 : -1;

	for (size_t i = 0; i + 1 < facts.kv.n && bad == 0; i += 2) {
		const char *name = facts.kv.v[i];
		bool chosen = pb_environment_is_subject(name) ||
			      listed(also_identity, sizeof(also_identity) / sizeof(also_identity[0]), name);

		if (!listed(replaced, sizeof(replaced) / sizeof(replaced[0]), name))
			bad = set(chosen ? identity : environment, name, facts.kv.v[i + 1]);
	}
	if (bad == 0)
		bad = add_choices(identity, d);
	if (bad == 0) {
		e->identity = json_dumps(identity, JSON_COMPACT | JSON_SORT_KEYS);
		e->environment = json_dumps(environment, JSON_COMPACT | JSON_SORT_KEYS);
	}
	json_decref(identity);
	json_decref(environment);
	pb_environment_fini(&facts);
	if (rc < 0)
		return rc;
	if (!e->identity || !e->environment)
		return pb_fail(err, PB_MISSING, ENOMEM, "%s: no memory for its environment", d->path);
	if (strlen(e->identity) > PB_SCHEMA_FACTS_MAX || strlen(e->environment) > PB_SCHEMA_FACTS_MAX)
		return pb_fail(err, PB_USAGE, E2BIG, "%s: its environment has more than %d bytes", d->path,
			       PB_SCHEMA_FACTS_MAX);
	return 0;
}

bool pb_entry_is_utc(const char *text)
{
	const char *form = PB_ENTRY_UTC;

	for (; *form && *text; form++, text++)
		if (*form == '0' ? !isdigit((unsigned char)*text) : *form != *text)
			return false;
	return !*form && !*text;
}

static int read_start(struct pb_entry *e, const struct pb_rundir *d, struct pb_err *err)
{
	const char *text = pb_json_str(d->manifest, "started_utc", "");

	if (!pb_entry_is_utc(text))
		return pb_fail(
			err, PB_USAGE, EINVAL,
			"%s: manifest.json does not say when the run started (started_utc as " PB_ENTRY_UTC
			"), so it has no place in a history",
			d->path);
	memcpy(e->started_utc, text, sizeof(e->started_utc));
	return 0;
}

/* "PBLAB0001 randread-4k vfio", or "esxtop recorded" where a disk and a job have no names: for people; the
 * identity is what counts. */
static int make_name(struct pb_entry *e, const struct pb_rundir *d)
{
	const json_t *disk = json_object_get(d->manifest, "disk");
	const char *path = pb_json_str(disk, "path", ""), *attach = pb_json_str(disk, "attach", path);
	const char *profile = pb_json_str(json_object_get(d->manifest, "profile"), "name", "");
	const char *tool = pb_json_str(json_object_get(d->manifest, "origin"), "tool", "disk");
	const char *const names[] = {pb_json_str(disk, "serial", ""), pb_json_str(disk, "model", ""),
				     pb_json_str(disk, "block", ""), tool};
	struct pb_buf b = {0};
	size_t i = 0;

	while (!*names[i] && names[i] != tool)
		i++;
	/* what was asked for says more than the path, where it is one ("virtio-blk,cache=none") */
	pb_buf_printf(&b, "%s%s%s %s", names[i], *profile ? " " : "", profile,
		      strncmp(attach, path, strlen(path)) == 0 ? attach : path);
	/* Room for a number that makes it different. */
	e->name = b.failed ? NULL : pb_plain_copy(b.data, PB_SCHEMA_NAME_MAX / 2);
	pb_buf_fini(&b);
	return e->name ? 0 : -ENOMEM;
}

static int read_metrics(struct pb_entry *e, const struct pb_rundir *d, struct pb_err *err)
{
	size_t numbers = 0;
	int rc = pb_metrics_of(&e->metrics, d, err);

	for (size_t i = 0; i < e->metrics.n && rc == 0; i++) {
		numbers += isfinite(e->metrics.v[i].value) != 0;
		if (isfinite(e->metrics.v[i].value) && fabs(e->metrics.v[i].value) >= PB_SCHEMA_VALUE_MAX)
			rc = pb_fail(err, PB_USAGE, ERANGE, "%s: %s is %g, which nothing can have measured",
				     d->path, e->metrics.v[i].name, e->metrics.v[i].value);
		else if (strlen(e->metrics.v[i].name) > PB_SCHEMA_NAME_MAX)
			rc = pb_fail(err, PB_USAGE, EINVAL, "%s: the name of a metric is too long", d->path);
	}
	if (rc == 0 && numbers == 0)
		rc = pb_fail(err, PB_INVALID, ENODATA,
			     "%s: no window of the run is valid, there is no number to keep", d->path);
	if (rc == 0 && e->metrics.n > METRICS_MAX)
		rc = pb_fail(err, PB_USAGE, E2BIG, "%s: more than %d numbers", d->path, METRICS_MAX);
	return rc;
}

static int read_open(struct pb_entry *e, const struct pb_rundir *d, struct pb_err *err)
{
	int rc = pb_rundir_hash(d->fd, "manifest.json", e->manifest);

	if (rc < 0)
		return pb_fail(err, PB_USAGE, -rc, "%s: cannot read manifest.json: %s", d->path,
			       strerror(-rc));
	e->dir = realpath(d->path, NULL);
	if (!e->dir || make_name(e, d) < 0)
		return pb_fail(err, PB_MISSING, ENOMEM, "%s: out of memory", d->path);
	rc = read_start(e, d, err);
	if (rc == 0)
		rc = read_facts(e, d, err);
	return rc ? rc : read_metrics(e, d, err);
}

int pb_entry_read(struct pb_entry *e, const char *dir, struct pb_err *err)
{
	struct pb_entry new = {.dir = NULL};
	struct pb_rundir d;
	int rc = pb_rundir_open(&d, dir, err);

	if (rc < 0)
		return rc;
	rc = read_open(&new, &d, err);
	pb_rundir_close(&d);
	if (rc < 0)
		pb_entry_fini(&new);
	else
		*e = new;
	return rc;
}

void pb_entry_fini(struct pb_entry *e)
{
	free(e->dir);
	free(e->name);
	free(e->identity);
	free(e->environment);
	pb_metrics_fini(&e->metrics);
	*e = (struct pb_entry){.dir = NULL};
}
