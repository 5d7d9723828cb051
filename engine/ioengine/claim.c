/*
 * Exclusive claims on block devices, one for each device and process. O_EXCL
 * admits a single holder, and every fio thread opens the device on its own,
 * so the claim is an extra descriptor shared by all of them. Regular files are
 * not claimed: they have no such thing.
 */
#include "engine/ioengine/claim.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct claim {
	struct claim *next;
	dev_t rdev;
	int fd;
	unsigned users;
};

/* Process-wide by nature: the kernel grants the claim to one opener, and jobs are threads. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct claim *claims;

static struct claim *find(dev_t rdev)
{
	struct claim *c = claims;

	while (c && c->rdev != rdev)
		c = c->next;
	return c;
}

static int refuse(struct thread_data *td, const struct fio_file *f, int err)
{
	if (err == EBUSY)
		log_err("passthru: %s is in use (mounted, swap, part of a volume, or opened exclusively by "
			"another "
			"process): nothing was read or written; free the disk first, or set thread=1 if it "
			"is "
			"this job's other processes\n",
			f->file_name);
	else
		log_err("passthru: cannot open %s exclusively: %s\n", f->file_name, strerror(err));
	td_verror(td, err, "passthru claim");
	return 1;
}

static int check_writable(struct thread_data *td, const struct fio_file *f, int fd)
{
	int readonly = 0;

	if (!td_write(td) && !td_trim(td))
		return 0;
	if (ioctl(fd, BLKROGET, &readonly) == 0 && !readonly)
		return 0;
	log_err("passthru: %s is read-only and the job writes: nothing was written\n", f->file_name);
	td_verror(td, EROFS, "passthru claim");
	return 1;
}

/* A new claim, with the lock held. */
static int claim_device(struct thread_data *td, struct fio_file *f, dev_t rdev)
{
	struct claim *c;
	int fd = open(f->file_name, O_RDONLY | O_EXCL | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return refuse(td, f, errno);
	if (fstat(fd, &st) || st.st_rdev != rdev) {
		close(fd);
		return refuse(td, f, ESTALE);
	}
	if (check_writable(td, f, fd)) {
		close(fd);
		return 1;
	}
	c = malloc(sizeof(*c));
	if (!c) {
		close(fd);
		return refuse(td, f, ENOMEM);
	}
	*c = (struct claim){.next = claims, .rdev = rdev, .fd = fd, .users = 1};
	claims = c;
	return 0;
}

int pb_claim_take(struct thread_data *td, struct fio_file *f)
{
	struct stat st;
	struct claim *c;
	int rc = 0;

	FILE_SET_ENG_DATA(f, NULL);
	if (stat(f->file_name, &st))
		return refuse(td, f, errno);
	if (!S_ISBLK(st.st_mode))
		return 0;
	pthread_mutex_lock(&lock);
	c = find(st.st_rdev);
	if (c && check_writable(td, f, c->fd))
		rc = 1;
	else if (c)
		c->users++;
	else
		rc = claim_device(td, f, st.st_rdev);
	if (!rc)
		FILE_SET_ENG_DATA(f, find(st.st_rdev));
	pthread_mutex_unlock(&lock);
	return rc;
}

void pb_claim_release(struct fio_file *f)
{
	struct claim *c = FILE_ENG_DATA(f), **link = &claims;

	if (!c)
		return;
	FILE_SET_ENG_DATA(f, NULL);
	pthread_mutex_lock(&lock);
	if (--c->users == 0) {
		while (*link != c)
			link = &(*link)->next;
		*link = c->next;
		close(c->fd);
		free(c);
	}
	pthread_mutex_unlock(&lock);
}
