/*
 * Writes the disk twice with fio under the engine and counts what has arrived.
 */
#include "engine/run/precondition.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/lib/json.h"
#include "engine/run/host/stop.h"

#define DEPTH 32
#define PROBE_MS 1000
#define POLL_MS 500
#define STOP_MS 30000

/* Sequential from the start of the disk, again from the start at its end. */
static int start(struct pb_session *s, bool write, struct pb_err *err)
{
	static const char *const text[] = {"[probe]\nrw=read\nbs=128k\n",
					   "[precondition]\nrw=write\nbs=128k\n"};
	struct pb_session_job job = {.iodepth_max = DEPTH, .depth = DEPTH, .writes = write};
	struct pb_profile p = {.writes = false};
	struct pb_buf out = {0};
	struct pb_buf in = {0};
	int rc;

	pb_buf_str(&in, text[write]);
	rc = pb_profile_parse(&p, write ? "precondition" : "probe", in.data, in.len, err);
	if (rc == 0)
		rc = pb_profile_render(&p, DEPTH, &out);
	job.text = out.data;
	if (rc == 0)
		rc = pb_session_start_job(s, &job, NULL, err);
	pb_profile_fini(&p);
	pb_buf_fini(&in);
	pb_buf_fini(&out);
	return rc;
}

static int stop(struct pb_session *s, struct pb_err *err)
{
	json_t *reply = NULL;
	int rc = pb_conn_ask(&s->guest.conn, "stop", NULL, STOP_MS, &reply, err);

	if (rc == 0 && pb_json_i64(reply, "exit", -1) != 0)
		rc = pb_fail(err, PB_INVALID, EIO, "fio failed while preconditioning: %.500s",
			     pb_json_str(reply, "error", "no message"));
	json_decref(reply);
	return rc;
}

/* The counters of this instant; fails when fio has ended or an I/O has failed. */
static int look(struct pb_session *s, struct pb_row *row, struct pb_err *err)
{
	struct pb_row *rows = NULL;
	struct pb_hist_snap *h = calloc(1, sizeof(*h));
	int64_t next = s->cursor;
	bool running = true;
	size_t n = 0;
	int rc = h ? pb_agent_rows(&s->guest.conn, &next, &rows, &n, &running, err)
		   : pb_fail(err, PB_MISSING, ENOMEM, "out of memory");

	s->cursor = next;
	if (rc == 0 && !running)
		rc = stop(s, err) < 0 ? -EIO
				      : pb_fail(err, PB_INVALID, EIO, "fio ended while preconditioning");
	if (rc == 0)
		rc = pb_agent_hist(&s->guest.conn, h, err);
	if (rc == 0)
		*row = h->row;
	if (rc == 0 && row->failed > 0)
		rc = pb_fail(err, PB_INVALID, EIO, "%lld I/Os failed while preconditioning",
			     (long long)row->failed);
	free(rows);
	free(h);
	return rc;
}

/* Bytes a second at which the disk reads; 0 when nothing was read in that time. */
static int probe(struct pb_session *s, double *bytes_s, struct pb_err *err)
{
	struct pb_row a = {0}, b = {0};
	int rc = start(s, false, err);

	if (rc == 0)
		rc = look(s, &a, err);
	if (rc == 0 && pb_stop_sleep_ms(PROBE_MS))
		rc = pb_stop_check(err);
	if (rc == 0)
		rc = look(s, &b, err);
	if (rc == 0)
		rc = stop(s, err);
	if (rc == 0)
		*bytes_s = b.t_ns > a.t_ns
				   ? (double)(b.read_bytes - a.read_bytes) * 1e9 / (double)(b.t_ns - a.t_ns)
				   : 0;
	return rc;
}

static int write_all(struct pb_session *s, int64_t want, int64_t *written, double *seconds,
		     struct pb_err *err)
{
	struct pb_row first = {0}, now;
	int rc = start(s, true, err);

	if (rc == 0)
		rc = look(s, &first, err);
	now = first;
	while (rc == 0 && now.write_bytes < want) {
		double spent = (double)(now.t_ns - first.t_ns) / 1e9,
		       share = (double)now.write_bytes / (double)want;

		pb_ui_progress(s->o.ui, share, pb_ui_left(share, spent),
			       "preconditioning: %.1f of %.1f GiB written",
			       (double)now.write_bytes / (1 << 30), (double)want / (1 << 30));
		if (pb_stop_sleep_ms(POLL_MS))
			rc = pb_stop_check(err);
		if (rc == 0)
			rc = look(s, &now, err);
	}
	if (rc < 0)
		return rc;
	*written = now.write_bytes;
	*seconds = (double)(now.t_ns - first.t_ns) / 1e9;
	return stop(s, err);
}

int pb_precondition(struct pb_session *s, json_t **result, struct pb_err *err)
{
	int64_t want = PB_PRECONDITION_PASSES * s->disk.size_bytes, written = 0;
	double bytes_s = 0, seconds = 0;
	int rc;

	if (s->disk.size_bytes <= 0)
		return pb_fail(err, PB_MISSING, EINVAL,
			       "the size of the disk is not known, so it cannot be preconditioned");
	rc = probe(s, &bytes_s, err);
	if (rc < 0)
		return rc;
	if (bytes_s > 0)
		pb_session_say(s,
			       "preconditioning writes %.2f GiB, %d times the disk: about %.0f s at the %.0f "
			       "MB/s at "
			       "which it reads, more if it writes slower",
			       (double)want / (1 << 30), PB_PRECONDITION_PASSES, (double)want / bytes_s,
			       bytes_s / 1e6);
	else
		pb_session_say(
			s,
			"preconditioning writes %.2f GiB, %d times the disk; how long is not known: it read "
			"nothing in a second",
			(double)want / (1 << 30), PB_PRECONDITION_PASSES);
	rc = write_all(s, want, &written, &seconds, err);
	if (rc < 0)
		return rc;
	pb_session_say(s, "preconditioned: %lld bytes written in %.0f s, the disk has %lld",
		       (long long)written, seconds, (long long)s->disk.size_bytes);
	*result = json_pack("{s:i,s:I,s:I,s:f}", "passes", PB_PRECONDITION_PASSES, "capacity_bytes",
			    (json_int_t)s->disk.size_bytes, "written_bytes", (json_int_t)written, "seconds",
			    seconds);
	return *result ? 0 : pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
}
