/*
 * CPU affinity of single threads as kernel lists ("0-3,8").
 */
#ifndef PB_RUN_HOST_PIN_H
#define PB_RUN_HOST_PIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Writes the CPUs the thread may use to list. 0 or -errno: -ESRCH when it has ended, -ENOSPC when it does not
 * fit. */
int pb_pin_get(pid_t tid, char *list, size_t size);
/* 0 or -errno: -ESRCH when the thread has ended, -EINVAL for a list that is none or names no usable CPU. */
int pb_pin_set(pid_t tid, const char *list);
/* Is cpu in the list? False for a list that is none. */
bool pb_pin_holds(const char *list, int cpu);
/* When the thread started, in ticks since boot: with the id it names one thread of this boot. 0 = it has
 * ended. */
unsigned long long pb_pin_started(pid_t tid);

#endif
