/*
 * The engine's side of the shared page: finding it, claiming a slot, working
 * out the job's share of the target, counting. Nothing here makes a system
 * call or takes a lock once the slot is claimed.
 */
#ifndef PB_IOENGINE_SLOT_H
#define PB_IOENGINE_SLOT_H

#include "engine/ioengine/passthru.h"

/*
 * Maps the page at `path` (NULL: a private one) and claims a slot in it. 0, or 1 after telling fio why not.
 */
int pb_slot_open(struct thread_data *td, struct pb_job *job, const char *path);
/* Gives the share of the target back and unmaps the page. */
void pb_slot_close(struct pb_job *job);

/* Works `limit` out anew. Called when the page's generation or members changed. */
void pb_slot_retarget(struct pb_job *job);
/* The job cannot hold more than `cap`. */
void pb_slot_cap(struct pb_job *job, unsigned cap);
/* Reads fio's clock itself, and every 100 ms how far CLOCK_MONOTONIC_RAW, which readers of the page know, is
 * ahead of it. */
uint64_t pb_slot_sync(struct pb_job *job);

static inline uint64_t pb_ts_ns(const struct timespec *ts)
{
	return (uint64_t)ts->tv_sec * 1000000000u + (uint64_t)ts->tv_nsec;
}

/* Now, on fio's clock, in ns. */
static inline uint64_t pb_slot_now(struct pb_job *job)
{
	uint64_t now_ns = pb_ticks_now(&job->ticks);

	return __builtin_expect(now_ns != 0, 1) ? now_ns : pb_slot_sync(job);
}

static inline bool pb_slot_stale(const struct pb_job *job)
{
	return pb_page_get(&job->page->generation) != job->generation ||
	       pb_page_get(&job->page->members) != job->members;
}

/* At now_ns the number in flight changes by `more`. */
static inline void pb_slot_depth(struct pb_job *job, int more, uint64_t now_ns)
{
	struct pb_page_job *slot = job->slot;
	uint64_t depth_ns = pb_page_get(&slot->depth_ns), last_ns = job->last_ns;
	unsigned inflight = job->inflight;

	if (__builtin_expect(now_ns > last_ns, 1)) {
		depth_ns += inflight * (now_ns - last_ns);
		last_ns = now_ns;
		job->last_ns = last_ns;
	}
	inflight += (unsigned)more;
	job->inflight = inflight;
	pb_page_put_depth(slot, inflight, depth_ns, last_ns + job->raw_offset);
}

/*
 * An I/O failed: counted as nothing else, and described while there is room. A steered job goes on, whatever
 * the error; fio itself would do so after EIO only, so that is what it hears. The page has the real one.
 */
static inline void pb_slot_fail(struct pb_job *job, struct io_u *io_u, unsigned error)
{
	const struct pb_page_fault fault = {
		.t_ns = job->last_ns + job->raw_offset,
		.error = error,
		.dir = io_u->ddir <= DDIR_TRIM ? (uint64_t)io_u->ddir : PB_PAGE_FLUSH,
		.offset = ddir_sync(io_u->ddir) ? 0 : io_u->offset,
		.bytes = ddir_sync(io_u->ddir) ? 0 : io_u->xfer_buflen,
	};

	pb_page_fail(job->slot, &fault);
	io_u->error = job->shared ? EIO : error;
}

/* Takes the I/O back that queue() has just accepted: it cannot be done. For backends. */
static inline enum fio_q_status pb_slot_refuse(struct pb_job *job, struct io_u *io_u, unsigned error)
{
	job->n_queued--;
	job->held--;
	pb_slot_fail(job, io_u, error);
	return FIO_Q_COMPLETED;
}

/* A read, write or trim of `bytes` ended well, lat_ns after its submission. */
static inline void pb_slot_complete(struct pb_page_job *slot, enum fio_ddir dir, uint64_t bytes,
				    uint64_t lat_ns)
{
	pb_page_add(&slot->completed, 1);
	pb_page_add(&slot->bytes[dir], bytes);
	pb_page_add(&slot->lat[dir][pb_hist_bin(lat_ns)], 1);
}

#endif
