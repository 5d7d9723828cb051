/*
 * The texts that lead to a process's pressure: pressure files, and where /proc/PID/cgroup puts it. Works on
 * copies in memory; any text is safe.
 */
#ifndef PB_COLLECTORS_PSITEXT_H
#define PB_COLLECTORS_PSITEXT_H

#include <stddef.h>
#include <stdint.h>

/* Nanoseconds stalled since boot, of the lines "some" and "full"; PB_NA for a line that is not there. */
void pb_psi_parse(const char *text, int64_t *some_ns, int64_t *full_ns);

/*
 * The cgroup v2 path of a virtual machine ("/machine.slice/machine-qemu...scope/libvirt") from
 * /proc/PID/cgroup. libvirt keeps QEMU's main thread in .../emulator beside the vCPUs' groups: the group that
 * holds them all is meant then. 0; -ENOENT when there is none or it is the root; -EINVAL when the path is not
 * clean (it would lead elsewhere).
 */
int pb_psi_cgroup(const char *text, char *path, size_t size);

#endif
