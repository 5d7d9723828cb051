/*
 * Mapping the shared page and claiming a job's slot in it. The control words
 * of the page are not trusted: whatever they say, a job runs at 1..iodepth.
 */
#include "engine/ioengine/slot.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * fio's clock may be the CPU's, with a rate of its own: compared this often with the page's, they stay within
 * microseconds. A little less than what ticks.c relies on, so that each of its readings finds it due.
 */
#define SYNC_NS 90000000u

_Static_assert((int)DDIR_READ == (int)PB_PAGE_READ && (int)DDIR_WRITE == (int)PB_PAGE_WRITE &&
		       (int)DDIR_TRIM == (int)PB_PAGE_TRIM,
	       "fio's directions index the page");

static struct pb_page *map_private(void)
{
	struct pb_page *p =
		mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	pb_page_format(p, 0);
	return p;
}

static struct pb_page *map_shared(const char *path)
{
	const char *why;
	struct pb_page *p;
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0) {
		log_err("passthru: cannot open the page %s: %s\n", path, strerror(errno));
		return NULL;
	}
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || (size_t)st.st_size != sizeof(*p)) {
		log_err("passthru: %s is not a page of this engine: it must be a file of %zu bytes\n", path,
			sizeof(*p));
		close(fd);
		return NULL;
	}
	p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED) {
		log_err("passthru: cannot map the page %s: %s\n", path, strerror(errno));
		return NULL;
	}
	why = pb_page_reject(p, (uint64_t)st.st_size);
	if (why) {
		log_err("passthru: cannot use the page %s: %s\n", path, why);
		munmap(p, sizeof(*p));
		return NULL;
	}
	return p;
}

int pb_slot_open(struct thread_data *td, struct pb_job *job, const char *path)
{
	uint64_t nr;

	job->page = path ? map_shared(path) : map_private();
	if (!job->page) {
		td_verror(td, EINVAL, "passthru page");
		return 1;
	}
	nr = __atomic_fetch_add(&job->page->claimed, 1, __ATOMIC_RELAXED);
	if (nr >= PB_PAGE_JOBS) {
		log_err("passthru: the page has %u job slots and all are taken\n", PB_PAGE_JOBS);
		td_verror(td, ENOSPC, "passthru page");
		munmap(job->page, sizeof(*job->page));
		job->page = NULL;
		return 1;
	}
	job->shared = path;
	job->slot_nr = (unsigned)nr;
	job->slot = &job->page->job[nr];
	pb_page_set(&job->slot->state, PB_PAGE_RUNNING);
	__atomic_fetch_add(&job->page->members, 1, __ATOMIC_RELEASE);
	job->last_ns = pb_slot_sync(job);
	pb_slot_cap(job, td->o.iodepth);
	return 0;
}

void pb_slot_close(struct pb_job *job)
{
	if (!job->page)
		return;
	pb_page_set(&job->slot->state, PB_PAGE_ENDED);
	pb_page_put_depth(job->slot, 0, pb_page_get(&job->slot->depth_ns),
			  pb_page_get(&job->slot->changed_ns));
	__atomic_fetch_add(&job->page->members, 1, __ATOMIC_RELEASE);
	munmap(job->page, sizeof(*job->page));
	job->page = NULL;
}

void pb_slot_cap(struct pb_job *job, unsigned cap)
{
	job->cap = cap;
	pb_page_set(&job->slot->iodepth, cap);
	pb_slot_retarget(job);
}

uint64_t pb_slot_sync(struct pb_job *job)
{
	uint64_t now_ns = pb_ticks_sync(&job->ticks);
	struct timespec fio, raw;

	if (job->synced_ns && now_ns - job->synced_ns < SYNC_NS)
		return now_ns;
	fio_gettime(&fio, NULL);
	clock_gettime(CLOCK_MONOTONIC_RAW, &raw);
	job->raw_offset = pb_ts_ns(&raw) - pb_ts_ns(&fio);
	job->synced_ns = pb_ts_ns(&fio);
	return now_ns;
}

void pb_slot_retarget(struct pb_job *job)
{
	uint64_t jobs = 0, before = 0;
	unsigned i;

	/* First the counters, then what they announce: a change in between is seen as a newer counter next
	 * time. */
	job->members = __atomic_load_n(&job->page->members, __ATOMIC_ACQUIRE);
	job->generation = __atomic_load_n(&job->page->generation, __ATOMIC_ACQUIRE);
	for (i = 0; i < PB_PAGE_JOBS; i++) {
		if (pb_page_get(&job->page->job[i].state) != PB_PAGE_RUNNING)
			continue;
		jobs++;
		before += i < job->slot_nr;
	}
	job->limit = (unsigned)pb_page_share(pb_page_get(&job->page->target), jobs, before, job->cap);
}
