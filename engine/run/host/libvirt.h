/*
 * QEMUs that libvirt runs: whose a process is, and the CPUs of its vCPUs through virsh, so that libvirt's own
 * picture of the domain stays true. Talks to no library and edits no XML.
 */
#ifndef PB_RUN_HOST_LIBVIRT_H
#define PB_RUN_HOST_LIBVIRT_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

#define PB_DOMAIN_MAX 128

/* The domain whose QEMU pid is, from the pid files of the system's libvirt. False: nobody's. */
bool pb_libvirt_domain(const struct pb_root *root, pid_t pid, char name[PB_DOMAIN_MAX]);
/* Does the domain run? */
bool pb_libvirt_runs(const struct pb_root *root, const char *domain);
/* CPUs of one vCPU as libvirt has them. PB_MISSING when there is no virsh or it refuses. */
int pb_libvirt_pin_get(const char *domain, unsigned vcpu, char *list, size_t size, struct pb_err *err);
/* Sets them in the running domain; its configuration stays as it is. */
int pb_libvirt_pin_set(const char *domain, unsigned vcpu, const char *list, struct pb_err *err);

#endif
