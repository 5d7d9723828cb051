/*
 * Which threads are vCPUs when their names do not say it (QEMU without debug-threads=on): KVM knows the
 * thread that made each vCPU.
 */
#ifndef PB_COLLECTORS_QEMUVCPU_H
#define PB_COLLECTORS_QEMUVCPU_H

#include "engine/collectors/qemutask.h"

/*
 * As pb_qemu_tasks; when no thread is named as a vCPU, roles and numbers come from the ids of QEMU's KVM
 * statistics descriptors ("kvm-9661/vcpu-0", live machine only), else from debugfs (PID-FD/vcpuN/pid).
 */
int pb_qemu_tasks_known(const struct pb_root *root, int dirfd, pid_t pid, struct pb_qemu_task **v, size_t *n);

#endif
