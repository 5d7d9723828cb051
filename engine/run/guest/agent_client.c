/*
 * Requests to the agent and strict reading of its answers.
 */
#include "engine/run/guest/agent_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/lib/base64.h"
#include "engine/lib/json.h"
#include "engine/run/host/stop.h"

#define ASK_MS 15000
#define FETCH_MAX (64u << 20)

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* One object, or -ETIMEDOUT at the deadline; signals end the wait only when a stop was asked. */
static int read_until(struct pb_conn *c, int64_t deadline_ms, json_t **out, struct pb_err *err)
{
	for (;;) {
		int64_t left = deadline_ms - now_ms();
		int rc = pb_lines_read(&c->lines, left > 0 ? (int)left : 0, out, err);

		if (rc != -EINTR)
			return rc;
		rc = pb_stop_check(err);
		if (rc < 0)
			return rc;
	}
}

int pb_conn_hello(struct pb_conn *c, int timeout_ms, struct pb_err *err)
{
	int64_t deadline = now_ms() + timeout_ms;
	json_t *j = NULL;
	int rc;

	do {
		rc = read_until(c, deadline, &j, err);
		if (rc < 0)
			return rc;
		if (!json_object_get(j, "hello")) {
			json_decref(j);
			j = NULL;
		}
	} while (!j);
	if (pb_json_i64(j, "hello", -1) != PB_PROTO_VERSION) {
		rc = pb_fail(err, PB_MISSING, EPROTO,
			     "the agent speaks protocol %lld, this passbench %d; install the agent of this "
			     "version",
			     (long long)pb_json_i64(j, "hello", -1), PB_PROTO_VERSION);
		json_decref(j);
		return rc;
	}
	c->hello = j;
	return 0;
}

static int refused(const char *request, const json_t *j, struct pb_err *err)
{
	int64_t status = pb_json_i64(j, "status", PB_MISSING);

	if (status < PB_USAGE || status > PB_MISSING)
		status = PB_MISSING;
	return pb_fail(err, (enum pb_status)status, EREMOTEIO, "agent: %.400s",
		       pb_json_str(j, "error", request));
}

/* Reset: it left without reading what was asked. */
static bool is_gone(int rc)
{
	return rc == -EPIPE || rc == -ECONNRESET;
}

int pb_conn_ask(struct pb_conn *c, const char *request, json_t *fields, int timeout_ms, json_t **reply,
		struct pb_err *err)
{
	json_t *req = fields ? fields : json_object(), *j = NULL;
	int64_t id = c->next_id++, deadline = now_ms() + timeout_ms;
	struct pb_err why = PB_ERR_INIT;
	int rc;

	json_object_set_new(req, "id", json_integer(id));
	json_object_set_new(req, "request", json_string(request));
	rc = pb_lines_write(&c->lines, req, timeout_ms, &why);
	json_decref(req);
	if (rc < 0 && !is_gone(rc))
		return pb_fail(err, why.status, -rc, "%s", why.msg);
	while (rc == 0) {
		rc = read_until(c, deadline, &j, err);
		if (rc < 0)
			break;
		if (pb_json_i64(j, "id", -1) == id)
			break;
		json_decref(j); /* a late greeting */
		j = NULL;
	}
	if (rc == -ETIMEDOUT)
		return pb_fail(err, PB_MISSING, ETIMEDOUT,
			       "the agent did not answer '%s' within %d s: is the guest alive?", request,
			       timeout_ms / 1000);
	if (is_gone(rc))
		return pb_fail(err, PB_MISSING, EPIPE, "the agent went away while asked '%s'", request);
	if (rc < 0)
		return rc;
	if (!json_is_true(json_object_get(j, "ok"))) {
		rc = refused(request, j, err);
		json_decref(j);
		return rc;
	}
	if (reply)
		*reply = j;
	else
		json_decref(j);
	return 0;
}

static int bad_answer(const char *request, struct pb_err *err)
{
	return pb_fail(err, PB_MISSING, EBADMSG,
		       "the agent's answer to '%s' does not have the form of protocol %d", request,
		       PB_PROTO_VERSION);
}

/* A time as the agent may give it: differences of two never overflow. */
static bool time_parse(const json_t *j, const char *key, int64_t *v)
{
	int64_t t = pb_json_i64(j, key, -1);

	if (t < 0 || t > PB_AGENT_TIME_MAX)
		return false;
	*v = t;
	return true;
}

/* Requests whose answer is just a time. */
static int ask_time(struct pb_conn *c, const char *request, json_t *fields, int64_t *guest_ns,
		    struct pb_err *err)
{
	json_t *j = NULL;
	int rc = pb_conn_ask(c, request, fields, ASK_MS, &j, err);

	if (rc < 0)
		return rc;
	if (!time_parse(j, "t_ns", guest_ns))
		rc = bad_answer(request, err);
	json_decref(j);
	return rc;
}

int pb_agent_ping(struct pb_conn *c, int64_t *guest_ns, struct pb_err *err)
{
	return ask_time(c, "ping", NULL, guest_ns, err);
}

int pb_agent_ptp(struct pb_conn *c, int64_t *guest_ns, int64_t *host_real_ns, int64_t *width_ns,
		 struct pb_err *err)
{
	json_t *j = NULL;
	int rc = pb_conn_ask(c, "ptp", NULL, ASK_MS, &j, err);

	if (rc < 0)
		return rc;
	if (!time_parse(j, "t_ns", guest_ns) || !time_parse(j, "host_real_ns", host_real_ns) ||
	    !time_parse(j, "width_ns", width_ns))
		rc = bad_answer("ptp", err);
	json_decref(j);
	return rc;
}

int pb_agent_depth(struct pb_conn *c, unsigned depth, int64_t *guest_ns, struct pb_err *err)
{
	return ask_time(c, "depth", json_pack("{s:i}", "target", (int)depth), guest_ns, err);
}

static bool row_parse(const json_t *a, struct pb_row *r)
{
	int64_t *field[] = {&r->t_ns,       &r->submitted,   &r->completed, &r->failed,
			    &r->read_bytes, &r->write_bytes, &r->depth_ns};

	if (!json_is_array(a) || json_array_size(a) != sizeof(field) / sizeof(field[0]))
		return false;
	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
		const json_t *v = json_array_get(a, i);

		if (!json_is_integer(v) || json_integer_value(v) < 0)
			return false;
		*field[i] = json_integer_value(v);
	}
	return true;
}

int pb_agent_rows(struct pb_conn *c, int64_t *next, struct pb_row **rows, size_t *n, bool *running,
		  struct pb_err *err)
{
	json_t *j = NULL, *a;
	struct pb_row *grown;
	int64_t after;
	size_t got;
	int rc = pb_conn_ask(c, "rows",
			     json_pack("{s:I,s:i}", "since", (json_int_t)*next, "max", PB_PROTO_ROWS_MAX),
			     ASK_MS, &j, err);

	if (rc < 0)
		return rc;
	a = json_object_get(j, "rows");
	after = pb_json_i64(j, "next", -1);
	got = json_array_size(a);
	grown = json_is_array(a) && after >= *next && got <= PB_PROTO_ROWS_MAX
			? realloc(*rows, (*n + got + 1) * sizeof(**rows))
			: NULL;
	if (!grown) {
		json_decref(j);
		return bad_answer("rows", err);
	}
	*rows = grown;
	for (size_t i = 0; i < got && rc == 0; i++)
		rc = row_parse(json_array_get(a, i), &grown[*n + i]) ? 0 : bad_answer("rows", err);
	if (rc == 0) {
		*n += got;
		*next = after;
		*running = json_is_true(json_object_get(j, "running"));
	}
	json_decref(j);
	return rc;
}

static bool hist_parse(const json_t *a, uint64_t *bins)
{
	memset(bins, 0, (size_t)PB_HIST_BINS * sizeof(*bins));
	if (!json_is_array(a) || json_array_size(a) > (size_t)PB_HIST_BINS)
		return false;
	for (size_t i = 0; i < json_array_size(a); i++) {
		const json_t *pair = json_array_get(a, i);
		json_int_t bin = json_integer_value(json_array_get(pair, 0));
		json_int_t count = json_integer_value(json_array_get(pair, 1));

		if (json_array_size(pair) != 2 || bin < 0 || bin >= (json_int_t)PB_HIST_BINS || count < 0)
			return false;
		bins[bin] = (uint64_t)count;
	}
	return true;
}

int pb_agent_hist(struct pb_conn *c, struct pb_hist_snap *s, struct pb_err *err)
{
	static const char *const dirs[] = {"read", "write", "trim"};
	json_t *j = NULL;
	bool good;
	int rc = pb_conn_ask(c, "hist", NULL, ASK_MS, &j, err);

	if (rc < 0)
		return rc;
	good = json_is_integer(json_object_get(j, "t_ns")) && row_parse(json_object_get(j, "row"), &s->row);
	s->t_ns = pb_json_i64(j, "t_ns", 0);
	for (unsigned d = 0; d < 3 && good; d++)
		good = hist_parse(json_object_get(j, dirs[d]), s->dir[d]);
	json_decref(j);
	return good ? 0 : bad_answer("hist", err);
}

bool pb_agent_source_status(const json_t *list, const char *name, char *status, size_t size)
{
	const json_t *s;
	size_t i;

	snprintf(status, size, "unavailable: this agent does not record it");
	json_array_foreach(list, i, s)
	{
		if (strcmp(pb_json_str(s, "name", ""), name) != 0)
			continue;
		/* agents of before had three files and said nothing about them */
		snprintf(status, size, "%.150s", pb_json_str(s, "status", "ok"));
		if (strcmp(status, "ok") != 0 && strncmp(status, "unavailable: ", 13) != 0)
			snprintf(status, size, "unavailable: the agent does not say why");
	}
	for (char *c = status; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
			*c = '?';
	return strcmp(status, "ok") == 0;
}

int pb_agent_fetch(struct pb_conn *c, const char *name, struct pb_buf *buf, struct pb_err *err)
{
	bool eof = false;
	int rc = 0;

	pb_buf_clear(buf);
	while (!eof && rc == 0) {
		json_t *j = NULL;
		const char *data;

		rc = pb_conn_ask(c, "fetch",
				 json_pack("{s:s,s:I,s:i}", "name", name, "offset", (json_int_t)buf->len,
					   "max", PB_PROTO_FETCH_MAX),
				 ASK_MS, &j, err);
		if (rc < 0)
			return rc;
		data = pb_json_str(j, "data", NULL);
		eof = json_is_true(json_object_get(j, "eof"));
		if (!data || (!eof && !data[0]) || pb_base64_decode(buf, data) < 0)
			rc = bad_answer("fetch", err);
		else if (buf->len > FETCH_MAX)
			rc = pb_fail(err, PB_MISSING, EFBIG, "the agent's file %s is larger than 64 MiB",
				     name);
		json_decref(j);
	}
	return rc;
}
