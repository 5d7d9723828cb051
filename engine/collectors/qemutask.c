/*
 * Listing of a QEMU process's threads. Threads come and go (the worker pool), so a
 * thread that vanishes while being read is left out without a word.
 */
#include "engine/collectors/qemutask.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int pb_qemu_task_dir(const struct pb_root *root, pid_t pid)
{
	return pb_root_openf(root, O_RDONLY | O_DIRECTORY, "/proc/%d/task", (int)pid);
}

ssize_t pb_qemu_task_read(int dirfd, char *buf, size_t size, pid_t tid, const char *file)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%d/%s", (int)tid, file);
	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	while (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}

static void set_role(struct pb_qemu_task *t, pid_t pid)
{
	unsigned vcpu;
	int end = 0;

	t->vcpu = -1;
	if (!strncmp(t->name, "CPU ", 4) && isdigit((unsigned char)t->name[4]) &&
	    sscanf(t->name, "CPU %5u/KVM%n", &vcpu, &end) == 1 && end) {
		t->vcpu = (int)vcpu;
		snprintf(t->role, sizeof(t->role), "vcpu%u", vcpu);
		return;
	}
	if (t->tid == pid)
		strcpy(t->role, "main");
	else if (!strncmp(t->name, "IO ", 3) && strcmp(t->name, "IO mon_iothread") != 0)
		strcpy(t->role, "iothread");
	else if (!strcmp(t->name, "worker") || !strncmp(t->name, "iou-wrk-", 8) ||
		 !strncmp(t->name, "iou-sqp-", 8))
		strcpy(t->role, "worker"); /* QEMU's pool, and the kernel's for its io_uring */
	else if (!strncmp(t->name, "vhost-", 6))
		strcpy(t->role, "vhost"); /* a thread of the process since Linux 6.4 */
	else
		strcpy(t->role, "other");
}

static int add_task(struct pb_qemu_task **v, size_t *n, const struct pb_qemu_task *t)
{
	struct pb_qemu_task *grown = realloc(*v, (*n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	grown[(*n)++] = *t;
	*v = grown;
	return 0;
}

static int by_tid(const void *a, const void *b)
{
	const struct pb_qemu_task *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

static DIR *open_list(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

int pb_qemu_tasks(int dirfd, pid_t pid, struct pb_qemu_task **v, size_t *n)
{
	struct pb_qemu_task *found = NULL;
	struct dirent *e;
	size_t count = 0;
	int rc = 0;
	DIR *d = open_list(dirfd);

	if (!d)
		return -ESRCH;
	while (!rc && (e = readdir(d))) {
		struct pb_qemu_task t = {0};
		char *end;
		long tid = strtol(e->d_name, &end, 10);

		if (*end || tid <= 0)
			continue;
		t.tid = (pid_t)tid;
		if (pb_qemu_task_read(dirfd, t.name, sizeof(t.name), t.tid, "comm") < 0)
			continue;
		set_role(&t, pid);
		rc = add_task(&found, &count, &t);
	}
	closedir(d);
	if (!rc && !count)
		rc = -ESRCH;
	if (rc) {
		free(found);
		return rc;
	}
	qsort(found, count, sizeof(*found), by_tid);
	*v = found;
	*n = count;
	return 0;
}
