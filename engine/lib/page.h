/*
 * The engine's shared page: a small file on tmpfs through which one running
 * fio job becomes a whole depth curve. The agent creates it and writes the
 * control words; the engine adds to the counters; nobody resets anything, a
 * reader takes two snapshots and subtracts. Header-only, because the engine
 * may include nothing else; reading a foreign page is page_read.h.
 *
 * Every word is 64 bits, little-endian as on the machine, and accessed with
 * relaxed atomics: each is exact on its own, and words read together may be
 * apart by the I/Os of the moment of reading.
 */
#ifndef PB_LIB_PAGE_H
#define PB_LIB_PAGE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/lib/hist.h"

#define PB_PAGE_MAGIC 0x0031454741504250ull /* "PBPAGE1" and a zero byte in memory */
#define PB_PAGE_VERSION 3u
#define PB_PAGE_JOBS 64u /* job slots: one per fio job (numjobs counts) */
#define PB_PAGE_DIRS 3u  /* fio's data directions: read, write, trim */
#define PB_PAGE_FAULTS                                                                                       \
	16u /* failed I/Os that a job describes: the first ones, the others are only counted                 \
	     */

/* Flushes only occur as faults: they move no bytes and have no histogram. */
enum pb_page_dir { PB_PAGE_READ, PB_PAGE_WRITE, PB_PAGE_TRIM, PB_PAGE_FLUSH };

/* Running jobs share the target. */
enum pb_page_state { PB_PAGE_UNUSED, PB_PAGE_RUNNING, PB_PAGE_ENDED };

/* One failed I/O: when (CLOCK_MONOTONIC_RAW), errno, what (enum pb_page_dir), and which bytes of the disk. */
struct pb_page_fault {
	uint64_t t_ns, error, dir, offset, bytes;
};

/* One fio job; written by that job's thread alone, read by anyone. Cumulative. */
struct pb_page_job {
	uint64_t state;               /* enum pb_page_state */
	uint64_t iodepth;             /* the job's own limit */
	uint64_t inflight;            /* I/Os between submission and completion now, flushes too: see below */
	uint64_t submitted;           /* reads, writes and trims handed to the kernel */
	uint64_t completed;           /* those that moved all their bytes */
	uint64_t failed;              /* those that ended with an error or short, and failed flushes */
	uint64_t bytes[PB_PAGE_DIRS]; /* of completed I/Os */
	uint64_t depth_ns;            /* integral of `inflight` over time, up to changed_ns */
	uint64_t changed_ns;          /* CLOCK_MONOTONIC_RAW of the last change of `inflight` */
	uint64_t seq;                 /* odd while inflight, depth_ns and changed_ns are being written */
	char backend[32];             /* how it does I/O, zero-terminated: "uring" or "uring,iopoll" */
	char backend_why[128];        /* why this one, zero-terminated */
	/* Issue (with a rate: planned issue) to completion, fio's bins (hist.h); completed I/Os. */
	uint64_t lat[PB_PAGE_DIRS][PB_HIST_BINS];
	struct pb_page_fault fault[PB_PAGE_FAULTS]; /* in order; `failed` or all of them are filled */
};

struct pb_page {
	/* Written once by whoever creates the page. */
	uint64_t magic;
	uint64_t version;
	uint64_t size; /* of the whole struct */
	/* Control, written by the agent. The engine only ever clamps: a job runs at 1..iodepth. */
	uint64_t target;     /* I/Os to keep in flight, all jobs together; 0 = as many as the jobs allow */
	uint64_t generation; /* grows by one after every change of target */
	uint64_t pad_control[3];
	/* Written by the engine. */
	uint64_t claimed; /* job slots handed out (may exceed PB_PAGE_JOBS: those jobs are refused) */
	uint64_t members; /* grows by one when a job starts or ends: shares of the target are worked out anew
			   */
	uint64_t pad_engine[6];
	struct pb_page_job job[PB_PAGE_JOBS];
};

_Static_assert(offsetof(struct pb_page, job) % 64 == 0, "job slots start on a cache line");
_Static_assert(sizeof(struct pb_page_job) % 64 == 0, "job slots do not share a cache line");

static inline uint64_t pb_page_get(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline void pb_page_set(uint64_t *word, uint64_t v)
{
	__atomic_store_n(word, v, __ATOMIC_RELAXED);
}

/* For words with a single writer: a plain add with atomic halves, no locked instruction. */
static inline void pb_page_add(uint64_t *word, uint64_t v)
{
	pb_page_set(word, pb_page_get(word) + v);
}

/*
 * inflight, depth_ns and changed_ns belong together: a disk that has stopped answering changes none of them,
 * and its depth goes on as inflight * (now - changed_ns). One writer, a sequence number, no locked
 * instruction.
 */
static inline void pb_page_put_depth(struct pb_page_job *j, uint64_t inflight, uint64_t depth_ns,
				     uint64_t changed_ns)
{
	uint64_t seq = pb_page_get(&j->seq);

	pb_page_set(&j->seq, seq + 1);
	/* releases: whoever sees one of these also sees the odd number */
	__atomic_store_n(&j->inflight, inflight, __ATOMIC_RELEASE);
	__atomic_store_n(&j->depth_ns, depth_ns, __ATOMIC_RELEASE);
	__atomic_store_n(&j->changed_ns, changed_ns, __ATOMIC_RELEASE);
	__atomic_store_n(&j->seq, seq + 2, __ATOMIC_RELEASE);
}

#define PB_PAGE_TRIES 1000 /* a writer that died in between must not hold the reader */

/* The integral up to now_ns of CLOCK_MONOTONIC_RAW. */
static inline uint64_t pb_page_get_depth(const struct pb_page_job *j, uint64_t now_ns)
{
	uint64_t seq, inflight, depth_ns, changed_ns;
	unsigned tries = 0;

	do {
		seq = __atomic_load_n(&j->seq, __ATOMIC_ACQUIRE);
		inflight = __atomic_load_n(&j->inflight, __ATOMIC_ACQUIRE);
		depth_ns = __atomic_load_n(&j->depth_ns, __ATOMIC_ACQUIRE);
		changed_ns = __atomic_load_n(&j->changed_ns, __ATOMIC_ACQUIRE);
	} while ((seq % 2 || seq != pb_page_get(&j->seq)) && ++tries < PB_PAGE_TRIES);
	/* changed_ns 0: never changed, or a page that a test filled in */
	return depth_ns + (changed_ns && now_ns > changed_ns ? inflight * (now_ns - changed_ns) : 0);
}

/* Counts a failed I/O, and describes it while there is room; its count comes last, so that who sees the count
 * sees the description. */
static inline void pb_page_fail(struct pb_page_job *j, const struct pb_page_fault *fault)
{
	uint64_t n = pb_page_get(&j->failed);

	if (n < PB_PAGE_FAULTS) {
		pb_page_set(&j->fault[n].t_ns, fault->t_ns);
		pb_page_set(&j->fault[n].error, fault->error);
		pb_page_set(&j->fault[n].dir, fault->dir);
		pb_page_set(&j->fault[n].offset, fault->offset);
		pb_page_set(&j->fault[n].bytes, fault->bytes);
	}
	__atomic_store_n(&j->failed, n + 1, __ATOMIC_RELEASE);
}

/* A fresh page. The memory must be zero (a new file is). */
static inline void pb_page_format(struct pb_page *p, uint64_t target)
{
	p->version = PB_PAGE_VERSION;
	p->size = sizeof(*p);
	p->target = target;
	__atomic_store_n(&p->magic, PB_PAGE_MAGIC, __ATOMIC_RELEASE);
}

/* Why the first `len` bytes at p are not a page of this layout, or NULL when they are. */
static inline const char *pb_page_reject(const struct pb_page *p, uint64_t len)
{
	if (len < sizeof(*p))
		return "shorter than a page of this layout";
	if (__atomic_load_n(&p->magic, __ATOMIC_ACQUIRE) != PB_PAGE_MAGIC)
		return "not a passbench page (wrong magic)";
	if (p->version != PB_PAGE_VERSION)
		return "another layout version";
	if (p->size != sizeof(*p) || len != sizeof(*p))
		return "another size than this layout";
	return NULL;
}

/*
 * Share of the total target for the job that is the nth (from 0) of `jobs`: an equal part, the remainder to
 * the first ones; clamped to 1..iodepth. Jobs beyond the target still hold one each: fio could not end them
 * otherwise.
 */
static inline uint64_t pb_page_share(uint64_t target, uint64_t jobs, uint64_t nth, uint64_t iodepth)
{
	uint64_t share;

	if (!target)
		return iodepth;
	if (!jobs)
		jobs = 1;
	share = target / jobs + (nth < target % jobs);
	if (share < 1)
		share = 1;
	return share < iodepth ? share : iodepth;
}

#endif
