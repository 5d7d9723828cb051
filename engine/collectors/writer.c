/*
 * Writer thread of the sampler. It touches no counters and opens no files: it
 * formats and lets stdio write. Write errors stay in the stream and are reported when the file is committed.
 */
#include "engine/collectors/writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define QUEUE_BYTES_MAX                                                                                      \
	((size_t)64 << 20) /* minutes of rows; a disk that hangs longer loses rows, not memory */

struct item {
	struct item *next;
	struct pb_rows *rows;
	size_t ncols, bytes;
	const struct pb_collector *c;
	FILE *f;
};

struct pb_writer {
	const struct pb_watch *watch;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct item *head, **tail; /* full chunks, oldest first */
	struct item *free;         /* written chunks, to be used again */
	size_t queued_bytes;
	bool done;
	int64_t cpu_ns;
};

static struct item *take(struct pb_writer *w)
{
	struct item *i;

	pthread_mutex_lock(&w->lock);
	while (!w->head && !w->done)
		pthread_cond_wait(&w->wake, &w->lock);
	i = w->head;
	if (i) {
		w->head = i->next;
		if (!w->head)
			w->tail = &w->head;
	}
	pthread_mutex_unlock(&w->lock);
	return i;
}

static void put_back(struct pb_writer *w, struct item *i)
{
	pthread_mutex_lock(&w->lock);
	w->queued_bytes -= i->bytes;
	i->next = w->free;
	w->free = i;
	pthread_mutex_unlock(&w->lock);
}

static void *writer_main(void *arg)
{
	struct pb_writer *w = arg;
	struct timespec ts;
	struct item *i;

	while ((i = take(w))) {
		struct pb_csv csv = {.f = i->f};

		if (i->f)
			pb_rows_write(i->rows, &csv);
		if (w->watch && w->watch->rows)
			w->watch->rows(w->watch->arg, i->c, i->rows);
		pb_rows_clear(i->rows);
		put_back(w, i);
	}
	if (!clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts))
		w->cpu_ns = (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
	return NULL;
}

int pb_writer_start(struct pb_writer **w, const struct pb_watch *watch)
{
	struct pb_writer *x = calloc(1, sizeof(*x));
	sigset_t all, old;
	int rc;

	if (!x)
		return -ENOMEM;
	x->watch = watch;
	x->tail = &x->head;
	pthread_mutex_init(&x->lock, NULL);
	pthread_cond_init(&x->wake, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&x->thread, NULL, writer_main, x);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc) {
		pthread_cond_destroy(&x->wake);
		pthread_mutex_destroy(&x->lock);
		free(x);
		return -rc;
	}
	*w = x;
	return 0;
}

/* A written chunk with as many columns, taken off the free list; a new one when there is none. */
static struct item *empty_item(struct pb_writer *w, size_t ncols)
{
	struct item *i;

	for (struct item **p = &w->free; *p; p = &(*p)->next)
		if ((*p)->ncols == ncols) {
			i = *p;
			*p = i->next;
			return i;
		}
	i = calloc(1, sizeof(*i));
	if (i)
		i->rows = pb_rows_new(ncols);
	if (i && i->rows)
		return i;
	free(i);
	return NULL;
}

void pb_writer_move(struct pb_writer *w, const cpu_set_t *cpus, size_t size)
{
	pthread_setaffinity_np(w->thread, size, cpus);
}

struct pb_rows *pb_writer_give(struct pb_writer *w, FILE *f, const struct pb_collector *c,
			       struct pb_rows *rows, size_t ncols, uint64_t *dropped)
{
	size_t bytes = pb_rows_bytes(rows);
	struct pb_rows *fresh = NULL;
	struct item *i;

	pthread_mutex_lock(&w->lock);
	if (w->queued_bytes + bytes > QUEUE_BYTES_MAX) {
		*dropped += pb_rows_count(rows);
		pb_rows_clear(rows);
		fresh = rows;
	} else {
		i = empty_item(w, ncols);
		if (i) {
			fresh = i->rows;
			*i = (struct item){.rows = rows, .ncols = ncols, .bytes = bytes, .c = c, .f = f};
			*w->tail = i;
			w->tail = &i->next;
			w->queued_bytes += bytes;
			pthread_cond_signal(&w->wake);
		}
	}
	pthread_mutex_unlock(&w->lock);
	return fresh;
}

void pb_writer_stop(struct pb_writer *w, int64_t *cpu_ns)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->done = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	if (cpu_ns)
		*cpu_ns = w->cpu_ns;
	while (w->free) {
		struct item *i = w->free;

		w->free = i->next;
		pb_rows_free(i->rows);
		free(i);
	}
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
