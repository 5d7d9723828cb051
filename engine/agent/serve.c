/*
 * The agent's side of the conversation: greeting until the first request,
 * then one answer for each request, in order.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "engine/agent/agent.h"
#include "engine/agent/requests.h"
#include "engine/agent/workdir.h"
#include "engine/lib/json.h"

#define GREET_MS 1000
#define WRITE_MS 30000

static int greet(struct pb_agent *a)
{
	struct utsname u;
	json_t *j;
	int rc;

	if (uname(&u))
		return -errno;
	j = json_pack("{s:i,s:s,s:s,s:s,s:i,s:b}", "hello", PB_PROTO_VERSION, "agent", PB_VERSION, "kernel",
		      u.release, "machine", u.machine, "cpus", (int)sysconf(_SC_NPROCESSORS_ONLN), "pid1",
		      (int)a->pid1);
	if (!j)
		return -ENOMEM;
	rc = pb_lines_write(&a->lines, j, GREET_MS, NULL);
	json_decref(j);
	return rc;
}

/* A virtio port without a host behind it hangs up until one connects; whatever was said to it is gone. */
static int reopen(struct pb_agent *a)
{
	int rfd = a->lines.rfd, wfd = a->lines.wfd;

	poll(NULL, 0, GREET_MS / 5);
	pb_lines_fini(&a->lines);
	return pb_lines_init(&a->lines, rfd, wfd);
}

/* The first request, greeting once a second until it comes. -EPIPE when the host went away. */
static int first_request(struct pb_agent *a, json_t **req, struct pb_err *err)
{
	int rc;

	for (;;) {
		rc = greet(a);
		if (!rc)
			rc = pb_lines_read(&a->lines, GREET_MS, req, err);
		if (rc == -ETIMEDOUT || rc == -EINTR) {
			rc = a->lines.broken ? reopen(a) : 0;
			if (rc)
				return rc;
			continue;
		}
		if (rc != -EPIPE || !a->port)
			return rc;
		rc = reopen(a);
		if (rc)
			return rc;
	}
}

static int next_request(struct pb_agent *a, json_t **req, struct pb_err *err)
{
	int rc;

	do
		rc = pb_lines_read(&a->lines, -1, req, err);
	while (rc == -EINTR || rc == -ETIMEDOUT);
	return rc;
}

static int answer(struct pb_agent *a, const json_t *req, struct pb_err *err)
{
	const char *name = pb_json_str(req, "request", "");
	const struct pb_request *r = pb_request_find(name);
	const json_t *id = json_object_get(req, "id");
	struct pb_err why = PB_ERR_INIT;
	json_t *reply = json_object();
	int rc;

	if (!reply)
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory for an answer");
	if (!json_is_integer(id))
		rc = pb_fail(&why, PB_USAGE, EINVAL, "a request needs a number as its id");
	else if (!r)
		rc = pb_fail(&why, PB_USAGE, EINVAL, "there is no request called '%.64s'", name);
	else
		rc = r->answer(a, req, reply, &why);
	if (rc) {
		json_object_clear(reply);
		pb_json_set_str(reply, "error", *why.msg ? why.msg : "out of memory");
		json_object_set_new(reply, "status",
				    json_integer(why.status > PB_REGRESSION ? why.status : PB_MISSING));
	}
	json_object_set_new(reply, "id",
			    json_is_integer(id) ? json_integer(json_integer_value(id)) : json_null());
	json_object_set_new(reply, "ok", json_boolean(!rc));
	rc = pb_lines_write(&a->lines, reply, WRITE_MS, err);
	json_decref(reply);
	return rc;
}

int pb_agent_serve(struct pb_agent *a, struct pb_err *err)
{
	json_t *req = NULL;
	int rc = first_request(a, &req, err);

	while (!rc) {
		rc = answer(a, req, err);
		json_decref(req);
		req = NULL;
		if (rc || a->quit)
			break;
		rc = next_request(a, &req, err);
	}
	pb_verify_free(a->verify);
	a->verify = NULL;
	pb_fio_job_stop(&a->job);
	pb_telemetry_free(a->telemetry);
	a->telemetry = NULL;
	pb_fio_job_release(&a->job);
	pb_workdir_remove(a->dir);
	a->dir[0] = '\0';
	return rc == -EPIPE ? 0 : rc;
}
