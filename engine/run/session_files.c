/*
 * CSV files of a session: steps, latency histograms, and the guest's
 * telemetry with its stamps converted to the host clock.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/lib/csv.h"
#include "engine/lib/guest_sources.h"
#include "engine/lib/json.h"
#include "engine/run/session_write.h"

#define FILES_MS 30000

static void step_row(const struct pb_session *s, struct pb_csv *c, const struct pb_step *p)
{
	pb_csv_i64(c, pb_clock_to_host(&s->clock, p->t0_ns));
	pb_csv_i64(c, pb_clock_to_host(&s->clock, p->t1_ns));
	pb_csv_str(c, s->spec.kind->name);
	pb_csv_str(c, p->phase);
	pb_csv_i64(c, p->block);
	pb_csv_i64(c, p->depth);
	pb_csv_num(c, p->mean_depth);
	pb_csv_i64(c, p->completed);
	pb_csv_i64(c, p->failed);
	pb_csv_i64(c, p->bytes);
	pb_csv_num(c, p->iops.est);
	pb_csv_num(c, p->iops.lo);
	pb_csv_num(c, p->iops.hi);
	pb_csv_num(c, p->bw_bytes_s);
	pb_csv_num(c, p->lat_mean_ns);
	pb_csv_num(c, p->p50.est);
	pb_csv_num(c, p->p50.lo);
	pb_csv_num(c, p->p50.hi);
	pb_csv_num(c, p->p99.est);
	pb_csv_num(c, p->p99.lo);
	pb_csv_num(c, p->p99.hi);
	pb_csv_num(c, p->p999_ns);
	pb_csv_i64(c, p->batches);
	pb_csv_num(c, p->lag1);
	pb_csv_i64(c, p->valid);
	pb_csv_str(c, p->reason);
	pb_csv_end(c);
}

int pb_session_write_steps(struct pb_session *s, struct pb_err *err)
{
	FILE *f = pb_rundir_begin(&s->dir, "steps.csv", err);
	struct pb_csv c = {.f = f};

	if (!f)
		return -EIO;
	fputs("t_ns,t_end_ns,guest,phase,block,depth,mean_depth,completed,failed,bytes,iops,iops_lo,iops_hi,"
	      "bw_bytes_s,lat_mean_ns,lat_p50_ns,lat_p50_lo_ns,lat_p50_hi_ns,lat_p99_ns,lat_p99_lo_ns,"
	      "lat_p99_hi_ns,lat_p999_ns,batches,lag1,valid,reason\r\n",
	      f);
	for (size_t i = 0; i < s->n_steps; i++)
		step_row(s, &c, &s->steps[i]);
	return pb_rundir_commit(&s->dir, f, "steps.csv", err);
}

static void latency_rows(const struct pb_session *s, struct pb_csv *c, const struct pb_step *p)
{
	static const char *const dirs[] = {"read", "write", "trim"};

	for (unsigned d = 0; d < 3; d++) {
		for (unsigned b = 0; b < PB_HIST_BINS; b++) {
			if (!p->hist[d][b])
				continue;
			pb_csv_i64(c, pb_clock_to_host(&s->clock, p->t0_ns));
			pb_csv_i64(c, pb_clock_to_host(&s->clock, p->t1_ns));
			pb_csv_i64(c, p->depth);
			pb_csv_str(c, dirs[d]);
			pb_csv_i64(c, b);
			pb_csv_i64(c, (int64_t)pb_hist_mid(b));
			pb_csv_i64(c, (int64_t)p->hist[d][b]);
			pb_csv_end(c);
		}
	}
}

static void guest_path(const struct pb_session *s, char *buf, size_t size, const char *file)
{
	snprintf(buf, size, "guest/%s/%s", s->spec.kind->name, file);
}

int pb_session_write_latency(struct pb_session *s, struct pb_err *err)
{
	char name[128];
	struct pb_csv c = {0};

	guest_path(s, name, sizeof(name), "latency.csv");
	c.f = pb_rundir_begin(&s->dir, name, err);
	if (!c.f)
		return -EIO;
	fputs("t_ns,t_end_ns,depth,dir,bin,lat_ns,count\r\n", c.f);
	for (size_t i = 0; i < s->n_steps; i++)
		latency_rows(s, &c, &s->steps[i]);
	return pb_rundir_commit(&s->dir, c.f, name, err);
}

/* The guest's text with the first cell of every row after the header moved to the host clock. False: not such
 * a file. */
static bool convert(const struct pb_session *s, const struct pb_buf *in, struct pb_buf *out)
{
	const char *p = in->data, *end = in->data ? in->data + in->len : NULL;
	bool header = true;

	while (p && p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t len = eol ? (size_t)(eol - p) + 1 : (size_t)(end - p);
		char *after;

		if (!header) {
			long long t = strtoll(p, &after, 10);

			if (after == p || *after != ',' || t < 0 || t > PB_AGENT_TIME_MAX)
				return false;
			pb_buf_printf(out, "%lld", (long long)pb_clock_to_host(&s->clock, t));
			len -= (size_t)(after - p);
			p = after;
		} else if (strncmp(p, "t_ns,", 5) != 0) {
			return false;
		}
		pb_buf_add(out, p, len);
		header = false;
		p += len;
	}
	return !header && !out->failed;
}

/* rows: how many the file has; -1 when it was dropped, with a warning. */
static int put_guest_csv(struct pb_session *s, const char *file, const struct pb_buf *raw, int64_t *rows,
			 struct pb_err *err)
{
	struct pb_buf out = {0};
	struct pb_table *t = NULL;
	struct pb_err bad = PB_ERR_INIT;
	char name[128];
	int rc = 0;

	*rows = -1;
	guest_path(s, name, sizeof(name), file);
	if (convert(s, raw, &out))
		rc = pb_rundir_put(&s->dir, name, out.data, out.len, err);
	else
		pb_fail(&bad, PB_INVALID, EBADMSG,
			"the guest's %s is not a CSV file of this protocol; it was dropped", file);
	if (rc == 0 && !bad.msg[0] && pb_table_read(&t, s->dir.fd, name, &bad) < 0)
		unlinkat(s->dir.fd, name, 0);
	if (t)
		*rows = (int64_t)pb_table_rows(t);
	if (bad.msg[0])
		json_array_append_new(s->warnings, json_string(bad.msg));
	pb_table_free(t);
	pb_buf_fini(&out);
	return rc;
}

/* fio's own result, re-serialized so that nothing but JSON reaches the directory. */
static int put_fio_json(struct pb_session *s, const struct pb_buf *raw, struct pb_err *err)
{
	json_t *j = NULL;
	char name[128];
	int rc;

	if (pb_json_parse(&j, raw->data ? raw->data : "", raw->len, "fio.json", NULL) < 0) {
		json_array_append_new(s->warnings,
				      json_string("fio's own result was not JSON and was dropped"));
		return 0;
	}
	guest_path(s, name, sizeof(name), "fio.json");
	rc = pb_rundir_put(&s->dir, name, "", 0, err); /* makes the folder */
	if (rc == 0)
		rc = pb_json_write(j, s->dir.fd, name, err);
	json_decref(j);
	return rc;
}

static int fetch_source(struct pb_session *s, const json_t *files, const struct pb_guest_source *g,
			struct pb_buf *raw, struct pb_err *err)
{
	char status[200];
	int64_t rows = 0;
	int rc = 0;

	if (pb_agent_source_status(files, g->file, status, sizeof(status))) {
		rc = pb_agent_fetch(&s->guest.conn, g->file, raw, err);
		if (rc == 0)
			rc = put_guest_csv(s, g->file, raw, &rows, err);
		if (rows < 0)
			snprintf(status, sizeof(status), "unavailable: what the guest sent was not CSV");
	}
	json_array_append_new(s->sources, json_pack("{s:s,s:s,s:I}", "name", g->name, "status", status,
						    "rows", (json_int_t)(rows < 0 ? 0 : rows)));
	return rc;
}

static int fetch_fio_json(struct pb_session *s, struct pb_buf *raw, struct pb_err *err)
{
	bool may_lack = s->fio_error[0]; /* a fio that came to a bad end may have left no result */
	int rc = pb_agent_fetch(&s->guest.conn, "fio.json", raw, may_lack ? NULL : err);

	if (rc < 0 && !may_lack)
		return rc;
	if (rc < 0)
		pb_buf_clear(raw);
	return put_fio_json(s, raw, err);
}

int pb_session_fetch_guest(struct pb_session *s, struct pb_err *err)
{
	struct pb_buf raw = {0};
	json_t *reply = NULL;
	int rc = pb_conn_ask(&s->guest.conn, "files", NULL, FILES_MS, &reply, err);

	s->sources = json_array();
	for (size_t i = 0; i < PB_GUEST_SOURCES && rc == 0; i++)
		rc = fetch_source(s, json_object_get(reply, "files"), &pb_guest_sources[i], &raw, err);
	json_decref(reply);
	if (rc == 0)
		rc = fetch_fio_json(s, &raw, err);
	pb_buf_fini(&raw);
	return rc;
}
