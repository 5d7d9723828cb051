/*
 * The sampling thread. Bulk data stays in memory until the host fetches it,
 * so that measuring does not disturb what is measured; each file stops
 * growing at a bound. Sources that cannot be read leave their file with a header only.
 */
#include "engine/agent/telemetry.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/agent/clock.h"
#include "engine/agent/quantiles.h"
#include "engine/agent/record.h"

#define FILE_MAX ((size_t)48 << 20) /* bytes of one file; the host takes 64 MiB at most */

struct row {
	int64_t t_ns;
	struct pb_page_row r;
};

struct pb_telemetry {
	const struct pb_root *root;
	const struct pb_page *page;
	char disk[64], status[160]; /* status: scratch of pb_telemetry_status */
	struct pb_smart smart;      /* the last answer */
	bool ask_smart;
	unsigned rows_ms, rows_per_file; /* a row's time; rows for each line of the files */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* everything below */
	pthread_cond_t wake;
	bool stop;
	struct row *rows;
	size_t n_rows, cap_rows;
	struct pb_buf file[PB_GUEST_SOURCES];
	size_t header[PB_GUEST_SOURCES]; /* bytes of the file before its first row */
	struct pb_record record;
	struct pb_quantiles quantiles;
};

static void add_row(struct pb_telemetry *t, int64_t t_ns, const struct pb_page_row *r)
{
	if (t->n_rows == t->cap_rows) {
		size_t cap = t->cap_rows ? 2 * t->cap_rows : 1024;
		struct row *grown = realloc(t->rows, cap * sizeof(*grown));

		if (!grown)
			return; /* a gap in the rows: counters are cumulative, nothing is wrong with the next
				   one */
		t->rows = grown;
		t->cap_rows = cap;
	}
	t->rows[t->n_rows++] = (struct row){.t_ns = t_ns, .r = *r};
}

static void sample_engine(struct pb_telemetry *t, bool files, bool end)
{
	struct pb_page_row total, r;
	int64_t now;
	unsigned i;

	pb_page_total(t->page, &total);
	now = pb_clock_raw_ns();
	add_row(t, now, &total);
	if (files && t->file[PB_GUEST_QUANTILES].len < FILE_MAX)
		pb_quantiles_sample(&t->quantiles, t->page, total.completed, now, end,
				    &t->file[PB_GUEST_QUANTILES]);
	for (i = 0; files && i < pb_page_jobs(t->page) && t->file[PB_GUEST_ENGINE].len < FILE_MAX; i++) {
		pb_page_row(t->page, i, &r);
		pb_buf_printf(&t->file[PB_GUEST_ENGINE], "%lld,%u,%llu,%llu,%llu,%llu,%llu,%llu,%llu\n",
			      (long long)now, i, (unsigned long long)pb_page_get(&t->page->target),
			      (unsigned long long)r.submitted, (unsigned long long)r.completed,
			      (unsigned long long)r.failed, (unsigned long long)r.read_bytes,
			      (unsigned long long)r.write_bytes, (unsigned long long)r.depth_ns);
	}
}

/* With the lock held. */
static void sample(struct pb_telemetry *t, bool files, bool end)
{
	sample_engine(t, files, end);
	if (!files)
		return;
	if (t->file[PB_GUEST_INTERRUPTS].len < FILE_MAX)
		pb_record_interrupts(&t->record, t->root, &t->file[PB_GUEST_INTERRUPTS]);
	if (t->file[PB_GUEST_CPU].len < FILE_MAX)
		pb_record_cpu(&t->record, t->root, &t->file[PB_GUEST_CPU]);
	if (t->file[PB_GUEST_BLOCK].len < FILE_MAX)
		pb_record_block(t->root, t->disk, &t->file[PB_GUEST_BLOCK]);
}

static void add_ms(struct timespec *ts, unsigned ms)
{
	ts->tv_sec += ms / 1000;
	ts->tv_nsec += (long)(ms % 1000) * 1000000;
	if (ts->tv_nsec >= 1000000000) {
		ts->tv_nsec -= 1000000000;
		ts->tv_sec++;
	}
}

/* On an absolute schedule, so that a late sample does not delay the ones behind it. */
static void *run(void *arg)
{
	struct pb_telemetry *t = arg;
	struct timespec next;
	unsigned tick = 0;

	clock_gettime(CLOCK_MONOTONIC, &next);
	pthread_mutex_lock(&t->lock);
	while (!t->stop) {
		sample(t, tick++ % t->rows_per_file == 0, false);
		add_ms(&next, t->rows_ms);
		while (!t->stop && pthread_cond_timedwait(&t->wake, &t->lock, &next) != ETIMEDOUT)
			continue;
	}
	sample(t, true, true);
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

static void write_headers(struct pb_telemetry *t)
{
	pb_buf_str(&t->file[PB_GUEST_ENGINE],
		   "t_ns,job,target_depth,submitted,completed,failed,read_bytes,write_bytes,depth_ns\n");
	pb_record_begin(&t->record, t->root, &t->file[PB_GUEST_INTERRUPTS], &t->file[PB_GUEST_CPU]);
	pb_buf_str(&t->file[PB_GUEST_BLOCK], pb_record_block_header);
	pb_buf_str(&t->file[PB_GUEST_QUANTILES], pb_quantiles_header);
	pb_buf_str(&t->file[PB_GUEST_SMART], pb_smart_header);
	for (unsigned i = 0; i < PB_GUEST_SOURCES; i++)
		t->header[i] = t->file[i].len;
}

static int make_thread(struct pb_telemetry *t)
{
	pthread_condattr_t attr;
	int rc;

	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->wake, &attr);
	pthread_condattr_destroy(&attr);
	rc = pthread_create(&t->thread, NULL, run, t);
	t->started = rc == 0;
	return rc;
}

int pb_telemetry_start(struct pb_telemetry **out, const struct pb_telemetry_opts *o, struct pb_err *err)
{
	struct pb_telemetry *t = calloc(1, sizeof(*t));
	int rc;

	if (!t)
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory for telemetry");
	t->root = o->root;
	t->page = o->page;
	snprintf(t->disk, sizeof(t->disk), "%s", o->disk);
	t->rows_ms = o->rows_ms;
	t->rows_per_file = o->interval_ms > o->rows_ms ? o->interval_ms / o->rows_ms : 1;
	write_headers(t);
	snprintf(t->smart.why, sizeof(t->smart.why), "not asked");
	if (o->before)
		t->smart = *o->before;
	t->ask_smart = t->smart.ok;
	if (t->smart.ok)
		pb_smart_row(&t->smart, &t->file[PB_GUEST_SMART]);
	rc = make_thread(t);
	if (rc) {
		pb_telemetry_free(t);
		return pb_fail(err, PB_MISSING, rc, "cannot start the telemetry thread: %s", strerror(rc));
	}
	*out = t;
	return 0;
}

void pb_telemetry_stop(struct pb_telemetry *t)
{
	if (!t || !t->started)
		return;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	t->started = false;
	if (!t->ask_smart)
		return;
	pb_nvme_smart(t->root, t->disk, &t->smart);
	if (t->smart.ok)
		pb_smart_row(&t->smart, &t->file[PB_GUEST_SMART]);
}

void pb_telemetry_free(struct pb_telemetry *t)
{
	unsigned i;

	if (!t)
		return;
	pb_telemetry_stop(t);
	for (i = 0; i < PB_GUEST_SOURCES; i++)
		pb_buf_fini(&t->file[i]);
	pb_record_fini(&t->record);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->wake);
	free(t->rows);
	free(t);
}

json_t *pb_telemetry_row_json(int64_t t_ns, const struct pb_page_row *r)
{
	return json_pack("[IIIIIII]", (json_int_t)t_ns, (json_int_t)r->submitted, (json_int_t)r->completed,
			 (json_int_t)r->failed, (json_int_t)r->read_bytes, (json_int_t)r->write_bytes,
			 (json_int_t)r->depth_ns);
}

uint64_t pb_telemetry_rows(struct pb_telemetry *t, uint64_t since, size_t max, json_t *array)
{
	size_t i;

	pthread_mutex_lock(&t->lock);
	if (since > t->n_rows)
		since = t->n_rows;
	for (i = (size_t)since; i < t->n_rows && i - since < max; i++)
		json_array_append_new(array, pb_telemetry_row_json(t->rows[i].t_ns, &t->rows[i].r));
	pthread_mutex_unlock(&t->lock);
	return i;
}

static bool can_record(const struct pb_root *root, const char *disk, enum pb_guest_source_id i)
{
	struct pb_buf text = {0};
	bool ok;

	switch (i) {
	case PB_GUEST_INTERRUPTS:
		return pb_root_exists(root, "/proc/interrupts");
	case PB_GUEST_CPU:
		return pb_root_exists(root, "/proc/stat");
	case PB_GUEST_BLOCK:
		ok = pb_record_block(root, disk, &text);
		pb_buf_fini(&text);
		return ok;
	default:
		return true;
	}
}

json_t *pb_telemetry_probe(const struct pb_root *root, const char *disk)
{
	json_t *list = json_array();
	struct pb_smart smart;
	unsigned i;

	pb_nvme_smart(root, disk, &smart);
	for (i = 0; i < PB_GUEST_SOURCES; i++) {
		bool ok = i == PB_GUEST_SMART ? smart.ok : can_record(root, disk, (enum pb_guest_source_id)i);
		char status[200];

		snprintf(status, sizeof(status), "unavailable: %s%s",
			 i == PB_GUEST_SMART ? smart.why : "cannot read ",
			 i == PB_GUEST_SMART ? "" : pb_guest_sources[i].source);
		json_array_append_new(list, json_pack("{s:s,s:s}", "name", pb_guest_sources[i].name, "status",
						      ok ? "ok" : status));
	}
	return list;
}

const char *pb_telemetry_status(struct pb_telemetry *t, enum pb_guest_source_id i)
{
	bool rows;

	pthread_mutex_lock(&t->lock);
	rows = t->file[i].len > t->header[i];
	pthread_mutex_unlock(&t->lock);
	if (rows)
		return "ok";
	if (i == PB_GUEST_SMART)
		snprintf(t->status, sizeof(t->status), "unavailable: %s", t->smart.why);
	else
		snprintf(t->status, sizeof(t->status), "unavailable: cannot read %s",
			 pb_guest_sources[i].source);
	return t->status;
}

size_t pb_telemetry_size(struct pb_telemetry *t, unsigned i)
{
	size_t len;

	pthread_mutex_lock(&t->lock);
	len = t->file[i].len;
	pthread_mutex_unlock(&t->lock);
	return len;
}

int pb_telemetry_read(struct pb_telemetry *t, unsigned i, size_t offset, size_t max, struct pb_buf *out)
{
	int rc = 0;

	pthread_mutex_lock(&t->lock);
	if (offset < t->file[i].len) {
		size_t left = t->file[i].len - offset;

		rc = pb_buf_add(out, t->file[i].data + offset, left < max ? left : max);
	}
	pthread_mutex_unlock(&t->lock);
	return rc;
}
