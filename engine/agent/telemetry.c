/*
 * The sampling thread. Bulk data stays in memory until the host fetches it,
 * so that measuring does not disturb what is measured; each file stops
 * growing at a bound. Sources that cannot be read leave their file with a header only.
 */
#include "engine/agent/telemetry.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/agent/clock.h"
#include "engine/agent/record.h"

#define FILE_MAX ((size_t)48 << 20) /* bytes of one file; the host takes 64 MiB at most */

enum { ENGINE, INTERRUPTS, CPU };
const char *const pb_telemetry_names[PB_TELEMETRY_FILES] = {"engine.csv", "interrupts.csv", "cpu.csv"};

struct row {
	int64_t t_ns;
	struct pb_page_row r;
};

struct pb_telemetry {
	const struct pb_root *root;
	const struct pb_page *page;
	unsigned rows_ms, rows_per_file; /* a row's time; rows for each line of the files */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* everything below */
	pthread_cond_t wake;
	bool stop;
	struct row *rows;
	size_t n_rows, cap_rows;
	struct pb_buf file[PB_TELEMETRY_FILES];
	struct pb_record record;
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

static void sample_engine(struct pb_telemetry *t, bool files)
{
	struct pb_page_row total, r;
	int64_t now;
	unsigned i;

	pb_page_total(t->page, &total);
	now = pb_clock_raw_ns();
	add_row(t, now, &total);
	for (i = 0; files && i < pb_page_jobs(t->page) && t->file[ENGINE].len < FILE_MAX; i++) {
		pb_page_row(t->page, i, &r);
		pb_buf_printf(&t->file[ENGINE], "%lld,%u,%llu,%llu,%llu,%llu,%llu,%llu,%llu\n",
			      (long long)now, i, (unsigned long long)pb_page_get(&t->page->target),
			      (unsigned long long)r.submitted, (unsigned long long)r.completed,
			      (unsigned long long)r.failed, (unsigned long long)r.read_bytes,
			      (unsigned long long)r.write_bytes, (unsigned long long)r.depth_ns);
	}
}

/* With the lock held. */
static void sample(struct pb_telemetry *t, bool files)
{
	sample_engine(t, files);
	if (!files)
		return;
	if (t->file[INTERRUPTS].len < FILE_MAX)
		pb_record_interrupts(&t->record, t->root, &t->file[INTERRUPTS]);
	if (t->file[CPU].len < FILE_MAX)
		pb_record_cpu(&t->record, t->root, &t->file[CPU]);
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
		sample(t, tick++ % t->rows_per_file == 0);
		add_ms(&next, t->rows_ms);
		while (!t->stop && pthread_cond_timedwait(&t->wake, &t->lock, &next) != ETIMEDOUT)
			continue;
	}
	sample(t, true);
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

int pb_telemetry_start(struct pb_telemetry **out, const struct pb_root *root, const struct pb_page *page,
		       unsigned interval_ms, unsigned rows_ms, struct pb_err *err)
{
	struct pb_telemetry *t = calloc(1, sizeof(*t));
	pthread_condattr_t attr;
	int rc;

	if (!t)
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory for telemetry");
	t->root = root;
	t->page = page;
	t->rows_ms = rows_ms;
	t->rows_per_file = interval_ms > rows_ms ? interval_ms / rows_ms : 1;
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->wake, &attr);
	pthread_condattr_destroy(&attr);
	pb_buf_str(&t->file[ENGINE],
		   "t_ns,job,target_depth,submitted,completed,failed,read_bytes,write_bytes,depth_ns\n");
	pb_record_begin(&t->record, root, &t->file[INTERRUPTS], &t->file[CPU]);
	rc = pthread_create(&t->thread, NULL, run, t);
	if (rc) {
		pb_telemetry_free(t);
		return pb_fail(err, PB_MISSING, rc, "cannot start the telemetry thread: %s", strerror(rc));
	}
	t->started = true;
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
}

void pb_telemetry_free(struct pb_telemetry *t)
{
	unsigned i;

	if (!t)
		return;
	pb_telemetry_stop(t);
	for (i = 0; i < PB_TELEMETRY_FILES; i++)
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
