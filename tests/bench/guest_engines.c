/*
 * IOPS of passthru and of fio's own io_uring on one disk in one guest: the same fio, the same job but for the
 * engine's lines, one after the other in alternating order. Both numbers are what fio itself reports. Prints
 * one line per depth and comparison; keeps nothing.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"
#include "engine/run/session.h"
#include "engine/run/host/stop.h"

#define PAIRS_MAX 99
#define WINDOW "700ms"
#define POLL_MS 100
#define END_MS 60000 /* a window that takes longer than this has hung */
#define ASK_MS 60000

static const struct contender {
	const char *engine, *lines, *label;
} contenders[] = {
	{"passthru", "page=${PASSBENCH_PAGE}\nbackend=${PASSBENCH_BACKEND}\n", "passthru"},
	{"io_uring", "", "io_uring"},
	{"io_uring", "fixedbufs=1\nregisterfiles=1\n", "io_uring,fixedbufs,registerfiles"},
};

#define N_CONTENDERS (sizeof(contenders) / sizeof(contenders[0]))

static int start(struct pb_session *s, const struct contender *c, unsigned depth, struct pb_err *err)
{
	json_t *disk = NULL, *fields;
	char job[1024];
	int rc = pb_session_guest_disk(s, &disk, err);

	if (rc < 0)
		return rc;
	snprintf(job, sizeof(job),
		 "[bench]\nioengine=${PASSBENCH_ENGINE}\n%sfilename=${PASSBENCH_DISK}\nrw=randread\nbs=4k\n"
		 "iodepth=%u\ndirect=1\nthread=1\nnorandommap=1\ntime_based=1\nramp_time=200ms\nruntime=%s\n",
		 c->lines, depth, WINDOW);
	fields = json_pack("{s:s,s:o,s:i,s:i,s:i,s:s}", "job", job, "disk", disk, "iodepth_max", (int)depth,
			   "depth", (int)depth, "interval_ms", 100, "engine", c->engine);
	return pb_conn_ask(&s->guest.conn, "start", fields, ASK_MS, NULL, err);
}

/* Until fio has ended by itself, and that it ended well. */
static int wait_end(struct pb_session *s, struct pb_err *err)
{
	struct pb_row *rows = NULL;
	int64_t next = 0;
	size_t n = 0;
	bool running = true;
	json_t *reply = NULL;
	int waited, rc = 0;

	for (waited = 0; rc == 0 && running && waited < END_MS; waited += POLL_MS) {
		pb_stop_sleep_ms(POLL_MS);
		rc = pb_stop_check(err);
		rc = rc < 0 ? rc : pb_agent_rows(&s->guest.conn, &next, &rows, &n, &running, err);
	}
	free(rows);
	rc = rc < 0 ? rc : pb_conn_ask(&s->guest.conn, "stop", NULL, ASK_MS, &reply, err);
	if (rc == 0 && (running || pb_json_i64(reply, "exit", -1) != 0))
		rc = pb_fail(err, PB_INVALID, EIO, "fio did not end well in the guest: %.400s",
			     pb_json_str(reply, "error", "it did not end"));
	json_decref(reply);
	return rc;
}

static int read_iops(struct pb_session *s, double *iops, struct pb_err *err)
{
	struct pb_buf text = {0};
	json_t *j = NULL, *job;
	int rc = pb_agent_fetch(&s->guest.conn, "fio.json", &text, err);

	rc = rc < 0 ? rc : pb_json_parse(&j, text.data ? text.data : "", text.len, "fio.json", err);
	job = json_array_get(json_object_get(j, "jobs"), 0);
	*iops = json_number_value(json_object_get(json_object_get(job, "read"), "iops"));
	if (rc == 0 && !(*iops > 0))
		rc = pb_fail(err, PB_INVALID, EIO, "fio reports no reads");
	json_decref(j);
	pb_buf_fini(&text);
	return rc;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_ratio(unsigned depth, const char *label, double *ratio, unsigned pairs)
{
	qsort(ratio, pairs, sizeof(*ratio), by_value);
	printf("depth %3u: passthru / %-32s median %.3f (%.3f..%.3f, %u rounds)\n", depth, label,
	       ratio[pairs / 2], ratio[0], ratio[pairs - 1], pairs);
	fflush(stdout);
}

static int compare(struct pb_session *s, unsigned depth, unsigned pairs, struct pb_err *err)
{
	double iops[N_CONTENDERS], ratio[N_CONTENDERS][PAIRS_MAX];

	for (unsigned pair = 0; pair < pairs; pair++) {
		for (size_t i = 0; i < N_CONTENDERS; i++) {
			size_t which = pair % 2 ? N_CONTENDERS - 1 - i : i;
			int rc = start(s, &contenders[which], depth, err);

			rc = rc < 0 ? rc : wait_end(s, err);
			rc = rc < 0 ? rc : read_iops(s, &iops[which], err);
			if (rc < 0)
				return rc;
		}
		for (size_t i = 1; i < N_CONTENDERS; i++)
			ratio[i][pair] = iops[0] / iops[i];
	}
	printf("depth %3u: the last round's reads/s: passthru %.0f, io_uring %.0f, with both options %.0f\n",
	       depth, iops[0], iops[1], iops[2]);
	for (size_t i = 1; i < N_CONTENDERS; i++)
		print_ratio(depth, contenders[i].label, ratio[i], pairs);
	return 0;
}

/* DISK GUEST PAIRS DIR */
int main(int argc, char **argv)
{
	static const unsigned depths[] = {1, 16, 64};
	struct pb_root root = {.fd = -1};
	struct pb_err err = PB_ERR_INIT;
	struct pb_session s;
	long pairs = argc == 5 ? strtol(argv[3], NULL, 10) : 0;
	int rc;

	if (pairs < 1 || pairs > PAIRS_MAX) {
		fprintf(stderr, "usage: guest_engines DISK GUEST PAIRS DIR\n");
		return PB_USAGE;
	}
	rc = pb_root_open(&root, "/", &err);
	if (rc == 0) {
		struct pb_session_opts o = {.root = &root,
					    .disk = argv[1],
					    .guest = argv[2],
					    .out = argv[4],
					    .no_fio = "guest_engines",
					    .interval_ns = 100000000,
					    .argc = argc,
					    .argv = argv};

		rc = pb_session_open(&s, &o, &err);
		if (rc == 0) {
			for (size_t i = 0; i < 3 && rc == 0; i++)
				rc = compare(&s, depths[i], (unsigned)pairs, &err);
			rc = pb_session_close(&s, rc, NULL, &err);
		}
	}
	pb_root_close(&root);
	if (rc < 0)
		fprintf(stderr, "guest_engines: %s\n", err.msg);
	return rc < 0 ? (int)err.status : 0;
}
