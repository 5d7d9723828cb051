/*
 * The life of the micro guest's QEMU: start, sockets, pinning, end. What it is
 * made of is launch_files.c's, its arguments launch_args.c's; talking to the agent is the caller's.
 */
#include <errno.h>
#include <fcntl.h>
#include <hwloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/run/guest/launch_args.h"
#include "engine/run/guest/qemu.h"
#include "engine/run/guest/qmp.h"
#include "engine/run/host/spawn.h"
#include "engine/run/host/stop.h"

#define SOCKET_MS 60000 /* QEMU itself starts in 0.1 s; in the lab, from a cold 9p share, 5 s */

struct pb_launch {
	struct pb_child qemu;
	struct pb_qmp qmp;
	int log_fd;
	char workdir[512], agent_socket[544];
	pid_t vcpu_tids[64];
	unsigned n_vcpus;
	int ended; /* QEMU's exit status, 128 + signal, once it has ended */
};

static int check_host(const struct pb_launch_opts *o, struct pb_err *err)
{
	int fd;

	if (o->accel[0] && strcmp(o->accel, "kvm"))
		return 0;
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return pb_fail(err, PB_MISSING, errno,
			       "/dev/kvm: %s; load kvm_intel or kvm_amd (virtualization enabled in the "
			       "firmware?) and run as root",
			       strerror(errno));
	close(fd);
	return 0;
}

static int spawn_qemu(struct pb_launch *l, const struct pb_strv *argv, struct pb_err *err)
{
	const char **list = calloc(argv->n + 1, sizeof(*list));
	struct pb_spawn s = {.argv = list, .new_session = true};
	char log[544];
	int rc;

	if (!list)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	for (size_t i = 0; i < argv->n; i++)
		list[i] = argv->v[i];
	snprintf(log, sizeof(log), "%s/qemu.log", l->workdir);
	l->log_fd = open(log, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
	s.log_fd = l->log_fd;
	if (l->log_fd < 0)
		rc = pb_fail(err, PB_MISSING, errno, "cannot make %s: %s", log, strerror(errno));
	else
		rc = pb_spawn(&l->qemu, &s, err);
	free(list);
	return rc;
}

/* QEMU has made both sockets once it answers on the first. */
static int wait_qmp(struct pb_launch *l, struct pb_err *err)
{
	char path[544];
	int rc;

	snprintf(path, sizeof(path), "%s/qmp.sock", l->workdir);
	for (int waited = 0; waited < SOCKET_MS; waited += 20) {
		rc = pb_qmp_open(&l->qmp, path, err);
		if (rc != -ENOENT && rc != -ECONNREFUSED)
			return rc;
		rc = pb_launch_check(l, err);
		if (rc < 0)
			return rc;
		if (pb_stop_sleep_ms(20))
			return pb_stop_check(err);
	}
	return pb_fail(err, PB_MISSING, ETIMEDOUT, "QEMU did not make its control socket within %d s",
		       SOCKET_MS / 1000);
}

static int read_vcpus(struct pb_launch *l, struct pb_err *err)
{
	json_t *cpus = NULL, *cpu;
	size_t i;
	int rc = pb_qmp_command(&l->qmp, "query-cpus-fast", &cpus, err);

	if (rc < 0)
		return rc;
	json_array_foreach(cpus, i, cpu)
	{
		json_int_t n = json_integer_value(json_object_get(cpu, "cpu-index"));

		if (n < 0 || n >= 64)
			continue;
		l->vcpu_tids[n] = (pid_t)json_integer_value(json_object_get(cpu, "thread-id"));
		if ((unsigned)n >= l->n_vcpus)
			l->n_vcpus = (unsigned)n + 1;
	}
	json_decref(cpus);
	return 0;
}

/* CPU by CPU through the list, from its start again when there are more vCPUs. */
static int pin_each(const struct pb_launch *l, hwloc_const_bitmap_t cpus, struct pb_err *err)
{
	int cpu = -1;

	for (unsigned n = 0; n < l->n_vcpus; n++) {
		cpu_set_t set;

		cpu = hwloc_bitmap_next(cpus, cpu);
		if (cpu < 0)
			cpu = hwloc_bitmap_first(cpus);
		CPU_ZERO(&set);
		CPU_SET((unsigned)cpu, &set);
		if (sched_setaffinity(l->vcpu_tids[n], sizeof(set), &set) < 0)
			return pb_fail(err, PB_USAGE, errno, "cannot pin vCPU %u to CPU %d: %s", n, cpu,
				       strerror(errno));
	}
	return 0;
}

static int pin(const struct pb_launch *l, const char *cpuset, struct pb_err *err)
{
	hwloc_bitmap_t cpus;
	int rc;

	if (!cpuset[0])
		return 0;
	cpus = hwloc_bitmap_alloc();
	if (!cpus)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	if (hwloc_bitmap_list_sscanf(cpus, cpuset) < 0 || hwloc_bitmap_weight(cpus) <= 0 ||
	    hwloc_bitmap_last(cpus) >= CPU_SETSIZE)
		rc = pb_fail(err, PB_USAGE, EINVAL, "cpuset=%s is not a list of CPUs like 2-3,6", cpuset);
	else
		rc = pin_each(l, cpus, err);
	hwloc_bitmap_free(cpus);
	return rc;
}

static int start(struct pb_launch *l, const struct pb_launch_opts *o, struct pb_err *err)
{
	struct pb_launch_files files;
	struct pb_strv argv = {0};
	char image[544];
	int rc = check_host(o, err);

	snprintf(image, sizeof(image), "%s/initramfs", l->workdir);
	rc = rc < 0 ? rc : pb_launch_find(&files, o, err);
	rc = rc < 0 ? rc : pb_launch_args(&argv, &files, o, l->workdir, err);
	rc = rc < 0 ? rc : pb_launch_image(&files, o, image, err);
	rc = rc < 0 ? rc : spawn_qemu(l, &argv, err);
	pb_strv_fini(&argv);
	rc = rc < 0 ? rc : wait_qmp(l, err);
	rc = rc < 0 ? rc : read_vcpus(l, err);
	return rc < 0 ? rc : pin(l, o->cpuset, err);
}

int pb_launch_start(struct pb_launch **out, const struct pb_launch_opts *opts, const char *workdir,
		    struct pb_err *err)
{
	struct pb_launch *l = calloc(1, sizeof(*l));
	int rc;

	if (!l)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	l->log_fd = l->qmp.fd = l->qemu.in = l->qemu.out = -1;
	snprintf(l->workdir, sizeof(l->workdir), "%s", workdir);
	snprintf(l->agent_socket, sizeof(l->agent_socket), "%s/agent.sock", workdir);
	rc = start(l, opts, err);
	if (rc < 0) {
		pb_launch_stop(l);
		return rc;
	}
	*out = l;
	return 0;
}

const char *pb_launch_agent_socket(const struct pb_launch *l)
{
	return l->agent_socket;
}

pid_t pb_launch_pid(const struct pb_launch *l)
{
	return l->qemu.pid;
}

pid_t pb_launch_vcpu_tid(const struct pb_launch *l, unsigned n)
{
	return n < l->n_vcpus ? l->vcpu_tids[n] : -ENOENT;
}

int pb_launch_query(struct pb_launch *l, const char *command, json_t **result, struct pb_err *err)
{
	return pb_qmp_command(&l->qmp, command, result, err);
}

int pb_launch_check(struct pb_launch *l, struct pb_err *err)
{
	char path[544], tail[400], how[64];
	int status = l->qemu.pid > 0 ? pb_child_wait(&l->qemu, 0) : l->ended;

	if (status == -ETIMEDOUT)
		return 0;
	l->ended = status;
	snprintf(path, sizeof(path), "%s/qemu.log", l->workdir);
	pb_qemu_log_tail(tail, sizeof(tail), path, 3);
	if (tail[0]) {
		pb_fail(err, PB_MISSING, ECHILD, "the guest has ended: %s", tail);
		return -ECHILD;
	}
	snprintf(how, sizeof(how), status > 128 ? "by signal %d" : "with status %d",
		 status > 128 ? status - 128 : status);
	snprintf(path, sizeof(path), "%s/console.log", l->workdir);
	pb_qemu_log_tail(tail, sizeof(tail), path, 3);
	pb_fail(err, PB_MISSING, EAGAIN,
		"the guest has ended: QEMU ended %s and said nothing; its console: %s", how,
		tail[0] ? tail : "(empty)");
	return -EAGAIN;
}

void pb_launch_stop(struct pb_launch *l)
{
	if (!l)
		return;
	if (l->qmp.fd >= 0 && pb_qmp_command(&l->qmp, "quit", NULL, NULL) == 0)
		pb_child_wait(&l->qemu, 10000);
	pb_qmp_close(&l->qmp);
	pb_child_stop(&l->qemu, 2000);
	if (l->log_fd >= 0)
		close(l->log_fd);
	free(l);
}
