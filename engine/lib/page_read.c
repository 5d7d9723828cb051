/*
 * The outside of the engine's shared page. Does not sample on its own and
 * keeps nothing: every call looks at the page as it is now.
 */
#include "engine/lib/page_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct pb_page *map_fd(int fd)
{
	void *p = mmap(NULL, sizeof(struct pb_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

int pb_page_create(struct pb_page **page, const char *path, uint64_t target, struct pb_err *err)
{
	struct pb_page *p = NULL;
	int saved, fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return pb_fail(err, PB_MISSING, errno, "cannot create the engine's page %s: %s", path,
			       strerror(errno));
	if (!ftruncate(fd, sizeof(*p)))
		p = map_fd(fd);
	saved = errno;
	close(fd);
	if (!p) {
		unlink(path);
		return pb_fail(err, PB_MISSING, saved, "cannot map the engine's page %s: %s", path,
			       strerror(saved));
	}
	pb_page_format(p, target);
	*page = p;
	return 0;
}

int pb_page_map(struct pb_page **page, const char *path, struct pb_err *err)
{
	struct pb_page *p;
	const char *why;
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return pb_fail(err, PB_MISSING, errno, "cannot open the engine's page %s: %s", path,
			       strerror(errno));
	/* mapped only when the file has every byte of it: a shorter one would end in SIGBUS */
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != sizeof(*p)) {
		close(fd);
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s is not an engine page: it must be a file of %zu bytes", path, sizeof(*p));
	}
	p = map_fd(fd);
	close(fd);
	if (!p)
		return pb_fail(err, PB_MISSING, errno, "cannot map the engine's page %s: %s", path,
			       strerror(errno));
	why = pb_page_reject(p, sizeof(*p));
	if (why) {
		pb_page_unmap(p);
		return pb_fail(err, PB_USAGE, EINVAL, "%s is not an engine page: %s", path, why);
	}
	*page = p;
	return 0;
}

void pb_page_unmap(struct pb_page *page)
{
	if (page)
		munmap(page, sizeof(*page));
}

void pb_page_steer(struct pb_page *page, uint64_t target)
{
	pb_page_set(&page->target, target);
	/* released after the target: who sees the new generation sees the new target */
	__atomic_fetch_add(&page->generation, 1, __ATOMIC_RELEASE);
}

unsigned pb_page_jobs(const struct pb_page *page)
{
	uint64_t n = pb_page_get(&page->claimed);

	return n < PB_PAGE_JOBS ? (unsigned)n : PB_PAGE_JOBS;
}

const char *pb_page_backend(const struct pb_page *page)
{
	const char *name = page->job[0].backend;

	return memchr(name, '\0', sizeof(page->job[0].backend)) ? name : "";
}

const char *pb_page_backend_why(const struct pb_page *page)
{
	const char *why = page->job[0].backend_why;

	return memchr(why, '\0', sizeof(page->job[0].backend_why)) ? why : "";
}

void pb_page_end(struct pb_page *page)
{
	unsigned i;

	for (i = 0; i < pb_page_jobs(page); i++) {
		struct pb_page_job *j = &page->job[i];

		if (pb_page_get(&j->state) != PB_PAGE_RUNNING)
			continue;
		pb_page_put_depth(j, 0, pb_page_get(&j->depth_ns), pb_page_get(&j->changed_ns));
		pb_page_set(&j->state, PB_PAGE_ENDED);
	}
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void add_job(const struct pb_page_job *j, uint64_t now, struct pb_page_row *row)
{
	row->submitted += pb_page_get(&j->submitted);
	row->completed += pb_page_get(&j->completed);
	row->failed += pb_page_get(&j->failed);
	row->read_bytes += pb_page_get(&j->bytes[PB_PAGE_READ]);
	row->write_bytes += pb_page_get(&j->bytes[PB_PAGE_WRITE]);
	row->trim_bytes += pb_page_get(&j->bytes[PB_PAGE_TRIM]);
	row->depth_ns += pb_page_get_depth(j, now);
}

void pb_page_row(const struct pb_page *page, unsigned job, struct pb_page_row *row)
{
	memset(row, 0, sizeof(*row));
	if (job < PB_PAGE_JOBS)
		add_job(&page->job[job], now_ns(), row);
}

void pb_page_total(const struct pb_page *page, struct pb_page_row *row)
{
	uint64_t now = now_ns();
	unsigned i;

	memset(row, 0, sizeof(*row));
	for (i = 0; i < pb_page_jobs(page); i++)
		add_job(&page->job[i], now, row);
}

bool pb_page_fault(const struct pb_page *page, unsigned job, unsigned nth, struct pb_page_fault *fault)
{
	const struct pb_page_job *j = &page->job[job < PB_PAGE_JOBS ? job : 0];

	if (job >= pb_page_jobs(page) || nth >= PB_PAGE_FAULTS ||
	    nth >= __atomic_load_n(&j->failed, __ATOMIC_ACQUIRE))
		return false;
	fault->t_ns = pb_page_get(&j->fault[nth].t_ns);
	fault->error = pb_page_get(&j->fault[nth].error);
	fault->dir = pb_page_get(&j->fault[nth].dir);
	fault->offset = pb_page_get(&j->fault[nth].offset);
	fault->bytes = pb_page_get(&j->fault[nth].bytes);
	return fault->dir <= PB_PAGE_FLUSH && fault->error <= INT32_MAX && fault->t_ns <= INT64_MAX &&
	       fault->offset <= INT64_MAX && fault->bytes <= INT64_MAX;
}

void pb_page_hist(const struct pb_page *page, enum pb_page_dir dir, uint64_t bins[PB_HIST_BINS])
{
	unsigned i, b;

	memset(bins, 0, (size_t)PB_HIST_BINS * sizeof(*bins));
	for (i = 0; i < pb_page_jobs(page); i++)
		for (b = 0; b < PB_HIST_BINS; b++)
			bins[b] += pb_page_get(&page->job[i].lat[dir][b]);
}
