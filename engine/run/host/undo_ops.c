/*
 * Reading and setting the things the harness changes on a host: a file in
 * /proc or /sys, the affinity of a vector found by name, the driver of a PCI function.
 */
#include "engine/run/host/undo_ops.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/collectors/irqvec.h"
#include "engine/run/host/holder.h"
#include "engine/run/host/libvirt.h"
#include "engine/run/host/pin.h"

#define BIND_WAIT_MS 10000 /* a driver that probes longer than this has failed */
#define HOLD_WAIT_MS 10000 /* a QEMU that was killed gives its guest's memory back first */

static void pause_ms(int ms)
{
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000L};

	nanosleep(&ts, NULL); /* a signal may cut it short: callers poll */
}

/* Files that offer a choice read "mq-deadline [none]": the word in brackets is the value. */
static void keep_chosen(char *text)
{
	char *open = strchr(text, '['), *end = open ? strchr(open, ']') : NULL;

	if (!end)
		return;
	*end = '\0';
	memmove(text, open + 1, (size_t)(end - open));
}

static int file_read(const struct pb_root *root, struct pb_change *c, struct pb_err *err)
{
	ssize_t n = pb_root_read(root, c->old, sizeof(c->old), "%s", c->key);

	if (n < 0)
		return pb_fail(err, PB_MISSING, (int)-n, "cannot read %s: %s", c->key, strerror((int)-n));
	keep_chosen(c->old);
	return 0;
}

static int file_set(const struct pb_root *root, const struct pb_change *c, const char *value,
		    struct pb_err *err)
{
	char now[512];
	int rc = pb_root_write(root, value, "%s", c->key);

	if (rc == -ENOENT)
		return rc;
	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "cannot write '%s' to %s: %s", value, c->key,
			       strerror(-rc));
	if (pb_root_read(root, now, sizeof(now), "%s", c->key) < 0)
		now[0] = '\0';
	keep_chosen(now);
	if (strcmp(now, value) != 0)
		return pb_fail(err, PB_MISSING, EIO,
			       "%s reads '%s' after writing '%s': the kernel did not take it", c->key, now,
			       value);
	return 0;
}

static int vector_find(const struct pb_root *root, const struct pb_change *c, struct pb_irq_vector *out)
{
	struct pb_irq_vector *v = NULL;
	size_t n = 0;
	int rc = pb_irq_vectors(root, c->key, &v, &n);

	if (rc < 0)
		return rc;
	rc = -ENOENT;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(v[i].name, c->name) != 0)
			continue;
		*out = v[i];
		rc = 0;
		break;
	}
	free(v);
	return rc;
}

static int affinity_read(const struct pb_root *root, struct pb_change *c, struct pb_err *err)
{
	struct pb_irq_vector v;
	int rc = vector_find(root, c, &v);

	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc,
			       "vector %s of %s is not there (any more): is the guest running?", c->name,
			       c->key);
	if (v.managed == 1)
		return pb_fail(err, PB_UNSAFE, EPERM,
			       "vector %s is managed by the kernel: its affinity cannot be set; place the "
			       "workload instead",
			       c->name);
	snprintf(c->old, sizeof(c->old), "%s", v.smp_affinity_list);
	return 0;
}

static int affinity_set(const struct pb_root *root, const struct pb_change *c, const char *value,
			struct pb_err *err)
{
	struct pb_irq_vector v = {0};
	char now[512] = "";
	int rc = vector_find(root, c, &v);

	if (rc == -ENOENT)
		return rc;
	if (rc == 0)
		rc = pb_root_write(root, value, "/proc/irq/%u/smp_affinity_list", v.irq);
	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "cannot set the affinity of %s (irq %u) to %s: %s",
			       c->name, v.irq, value, strerror(-rc));
	if (pb_root_read(root, now, sizeof(now), "/proc/irq/%u/smp_affinity_list", v.irq) < 0 ||
	    strcmp(now, value) != 0)
		return pb_fail(
			err, PB_MISSING, EIO,
			"irq %u (%s) reads affinity '%s' after writing '%s': does irqbalance fight for it?",
			v.irq, c->name, now, value);
	return 0;
}

/* The thread that a key "TID STARTED" names, or -ENOENT when it has ended: its number may be another's by
 * now. */
static pid_t pin_thread(const struct pb_change *c)
{
	unsigned long long started;
	int tid;

	if (sscanf(c->key, "%d %llu", &tid, &started) != 2 || tid <= 0 || !started ||
	    pb_pin_started(tid) != started)
		return -ENOENT;
	return tid;
}

static int pin_read(const struct pb_root *root, struct pb_change *c, struct pb_err *err)
{
	pid_t tid = pin_thread(c);
	int rc = tid < 0 ? tid : pb_pin_get(tid, c->old, sizeof(c->old));

	(void)root;
	return rc < 0 ? pb_fail(err, PB_MISSING, -rc, "thread %s (%s) is not there (any more): %s", c->key,
				c->name, strerror(-rc))
		      : 0;
}

static int pin_set(const struct pb_root *root, const struct pb_change *c, const char *value,
		   struct pb_err *err)
{
	pid_t tid = pin_thread(c);
	char now[512] = "";
	int rc = tid < 0 ? tid : pb_pin_set(tid, value);

	(void)root;
	if (rc == -ENOENT || rc == -ESRCH)
		return -ENOENT;
	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "cannot pin %s (thread %d) to CPUs %s: %s", c->name,
			       (int)tid, value, strerror(-rc));
	if (pb_pin_get(tid, now, sizeof(now)) < 0 || strcmp(now, value) != 0)
		return pb_fail(err, PB_MISSING, EIO,
			       "%s (thread %d) may use CPUs '%s' after it was pinned to '%s': does a cgroup "
			       "limit it?",
			       c->name, (int)tid, now, value);
	return 0;
}

static int domain_vcpu(const struct pb_change *c, unsigned *vcpu, struct pb_err *err)
{
	return sscanf(c->name, "vcpu%u", vcpu) == 1
		       ? 0
		       : pb_fail(err, PB_USAGE, EINVAL, "'%s' is no vCPU of domain %s", c->name, c->key);
}

static int domain_pin_read(const struct pb_root *root, struct pb_change *c, struct pb_err *err)
{
	unsigned vcpu;
	int rc = domain_vcpu(c, &vcpu, err);

	(void)root;
	return rc < 0 ? rc : pb_libvirt_pin_get(c->key, vcpu, c->old, sizeof(c->old), err);
}

static int domain_pin_set(const struct pb_root *root, const struct pb_change *c, const char *value,
			  struct pb_err *err)
{
	char now[512] = "";
	unsigned vcpu;
	int rc = domain_vcpu(c, &vcpu, err);

	if (rc == 0 && !pb_libvirt_runs(root, c->key))
		return -ENOENT;
	if (rc == 0)
		rc = pb_libvirt_pin_set(c->key, vcpu, value, err);
	if (rc == 0)
		rc = pb_libvirt_pin_get(c->key, vcpu, now, sizeof(now), err);
	if (rc == 0 && strcmp(now, value) != 0)
		rc = pb_fail(err, PB_MISSING, EIO,
			     "libvirt says CPUs '%s' for %s of domain %s after it was pinned to '%s'", now,
			     c->name, c->key, value);
	return rc;
}

/* A binding is "DRIVER OVERRIDE"; "-" stands for none. */
static int bind_read(const struct pb_root *root, struct pb_change *c, struct pb_err *err)
{
	char driver[64], override[64];

	if (!pb_root_exists(root, "/sys/bus/pci/devices/%s", c->key))
		return pb_fail(err, PB_USAGE, ENODEV, "PCI device %s is not there", c->key);
	if (pb_root_link(root, driver, sizeof(driver), "/sys/bus/pci/devices/%s/driver", c->key) < 0)
		snprintf(driver, sizeof(driver), "-");
	if (pb_root_read(root, override, sizeof(override), "/sys/bus/pci/devices/%s/driver_override",
			 c->key) <= 0 ||
	    !strcmp(override, "(null)"))
		snprintf(override, sizeof(override), "-");
	snprintf(c->old, sizeof(c->old), "%s %s", driver, override);
	return 0;
}

static bool bound_to(const struct pb_root *root, const char *bdf, const char *driver)
{
	char now[64];

	if (pb_root_link(root, now, sizeof(now), "/sys/bus/pci/devices/%s/driver", bdf) < 0)
		snprintf(now, sizeof(now), "-");
	return !strcmp(now, driver);
}

/* VFIO's driver leaves a function that nobody has open; another process is waited for a while, and named. */
static int await_release(const struct pb_root *root, const char *bdf, struct pb_err *err)
{
	char comm[64] = "";
	pid_t holder = 0;

	for (int waited = 0; waited < HOLD_WAIT_MS; waited += 200) {
		holder = bound_to(root, bdf, "vfio-pci") ? pb_vfio_holder(root, bdf, comm, sizeof(comm)) : 0;
		if (!holder)
			return 0;
		pause_ms(200);
	}
	return pb_fail(
		err, PB_UNSAFE, EBUSY,
		"process %d (%s) has %s open through VFIO, so it keeps its driver: end that process, then "
		"run `passbench rollback`",
		(int)holder, comm, bdf);
}

static int bind_set(const struct pb_root *root, const struct pb_change *c, const char *value,
		    struct pb_err *err)
{
	char driver[64], override[64];
	int rc;

	if (sscanf(value, "%63s %63s", driver, override) != 2)
		return pb_fail(err, PB_USAGE, EINVAL, "'%s' is not a driver and an override", value);
	if (!pb_root_exists(root, "/sys/bus/pci/devices/%s", c->key))
		return -ENOENT;
	rc = strcmp(driver, "vfio-pci") ? await_release(root, c->key, err) : 0;
	if (rc < 0)
		return rc;
	rc = pb_root_write(root, strcmp(override, "-") ? override : "\n",
			   "/sys/bus/pci/devices/%s/driver_override", c->key);
	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "cannot set driver_override of %s: %s", c->key,
			       strerror(-rc));
	if (bound_to(root, c->key, driver))
		return 0;
	pb_root_write(root, c->key, "/sys/bus/pci/devices/%s/driver/unbind", c->key);
	if (strcmp(driver, "-") != 0) {
		rc = pb_root_write(root, c->key, "/sys/bus/pci/drivers_probe");
		if (rc < 0 && !bound_to(root, c->key, driver))
			return pb_fail(err, PB_MISSING, -rc, "%s does not take %s: %s", driver, c->key,
				       strerror(-rc));
	}
	for (int waited = 0; waited < BIND_WAIT_MS; waited += 20) {
		if (bound_to(root, c->key, driver))
			return 0;
		pause_ms(20);
	}
	return pb_fail(err, PB_MISSING, EIO, "%s did not bind to driver %s within %d s", c->key, driver,
		       BIND_WAIT_MS / 1000);
}

static const struct pb_change_kind kinds[] = {
	{"affinity", affinity_read, affinity_set},
	{"bind", bind_read, bind_set},
	{"domain-pin", domain_pin_read, domain_pin_set},
	{"guest", pb_change_guest_read, pb_change_guest_set},
	{"io-max", pb_change_iomax_read, pb_change_iomax_set},
	{"pin", pin_read, pin_set},
	{"write", file_read, file_set},
};

const struct pb_change_kind *pb_change_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}
