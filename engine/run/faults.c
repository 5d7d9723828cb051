/*
 * Failed I/Os: fetching, checking, and writing down what the engine knows of
 * them. How many there were in which window is measure.c's.
 */
#include "engine/run/faults.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/json.h"
#include "engine/lib/page.h"

#define ASK_MS 15000
#define ERRNO_MAX 4095 /* the kernel's MAX_ERRNO */

/* Places in a described fault. */
enum { T_NS, JOB, DIR, ERROR, OFFSET, BYTES, FIELDS };

static const char *const dirs[] = {[PB_PAGE_READ] = "read",
				   [PB_PAGE_WRITE] = "write",
				   [PB_PAGE_TRIM] = "trim",
				   [PB_PAGE_FLUSH] = "flush"};

static json_int_t field(const json_t *fault, int i)
{
	return json_integer_value(json_array_get(fault, (size_t)i));
}

static bool fault_ok(const json_t *fault)
{
	if (json_array_size(fault) != FIELDS)
		return false;
	for (int i = 0; i < FIELDS; i++)
		if (!json_is_integer(json_array_get(fault, (size_t)i)) || field(fault, i) < 0)
			return false;
	return field(fault, DIR) <= PB_PAGE_FLUSH && field(fault, ERROR) <= ERRNO_MAX &&
	       field(fault, JOB) < (json_int_t)PB_PAGE_JOBS;
}

bool pb_faults_check(const json_t *faults)
{
	const json_t *list = json_object_get(faults, "faults"), *fault;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > PB_PROTO_FAULTS_MAX ||
	    pb_json_i64(faults, "failed", -1) < 0)
		return false;
	json_array_foreach(list, i, fault)
	{
		if (!fault_ok(fault))
			return false;
	}
	return true;
}

int pb_faults_fetch(struct pb_session *s, struct pb_err *err)
{
	json_t *reply = NULL;
	int rc = pb_conn_ask(&s->guest.conn, "faults", NULL, ASK_MS, &reply, err);

	if (rc < 0)
		return rc;
	if (!pb_faults_check(reply)) {
		json_decref(reply);
		return pb_fail(err, PB_MISSING, EBADMSG,
			       "the agent's answer to 'faults' does not have the form of protocol %d",
			       PB_PROTO_VERSION);
	}
	json_decref(s->faults);
	s->faults = reply;
	return 0;
}

/* "EIO", or "errno 4000" for a number that has no name here. */
static const char *error_name(json_int_t error, char *buf, size_t size)
{
	const char *name = strerrorname_np((int)error);

	if (name)
		return name;
	snprintf(buf, size, "errno %d", (int)error);
	return buf;
}

const char *pb_faults_first(const json_t *faults, char *buf, size_t size)
{
	const json_t *fault = json_array_get(json_object_get(faults, "faults"), 0);
	char number[32], where[80] = "";
	json_int_t error = field(fault, ERROR);
	const char *text = strerrordesc_np((int)error);

	if (!fault) {
		snprintf(buf, size, "no I/O is described");
		return buf;
	}
	if (field(fault, BYTES))
		snprintf(where, sizeof(where), " of %lld bytes at byte %lld", (long long)field(fault, BYTES),
			 (long long)field(fault, OFFSET));
	snprintf(buf, size, "%s%s: %s, %s", dirs[field(fault, DIR)], where,
		 error_name(error, number, sizeof(number)), text ? text : "unknown error");
	return buf;
}

static void fault_row(const struct pb_session *s, struct pb_csv *c, const json_t *fault)
{
	char number[32];
	bool bytes = field(fault, BYTES) > 0;

	pb_csv_i64(c, pb_clock_to_host(&s->clock, field(fault, T_NS)));
	pb_csv_i64(c, field(fault, JOB));
	pb_csv_str(c, dirs[field(fault, DIR)]);
	pb_csv_i64(c, field(fault, ERROR));
	pb_csv_str(c, error_name(field(fault, ERROR), number, sizeof(number)));
	pb_csv_i64(c, bytes ? field(fault, OFFSET) : PB_NA);
	pb_csv_i64(c, bytes ? field(fault, BYTES) : PB_NA);
	pb_csv_end(c);
}

static int put_manifest(struct pb_session *s, size_t described, struct pb_err *err)
{
	int64_t failed = pb_json_i64(s->faults, "failed", 0);
	char first[160];
	json_t *j = json_pack("{s:I,s:I}", "failed", (json_int_t)failed, "described", (json_int_t)described);

	if (!j)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	pb_json_set_str(j, "first", described ? pb_faults_first(s->faults, first, sizeof(first)) : NULL);
	json_object_set_new(s->dir.manifest, "io_errors", j);
	return 0;
}

int pb_faults_write(struct pb_session *s, struct pb_err *err)
{
	const json_t *list = json_object_get(s->faults, "faults"), *fault;
	struct pb_csv c = {0};
	char name[128];
	size_t i;
	int rc;

	snprintf(name, sizeof(name), "guest/%s/errors.csv", s->spec.kind->name);
	c.f = pb_rundir_begin(&s->dir, name, err);
	if (!c.f)
		return -EIO;
	fputs("t_ns,job,dir,errno,error,offset_bytes,length_bytes\r\n", c.f);
	json_array_foreach(list, i, fault) fault_row(s, &c, fault);
	rc = pb_rundir_commit(&s->dir, c.f, name, err);
	return rc < 0 ? rc : put_manifest(s, json_array_size(list), err);
}

bool pb_faults_end(const struct pb_session *s)
{
	const struct pb_step *last = s->n_steps ? &s->steps[s->n_steps - 1] : NULL;

	return last && (last->failed > 0 || last->ended);
}
