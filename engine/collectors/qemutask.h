/*
 * QEMU's threads and what each is for, told from their names
 * (QEMU: -name NAME,debug-threads=on; libvirt always sets it). Asks no QMP socket.
 */
#ifndef PB_COLLECTORS_QEMUTASK_H
#define PB_COLLECTORS_QEMUTASK_H

#include <stddef.h>
#include <sys/types.h>

#include "engine/lib/sysfs.h"

struct pb_qemu_task {
	pid_t tid;
	char name[32]; /* comm: 15 bytes in Linux */
	char role[24]; /* "vcpu0", "iothread", "main", "worker", "vhost", "other" */
	int vcpu;      /* number, -1 = no vCPU */
};

/*
 * A descriptor of /proc/PID/task. It stays tied to this process: when the PID is
 * handed out again, reads through it fail. fd or -errno.
 */
int pb_qemu_task_dir(const struct pb_root *root, pid_t pid);
/* Threads that exist now, by thread id; *v is freed with free(). -ESRCH when the process has ended, -ENOMEM.
 */
int pb_qemu_tasks(int dirfd, pid_t pid, struct pb_qemu_task **v, size_t *n);
/* Reads a small text file below dirfd ("TID/comm"), NUL-terminated without trailing newlines. Length or
 * -errno. */
ssize_t pb_qemu_task_read(int dirfd, char *buf, size_t size, pid_t tid, const char *file);

#endif
