/*
 * Reading and writing /proc and /sys below a root directory, so that a
 * recorded machine (--root DIR) and the live one look the same. Paths are
 * given as on the live machine ("/sys/bus/pci/..."); symbolic links,
 * absolute ones too, stay inside the root (openat2 RESOLVE_IN_ROOT, with a plain openat fallback for "/").
 * Every path argument is a printf format.
 */
#ifndef PB_LIB_SYSFS_H
#define PB_LIB_SYSFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/lib/buf.h"
#include "engine/lib/err.h"

struct pb_root {
	int fd;
	bool live; /* the root is "/" : ioctls, sockets and perf make sense */
	char path[512];
};

#define PB_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* dir NULL or "/" means the live machine. 0 or -errno with a message. */
int pb_root_open(struct pb_root *r, const char *dir, struct pb_err *err);
void pb_root_close(struct pb_root *r);

/* An fd (flags as open(2), O_CLOEXEC added) or -errno. */
int pb_root_openf(const struct pb_root *r, int flags, const char *fmt, ...) PB_PRINTF(3, 4);
/* Reads at most size-1 bytes, NUL-terminates, strips trailing newlines. Length or -errno. */
ssize_t pb_root_read(const struct pb_root *r, char *buf, size_t size, const char *fmt, ...) PB_PRINTF(4, 5);
/* Reads a whole file of any size (bounded at 64 MiB) into b (cleared first). 0 or -errno. */
int pb_root_slurp(const struct pb_root *r, struct pb_buf *b, const char *fmt, ...) PB_PRINTF(3, 4);
/* Reads one integer, decimal or 0x hex. 0 or -errno (-EINVAL when not a number). */
int pb_root_i64(const struct pb_root *r, int64_t *v, const char *fmt, ...) PB_PRINTF(3, 4);
/* Writes text in one write(2) call. 0 or -errno. */
int pb_root_write(const struct pb_root *r, const char *text, const char *fmt, ...) PB_PRINTF(3, 4);
/* Last component of the link's target ("vfio-pci"). Length or -errno. */
ssize_t pb_root_link(const struct pb_root *r, char *buf, size_t size, const char *fmt, ...) PB_PRINTF(4, 5);
/* The path, with every link followed, as seen inside the root ("/sys/devices/..."). Length or -errno. */
ssize_t pb_root_realpath(const struct pb_root *r, char *buf, size_t size, const char *fmt, ...)
	PB_PRINTF(4, 5);
/* Names in a directory without . and .., in natural order, appended. 0 or -errno. */
int pb_root_list(const struct pb_root *r, struct pb_strv *names, const char *fmt, ...) PB_PRINTF(3, 4);
bool pb_root_exists(const struct pb_root *r, const char *fmt, ...) PB_PRINTF(2, 3);

#endif
