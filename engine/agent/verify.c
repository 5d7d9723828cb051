/*
 * One thread walks the passes; for each it lets workers take spans of 64 KiB
 * in a scattered order, cut into I/Os of 4 to 64 KiB. The order and the sizes
 * follow from the seed. A failed write ends everything: what the disk holds
 * is unknown then. A failed read is a bad block like any other.
 */
#include "engine/agent/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bad {
	uint64_t lba;
	uint32_t pass;
	const char *kind;
	char found[80];
};

struct pb_verify {
	struct pb_verify_job job;
	int fd;
	uint64_t spans, stride; /* span i of a pass is (i * stride) % spans */
	pthread_t walker;
	atomic_bool cancel;
	atomic_uint_fast64_t next_span, done_bytes;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t news;  /* `recorded` grew, or it was cancelled */
	bool running, writing;
	uint32_t pass, synced; /* being done; written and flushed */
	uint32_t recorded;     /* the last flushed pass that the host has written down */
	uint64_t kinds[PB_STAMP_KINDS], unreadable, checked;
	struct bad *bad;
	size_t n_bad;
	char error[160];
};

static void set_error(struct pb_verify *v, const char *what, uint64_t offset, int errnum)
{
	pthread_mutex_lock(&v->lock);
	if (!v->error[0])
		snprintf(v->error, sizeof(v->error), "%s at byte %llu failed: %s", what,
			 (unsigned long long)offset, strerror(errnum));
	pthread_mutex_unlock(&v->lock);
	atomic_store(&v->cancel, true);
}

static void add_bad(struct pb_verify *v, uint64_t lba, uint32_t pass, const char *kind, const char *found)
{
	struct bad *b;

	if (v->n_bad == PB_VERIFY_BAD_MAX)
		return;
	b = &v->bad[v->n_bad++];
	b->lba = lba;
	b->pass = pass;
	b->kind = kind;
	snprintf(b->found, sizeof(b->found), "%s", found);
}

/* All of len at offset. 0 or an errno; a short transfer that does not go on is EIO. */
static int transfer(int fd, bool write, unsigned char *buf, size_t len, uint64_t offset)
{
	size_t done = 0;

	while (done < len) {
		off_t at = (off_t)(offset + done);
		ssize_t n = write ? pwrite(fd, buf + done, len - done, at)
				  : pread(fd, buf + done, len - done, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EIO;
		done += (size_t)n;
	}
	return 0;
}

static void check_blocks(struct pb_verify *v, const unsigned char *buf, size_t len, struct pb_stamp s)
{
	uint32_t oldest = v->job.write ? s.pass : v->job.oldest;
	char found[80] = "";

	for (size_t at = 0; at < len; at += PB_STAMP_BLOCK, s.lba += PB_STAMP_SECTORS) {
		enum pb_stamp_kind kind = pb_stamp_check(buf + at, &s, oldest, found, sizeof(found));

		pthread_mutex_lock(&v->lock);
		v->checked++;
		v->kinds[kind]++;
		if (kind != PB_STAMP_GOOD)
			add_bad(v, s.lba, s.pass, pb_stamp_names[kind], found);
		pthread_mutex_unlock(&v->lock);
	}
}

/* A read failed: block by block, to know which. */
static void read_blocks(struct pb_verify *v, unsigned char *buf, size_t len, uint64_t offset,
			struct pb_stamp s)
{
	int rc;

	for (size_t at = 0; at < len && !atomic_load(&v->cancel); at += PB_STAMP_BLOCK) {
		s.lba = (offset + at) / PB_STAMP_SECTOR;
		rc = transfer(v->fd, false, buf, PB_STAMP_BLOCK, offset + at);
		if (!rc) {
			check_blocks(v, buf, PB_STAMP_BLOCK, s);
			continue;
		}
		pthread_mutex_lock(&v->lock);
		v->checked++;
		v->unreadable++;
		add_bad(v, s.lba, s.pass, "unreadable", strerror(rc));
		pthread_mutex_unlock(&v->lock);
	}
}

static void one_io(struct pb_verify *v, unsigned char *buf, size_t len, uint64_t offset)
{
	struct pb_stamp s = {
		.run = v->job.run, .seed = v->job.seed, .lba = offset / PB_STAMP_SECTOR, .pass = v->pass};
	int rc;

	for (size_t at = 0; at < len && v->writing; at += PB_STAMP_BLOCK, s.lba += PB_STAMP_SECTORS)
		pb_stamp_fill(buf + at, &s);
	rc = transfer(v->fd, v->writing, buf, len, offset);
	s.lba = offset / PB_STAMP_SECTOR;
	if (rc && v->writing)
		set_error(v, "writing", offset, rc);
	else if (rc)
		read_blocks(v, buf, len, offset, s);
	else if (!v->writing)
		check_blocks(v, buf, len, s);
	atomic_fetch_add(&v->done_bytes, len);
}

/* pass and writing do not change while workers run. */
static void *work(void *arg)
{
	struct pb_verify *v = arg;
	unsigned char *buf = aligned_alloc(PB_STAMP_BLOCK, PB_VERIFY_SPAN);

	if (!buf) {
		set_error(v, "getting memory", 0, ENOMEM);
		return NULL;
	}
	while (!atomic_load(&v->cancel)) {
		uint64_t i = atomic_fetch_add(&v->next_span, 1), start;
		size_t len;

		if (i >= v->spans)
			break;
		start = (uint64_t)((unsigned __int128)i * v->stride % v->spans) * PB_VERIFY_SPAN;
		/* 4, 8, 16, 32 or 64 KiB, another one in each pass and for reading */
		len = (size_t)PB_STAMP_BLOCK << (i + v->pass + (v->writing ? 2u : 0u) + v->job.seed) % 5;
		for (size_t at = 0; at < PB_VERIFY_SPAN && !atomic_load(&v->cancel); at += len)
			one_io(v, buf, len, start + at);
	}
	free(buf);
	return NULL;
}

/* One pass in one direction. */
static void sweep(struct pb_verify *v, uint32_t pass, bool writing)
{
	pthread_t id[PB_VERIFY_THREADS_MAX];
	unsigned n = 0;
	int rc = 0;

	pthread_mutex_lock(&v->lock);
	v->pass = pass;
	v->writing = writing;
	pthread_mutex_unlock(&v->lock);
	atomic_store(&v->next_span, 0);
	while (n < v->job.threads && !rc) {
		rc = pthread_create(&id[n], NULL, work, v);
		n += !rc;
	}
	if (!n)
		set_error(v, "starting a thread", 0, rc);
	while (n)
		pthread_join(id[--n], NULL);
	if (!writing || atomic_load(&v->cancel))
		return;
	if (fdatasync(v->fd)) {
		set_error(v, "flushing", 0, errno);
		return;
	}
	pthread_mutex_lock(&v->lock);
	v->synced = pass;
	pthread_mutex_unlock(&v->lock);
}

/* A pass is only overwritten when the host knows that it was whole: a crash may come at any time. */
static void await_record(struct pb_verify *v, uint32_t pass)
{
	pthread_mutex_lock(&v->lock);
	while (v->recorded < pass && !atomic_load(&v->cancel))
		pthread_cond_wait(&v->news, &v->lock);
	pthread_mutex_unlock(&v->lock);
}

static void *walk(void *arg)
{
	struct pb_verify *v = arg;

	for (uint32_t pass = v->job.write ? 1 : v->job.passes;
	     pass <= v->job.passes && !atomic_load(&v->cancel); pass++) {
		if (v->job.write) {
			await_record(v, pass - 1);
			sweep(v, pass, true);
		}
		if (v->job.read && !atomic_load(&v->cancel))
			sweep(v, pass, false);
	}
	pthread_mutex_lock(&v->lock);
	v->running = false;
	pthread_mutex_unlock(&v->lock);
	return NULL;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t t = a % b;

		a = b;
		b = t;
	}
	return a;
}

/* About the golden section of n, and coprime to it: visits all, neighbours far apart. */
static uint64_t find_stride(uint64_t n)
{
	uint64_t s = n * 5 / 8 + 1;

	while (gcd(s, n) != 1)
		s++;
	return s;
}

int pb_verify_start(struct pb_verify **out, const struct pb_verify_job *job, struct pb_err *err)
{
	struct pb_verify *v = calloc(1, sizeof(*v));
	int flags = (job->write ? O_RDWR : O_RDONLY) | O_DIRECT | O_EXCL | O_CLOEXEC, rc;

	if (v)
		v->bad = calloc(PB_VERIFY_BAD_MAX, sizeof(*v->bad));
	if (!v || !v->bad) {
		free(v);
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory to verify a disk");
	}
	v->job = *job;
	v->job.path = NULL; /* the caller's */
	v->spans = job->size_bytes / PB_VERIFY_SPAN;
	v->stride = find_stride(v->spans);
	v->running = true;
	pthread_mutex_init(&v->lock, NULL);
	pthread_cond_init(&v->news, NULL);
	v->fd = open(job->path, flags);
	if (v->fd < 0)
		rc = pb_fail(err, errno == EBUSY ? PB_UNSAFE : PB_MISSING, errno,
			     "cannot open %s exclusively: %s; nothing was written", job->path,
			     strerror(errno));
	else
		rc = -pthread_create(&v->walker, NULL, walk, v);
	if (rc == 0) {
		*out = v;
		return 0;
	}
	if (v->fd >= 0) {
		close(v->fd);
		rc = pb_fail(err, PB_MISSING, -rc, "cannot start a thread: %s", strerror(-rc));
	}
	pthread_mutex_destroy(&v->lock);
	free(v->bad);
	free(v);
	return rc;
}

void pb_verify_recorded(struct pb_verify *v, uint32_t pass)
{
	pthread_mutex_lock(&v->lock);
	v->recorded = pass;
	pthread_cond_signal(&v->news);
	pthread_mutex_unlock(&v->lock);
}

void pb_verify_status(struct pb_verify *v, json_t *reply)
{
	unsigned sweeps = (v->job.write ? v->job.passes : 1) * (v->job.write && v->job.read ? 2 : 1);
	json_t *counts = json_object();

	pthread_mutex_lock(&v->lock);
	for (unsigned k = PB_STAMP_GOOD + 1; k < PB_STAMP_KINDS; k++)
		json_object_set_new(counts, pb_stamp_names[k], json_integer((json_int_t)v->kinds[k]));
	json_object_set_new(counts, "unreadable", json_integer((json_int_t)v->unreadable));
	json_object_set_new(reply, "running", json_boolean(v->running));
	json_object_set_new(reply, "phase", json_string(v->writing ? "write" : "read"));
	json_object_set_new(reply, "pass", json_integer(v->pass));
	json_object_set_new(reply, "synced", json_integer(v->synced));
	json_object_set_new(reply, "checked_blocks", json_integer((json_int_t)v->checked));
	json_object_set_new(reply, "error", v->error[0] ? json_string(v->error) : json_null());
	pthread_mutex_unlock(&v->lock);
	json_object_set_new(reply, "counts", counts);
	json_object_set_new(reply, "done_bytes", json_integer((json_int_t)atomic_load(&v->done_bytes)));
	json_object_set_new(reply, "total_bytes",
			    json_integer((json_int_t)(v->spans * PB_VERIFY_SPAN * sweeps)));
}

void pb_verify_bad(struct pb_verify *v, size_t since, size_t max, json_t *reply)
{
	json_t *list = json_array();
	size_t i = since;

	pthread_mutex_lock(&v->lock);
	for (; i < v->n_bad && i - since < max; i++)
		json_array_append_new(list,
				      json_pack("[I,I,s,s]", (json_int_t)v->bad[i].lba,
						(json_int_t)v->bad[i].pass, v->bad[i].kind, v->bad[i].found));
	pthread_mutex_unlock(&v->lock);
	json_object_set_new(reply, "bad", list);
	json_object_set_new(reply, "next", json_integer((json_int_t)i));
}

void pb_verify_free(struct pb_verify *v)
{
	if (!v)
		return;
	pthread_mutex_lock(&v->lock);
	atomic_store(&v->cancel, true);
	pthread_cond_signal(&v->news);
	pthread_mutex_unlock(&v->lock);
	pthread_join(v->walker, NULL);
	close(v->fd);
	pthread_cond_destroy(&v->news);
	pthread_mutex_destroy(&v->lock);
	free(v->bad);
	free(v);
}
