/*
 * Finding and reading "KVM virtual PTP". Other PTP clocks are not the host's and are left alone.
 */
#include "engine/agent/ptp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ptp_clock.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "engine/agent/clock.h"

#define CLOCK_NAME "KVM virtual PTP"
#define TRIES 5
/* clock_gettime(2) on a descriptor: "dynamic clock", as in the kernel's testptp.c */
#define FD_CLOCK(fd)                                                                                         \
	((clockid_t)(~(unsigned)(fd) << 3 | 3)) /* on unsigned: a shift of a negative number is not C */

static int open_clock(const struct pb_root *root, struct pb_err *err)
{
	struct pb_strv names = {0};
	char text[64];
	size_t i;
	int fd = -ENODEV;

	pb_root_list(root, &names, "/sys/class/ptp");
	for (i = 0; i < names.n && fd == -ENODEV; i++)
		if (pb_root_read(root, text, sizeof(text), "/sys/class/ptp/%s/clock_name", names.v[i]) > 0 &&
		    !strcmp(text, CLOCK_NAME))
			fd = pb_root_openf(root, O_RDONLY, "/dev/%s", names.v[i]);
	pb_strv_fini(&names);
	if (fd == -ENODEV)
		return pb_fail(err, PB_MISSING, ENODEV, "no ptp_kvm clock here (module ptp_kvm)");
	return fd < 0 ? pb_fail(err, PB_MISSING, -fd, "cannot open the ptp_kvm clock: %s", strerror(-fd))
		      : fd;
}

static int64_t ptp_ns(const struct ptp_clock_time *t)
{
	return (int64_t)t->sec * 1000000000 + t->nsec;
}

/* One TSC value, both clocks: needs the guest to run on kvm-clock or, on newer kernels, on the TSC. */
static int read_precise(int fd, struct pb_ptp *p)
{
	struct ptp_sys_offset_precise o = {0};

	if (ioctl(fd, PTP_SYS_OFFSET_PRECISE, &o))
		return -errno;
	*p = (struct pb_ptp){ptp_ns(&o.sys_monoraw), ptp_ns(&o.device), 0};
	return 0;
}

/* Between two readings of our own clock; the closest of a few. */
static int read_between(int fd, struct pb_ptp *p)
{
	unsigned i;

	for (i = 0; i < TRIES; i++) {
		struct timespec ts;
		int64_t a = pb_clock_raw_ns(), b;

		if (clock_gettime(FD_CLOCK(fd), &ts))
			return -errno;
		b = pb_clock_raw_ns();
		if (i == 0 || b - a < p->width_ns)
			*p = (struct pb_ptp){a + (b - a) / 2, (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec,
					     b - a};
	}
	return 0;
}

int pb_ptp_read(const struct pb_root *root, struct pb_ptp *p, struct pb_err *err)
{
	int fd = open_clock(root, err), rc;

	if (fd < 0)
		return fd;
	rc = read_precise(fd, p);
	rc = rc ? read_between(fd, p) : 0;
	close(fd);
	return rc ? pb_fail(err, PB_MISSING, -rc, "the ptp_kvm clock cannot be read: %s", strerror(-rc)) : 0;
}
